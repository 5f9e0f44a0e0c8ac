"""Who runs PostgreSQL, and where that account can reach it.

PostgreSQL refuses to run as root. Started by root, it runs as an ordinary account; such an
account reaches nothing below a home like root's, so there the wheel's folders and the data
stand in /var/lib/holdfast/<hash of the project's path> instead.
"""

import hashlib
import os
import pwd
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REFUGE = Path("/var/lib/holdfast")
ORDINARY_ACCOUNTS = ("nobody", "daemon")


class EmbeddedError(Exception):
    """The embedded servers cannot run here; the text says why and what helps."""


@dataclass(frozen=True)
class Account:
    """The account that PostgreSQL runs as, and whether that means changing to it."""

    uid: int
    gid: int
    name: str
    changed: bool  # we are root and become this account for every command of PostgreSQL

    def run(self, command: list[str], **more: Any) -> subprocess.CompletedProcess[str]:
        """Run `command` as this account and return it with its code and its output."""
        if self.changed:
            more |= {"user": self.uid, "group": self.gid, "extra_groups": []}
        return subprocess.run(
            command,
            check=False,
            text=True,
            stdin=None if "input" in more else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd="/",
            env={"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C", "TZ": "UTC"},
            **more,
        )

    def can(self, shell: str, path: Path) -> bool:
        """Whether `shell`, in which $1 is `path`, succeeds for this account."""
        return self.run(["/bin/sh", "-c", shell, "sh", str(path)]).returncode == 0


def postgres_account() -> Account:
    """Ourselves, or as root the first ordinary account of this machine."""
    uid = os.geteuid()
    if uid != 0:
        try:
            name = pwd.getpwuid(uid).pw_name
        except KeyError:
            raise EmbeddedError(
                f"PostgreSQL does not start for user id {uid}, which has no entry in /etc/passwd. "
                "Add one, or set DATABASE_URL."
            ) from None
        return Account(uid=uid, gid=os.getegid(), name=name, changed=False)
    for name in ORDINARY_ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(uid=entry.pw_uid, gid=entry.pw_gid, name=name, changed=True)
    raise EmbeddedError(
        "PostgreSQL does not run as root, and this machine has none of the accounts "
        f"{', '.join(ORDINARY_ACCOUNTS)}. Start Holdfast as an ordinary user, or set DATABASE_URL."
    )


def refuge(project: Path) -> Path:
    """The folder of this project that every account can reach. Root only."""
    return REFUGE / digest(project)


def digest(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:12]


def say(text: str) -> None:
    sys.stderr.write(f"holdfast: {text}\n")


def reachable_wheel(wheel: Path, libraries: list[Path], account: Account, project: Path) -> Path:
    """The folder of PostgreSQL 18 that `account` can run: the wheel's own or a copy of it."""
    own = wheel / "pginstall18"
    if account.can('"$1" --version', own / "bin" / "postgres"):
        return own
    if not account.changed:
        raise EmbeddedError(f"{own / 'bin' / 'postgres'} does not run here. Set DATABASE_URL.")
    # The size tells one release of the wheel from another well enough, and costs no import.
    release = (own / "bin" / "postgres").stat().st_size
    copy = refuge(project) / f"wheel-{release}"
    if not copy.exists():
        say(f"the account {account.name} cannot reach {wheel}; copying PostgreSQL to {copy}")
        unfinished = copy.with_name(f"{copy.name}.{os.getpid()}")
        shutil.copytree(own, unfinished / wheel.name / own.name, symlinks=True)
        for folder in libraries:  # found by the binaries relative to themselves
            shutil.copytree(folder, unfinished / folder.name, symlinks=True)
        for path in (REFUGE, refuge(project), unfinished, *unfinished.rglob("*")):
            if not path.is_symlink():  # whatever root's umask was, everybody may read and run
                path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
        put_in_place(unfinished, copy)
    return copy / wheel.name / own.name


def put_in_place(unfinished: Path, finished: Path) -> None:
    """Let a copy have its name, unless somebody who copied the same was faster."""
    try:
        unfinished.rename(finished)
    except OSError:
        if not finished.exists():
            raise
        shutil.rmtree(unfinished)


def reachable_data(home: Path, account: Account, project: Path) -> Path:
    """Where the data stands: below `home`, or where `account` cannot reach that, the refuge.

    Data that exists is found again even if the project has become reachable since.
    """
    inside = home / "postgres"
    if not account.changed:
        return inside
    outside = refuge(project) / f"postgres-{digest(home)}"
    if outside.exists():
        return outside
    if inside.exists() or account.can('test -x "$1"', home):
        return inside
    say(f"the account {account.name} cannot reach {home}; the data stands in {outside}")
    return outside
