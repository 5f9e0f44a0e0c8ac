"""The servers under measurement: embedded PostgreSQL and Redis (fsync on), and granian."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var" / "benchmarks"


def prepare() -> None:
    """Point this process at the benchmarks' own data and make the tables."""
    os.environ["VAR_DIR"] = str(VAR_DIR)
    os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.settings"
    os.environ.setdefault("LOG_LEVEL", "error")
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", interactive=False, verbosity=0, run_syncdb=True)


@contextmanager
def web(*, processes: int = 2) -> Iterator[int]:
    """Serve the product and the floor; yield the port."""
    port = free_port()
    env = os.environ | {"PORT": str(port), "WEB_PROCESSES": str(processes), "DRAIN_SECONDS": "0"}
    server = subprocess.Popen([sys.executable, "-m", "config.web"], env=env, cwd=BASE_DIR)
    try:
        wait_for(port)
        yield port
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=30)


@contextmanager
def worker(*, processes: int = 2, environment: dict[str, str] | None = None) -> Iterator[None]:
    """Run Celery's worker as production does."""
    env = os.environ | (environment or {})
    command = [sys.executable, "-m", "celery", "--quiet", "--app", "config.celery", "worker"]
    options = ["--concurrency", str(processes), "--without-gossip", "--without-mingle"]
    process = subprocess.Popen([*command, *options], env=env, cwd=BASE_DIR)
    try:
        time.sleep(4)
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def wait_for(port: int, *, seconds: float = 60) -> None:
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"Nothing answers on port {port}.")
