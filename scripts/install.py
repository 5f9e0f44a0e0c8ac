"""Makes .venv and installs requirements/dev.txt into it, when that has not been done.

Run by any Python 3.11 or newer, without anything installed. What was installed is remembered
as a hash, so that the next start needs no network.
"""

import fcntl
import hashlib
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
VENV = (PROJECT / ".venv").resolve()  # it may be a link to one that projects share
PYTHON = VENV / "bin" / "python"
REQUIREMENTS = PROJECT / "requirements" / "dev.txt"
STAMP = VENV / ".installed"
LOG = VENV / "install.log"
IS_USABLE = "import sys, pip; sys.exit(sys.version_info < (3, 11))"


def main() -> None:
    with REQUIREMENTS.open("rb") as requirements:
        fcntl.flock(requirements, fcntl.LOCK_EX)  # two first starts at once: one installs
        wanted = [str(VENV), hashlib.sha256(requirements.read()).hexdigest()]
        installed = STAMP.read_text().splitlines() if STAMP.exists() else [str(VENV), ""]
        if not is_usable() or installed[0] != str(VENV):  # its scripts name the old place
            make_venv()
        elif installed == wanted:
            return
        install(REQUIREMENTS.read_text().count("=="))
        STAMP.write_text("\n".join(wanted))


def is_usable() -> bool:
    """Whether .venv's Python is there; an upgrade of the machine may have taken it away."""
    return PYTHON.exists() and not subprocess.run([PYTHON, "-c", IS_USABLE], check=False).returncode


def make_venv() -> None:
    say(f"making {VENV}")
    made = subprocess.run(
        [sys.executable, "-m", "venv", "--clear", VENV], check=False, text=True, capture_output=True
    )
    if made.returncode:
        sys.exit(
            f"{made.stdout}{made.stderr}\nPython could not make {VENV}. On Debian and Ubuntu: "
            "apt-get install python3-venv"
        )


def install(packages: int) -> None:
    """Install with hashes, showing one line per package."""
    say(f"installing about {packages} packages; everything is written to {LOG}")
    command = [PYTHON, "-m", "pip", "install", "--require-hashes", "--no-input"]
    command += ["--disable-pip-version-check", "--progress-bar", "off", "-r", REQUIREMENTS]
    seen = 0
    with (
        LOG.open("w") as log,
        subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
        ) as pip,
    ):
        for line in pip.stdout or ():
            log.write(line)
            if line.startswith("Collecting "):
                seen += 1
                show(f"{seen:>4}  {line.split()[1].split('==')[0]}")
            elif line.startswith("Installing collected"):
                show("unpacking")
    if sys.stdout.isatty():
        sys.stdout.write("\n")
    if pip.returncode:
        end = "".join(LOG.read_text().splitlines(keepends=True)[-20:])
        sys.exit(f"{end}\nThe packages could not be installed; {LOG} has the whole story.")
    say("installed")


def show(what: str) -> None:
    """One line that is overwritten by the next on a terminal, and a line each elsewhere."""
    if sys.stdout.isatty():
        sys.stdout.write(f"\r\x1b[K{what}")
    else:
        sys.stdout.write(f"{what}\n")
    sys.stdout.flush()


def say(what: str) -> None:
    sys.stdout.write(f"{what}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
