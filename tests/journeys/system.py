"""The whole of Holdfast, started with `scripts/run` as a person would, for tests to use."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import psycopg

from config.settings.env import env
from embedded.account import digest
from embedded.servers import PROJECT

READY_SECONDS = 400  # a first start may have to install


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def clean_environment(**more: str) -> dict[str, str]:
    """This process' environment without anything that says how Holdfast is to run."""
    ours = {*env.scheme, "DJANGO_SETTINGS_MODULE", "CI"}
    return {name: value for name, value in os.environ.items() if name not in ours} | more


class System:
    """One `scripts/run` with data of its own. Starting it again finds the same data."""

    def __init__(self, *, var: Path, project: Path = PROJECT, user: str | None = None) -> None:
        self.var = var
        self.project = project
        self.user = user
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.lines: list[str] = []
        self._started: list[subprocess.Popen[str]] = []
        self._process: subprocess.Popen[str] | None = None
        uid = pwd.getpwnam(user).pw_uid if user else os.geteuid()
        self.private = Path("/tmp") / f"holdfast-{uid}-{digest(var)}"

    def start(self, *arguments: str, **variables: str) -> None:
        """Start and wait until it says that it runs."""
        self.lines = []
        self.follow(
            self.command(["scripts/run", "--port", str(self.port), *arguments], **variables)
        )
        self.wait_for("Holdfast is running", seconds=READY_SECONDS)

    def follow(self, process: subprocess.Popen[str]) -> None:
        """Let this be the process that is waited for and whose lines are kept."""
        self._process = process
        threading.Thread(target=self._read, args=(process,), daemon=True).start()

    def command(self, command: list[str], **variables: str) -> subprocess.Popen[str]:
        """Start a command in the project's folder, with this system's data."""
        user: dict[str, Any] = {}
        if self.user:
            user = {"user": self.user, "group": "nogroup", "extra_groups": []}
            variables |= {"HOME": str(self.project), "PATH": "/usr/bin:/bin"}
        process = subprocess.Popen(
            command,
            cwd=self.project,
            env=clean_environment(VAR_DIR=str(self.var), **variables),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            process_group=0,
            **user,
        )
        self._started.append(process)
        return process

    def manage(self, *arguments: str) -> str:
        """What `manage.py` prints on standard output."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=self.project,
            env=clean_environment(VAR_DIR=str(self.var)),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def signal(self, number: signal.Signals = signal.SIGTERM) -> None:
        self.process.send_signal(number)

    def press_ctrl_c(self) -> None:
        """As a terminal does: to every process in the foreground."""
        os.killpg(self.process.pid, signal.SIGINT)

    @property
    def process(self) -> subprocess.Popen[str]:
        assert self._process is not None, "not started"
        return self._process

    def stop_all(self) -> None:
        """Whatever a test has left running."""
        for process in self._started:
            process.terminate()
            process.wait(40)

    def wait(self, *, seconds: float = 35) -> int:
        """The exit code, once it has ended."""
        return self.process.wait(seconds)

    def stop(self) -> int:
        self.signal()
        return self.wait()

    def wait_for(self, text: str, *, seconds: float = 30) -> str:
        """The first line that contains `text`, once it is there."""
        until = time.monotonic() + seconds
        while True:
            for line in list(self.lines):
                if text in line:
                    return line
            has_ended = self.process.poll() is not None
            assert time.monotonic() < until, f"no {text!r} in:\n{self.log}"
            assert not has_ended or text in self.log, f"ended without {text!r}:\n{self.log}"
            time.sleep(0.05)

    @property
    def log(self) -> str:
        return "\n".join(self.lines)

    @property
    def credentials(self) -> dict[str, str]:
        lines = (self.var / "credentials").read_text().splitlines()
        return dict(line.split("=", 1) for line in lines if "=" in line)

    def client(self, key: str = "SECRET_KEY") -> httpx.Client:
        """A client of the API with the demo's key."""
        bearer = {"Authorization": f"Bearer {self.credentials[key]}"}
        return httpx.Client(base_url=self.url, headers=bearer, timeout=40)

    def database(self) -> psycopg.Connection[tuple[Any, ...]]:
        """A connection of the product's own role, beside the running system."""
        where = str(self.private / "pg")
        return psycopg.connect(host=where, user="holdfast", dbname="holdfast")

    def database_runs(self) -> bool:
        with socket.socket(socket.AF_UNIX) as probe:
            return probe.connect_ex(str(self.private / "pg" / ".s.PGSQL.5432")) == 0

    def processes(self) -> set[int]:
        """The process ids of the supervisor's children, and of theirs."""
        parents = {int(path.name): parent_of(path) for path in Path("/proc").glob("[0-9]*")}
        found = {self.process.pid}
        while more := {pid for pid, parent in parents.items() if parent in found} - found:
            found |= more
        return found - {self.process.pid}

    def process_of(self, *words: str) -> int:
        """The child of the supervisor whose command contains these words."""
        for pid in self.processes():
            command = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
            if set(words) <= set(command) and parent_of(Path(f"/proc/{pid}")) == self.process.pid:
                return pid
        raise AssertionError(f"no process {words}")

    def _read(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        with process.stdout:
            for line in process.stdout:
                self.lines.append(line.rstrip())


def parent_of(process: Path) -> int:
    try:
        return int((process / "stat").read_text().rpartition(")")[2].split()[1])
    except OSError:  # it has just ended
        return 0


def is_alive(pid: int) -> bool:
    """Whether the process runs; one that only waits to be noticed by its parent does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def eventually(is_so: Any, *, seconds: float = 30) -> bool:
    until = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


@contextmanager
def system(*, var: Path | None = None, **more: Any) -> Iterator[System]:
    """A system with fresh data, not started yet; stopped and removed in the end."""
    if var is None:
        var = Path("/tmp") / f"holdfast-journey-{os.getpid()}-{os.urandom(4).hex()}"
        var.mkdir()
        var.chmod(0o711)  # root's PostgreSQL runs as another account
    it = System(var=var, **more)
    try:
        yield it
    finally:
        it.stop_all()
        pid_file = it.var / "postgres" / "postmaster.pid"  # goes last
        assert eventually(lambda: not it.database_runs() and not pid_file.exists())
        shutil.rmtree(var)


def a_booking(*, on_day: int = 7, hour: int = 9, minute: int = 0) -> dict[str, Any]:
    """The body of a request for the demo's default service, on a weekday in a week or more."""
    day = datetime.now(UTC) + timedelta(days=on_day)
    while day.weekday() > 4:
        day += timedelta(days=1)
    starts_at = day.replace(hour=hour, minute=minute, second=0, microsecond=0)
    return {
        "name": "Mia Müller",
        "company": "Müller GmbH",
        "email": "mia@example.com",
        "inquiry": "We would like to talk.",
        "timeSlot": {"startTime": starts_at.isoformat(), "duration": 30},
    }
