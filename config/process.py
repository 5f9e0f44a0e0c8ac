"""One process of Holdfast: `python -m config.process web|worker|clock|migrate|manage …`.

What the image runs, and what `scripts/run` runs several of: how each is started stands here
and nowhere else.
"""

import os
import sys
from pathlib import Path

from config.settings.env import BASE_DIR, env

NAMES = ("web", "worker", "clock", "migrate", "manage")


def command(name: str, *arguments: str) -> list[str]:
    """Return the command of one process. `manage` takes arguments: those of manage.py."""
    # Celery warns of root, under whom a development container may well run.
    no_warning = ["-W", "ignore:You're running the worker with superuser"]
    celery = [sys.executable, *no_warning, "-m", "celery", "--quiet", "--app", "config.celery"]
    manage = [sys.executable, str(BASE_DIR / "manage.py")]
    if name == "web":
        return [sys.executable, "-m", "config.web"]
    if name == "worker":
        own = ["--concurrency", str(env("WORKER_PROCESSES"))]
        return [*celery, "worker", *own, "--without-gossip", "--without-mingle"]
    if name == "clock":
        return [*celery, "beat", "--schedule", str(_schedule()), "--pidfile", ""]
    if name == "migrate":
        return [*manage, "migrate", "--no-input"]
    return [*manage, *arguments]


def _schedule() -> Path:
    """The clock's own file: when it last did what. Lost, everything is simply due."""
    folder = Path(env("VAR_DIR")) / "clock"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / "schedule"


def main() -> None:
    name, *arguments = sys.argv[1:] or [""]
    if name not in NAMES or (arguments and name != "manage"):
        sys.exit(f"Say which process: python -m config.process {'|'.join(NAMES)}")
    told = command(name, *arguments)
    # In place of this process, so that a container's first process is the one that is told to
    # stop, and stops in order.
    os.chdir(BASE_DIR)
    os.execv(told[0], told)  # noqa: S606


if __name__ == "__main__":
    main()
