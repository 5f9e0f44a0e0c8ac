"""What is counted, under which name and labels. Read at /metrics.

Labels are few and from fixed sets: a route's pattern, never a path; a channel, never an
address. In `web`, `worker` and `clock` the numbers stand in small shared files, one set per
process, and any of them can be asked for the sum of all on its machine
(core/observability/scrape.py); in a command they stay in memory and end with it.
"""

import fcntl
import os
from collections.abc import Callable, Mapping
from pathlib import Path

from prometheus_client import Counter, Histogram, values

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

requests_total = Counter("holdfast_requests", "Requests answered", ["method", "route", "status"])
request_seconds = Histogram(
    "holdfast_request_seconds", "Time from request to answer", ["method", "route"], buckets=SECONDS
)
errors_total = Counter(
    "holdfast_errors", "Answers of 500 and above, and tasks that failed", ["where", "kind"]
)
queries_total = Counter("holdfast_database_queries", "Statements sent to PostgreSQL", ["route"])
query_seconds_total = Counter(
    "holdfast_database_query_seconds", "Time spent waiting for PostgreSQL", ["route"]
)
database_retries_total = Counter(
    "holdfast_database_retries", "Transactions repeated after a passing failure", ["kind"]
)
deliveries_total = Counter(
    "holdfast_deliveries", "Messages handed over, retried or given up", ["channel", "outcome"]
)
tasks_total = Counter("holdfast_tasks", "Background tasks ended", ["task", "outcome"])
task_seconds = Histogram(
    "holdfast_task_seconds", "Duration of background tasks", ["task"], buckets=SECONDS
)

Reading = float | Mapping[tuple[str, ...], float]


class Gauges:
    """Numbers that are read from the database when somebody asks for them.

    Each app registers its own, so that core need not know what the others keep.
    """

    def __init__(self) -> None:
        self.known: dict[str, tuple[str, tuple[str, ...], Callable[[], Reading]]] = {}

    def register(
        self, name: str, meaning: str, read: Callable[[], Reading], labels: tuple[str, ...] = ()
    ) -> None:
        """Offer `name` at /metrics. `read` returns a number, or one per tuple of `labels`."""
        self.known[name] = (meaning, labels, read)


gauges = Gauges()

_folder: list[Path] = []


def shared_folder() -> Path | None:
    """Return where this process and its neighbours keep their numbers; None in a command."""
    return _folder[0] if _folder else None


def share_between_processes(folder: Path) -> None:
    """Keep this process' numbers below `folder` from now on, for every process to sum up.

    Files of processes that are gone stay, because a sum must not shrink; they are removed when
    nobody else is alive, as at a start. To be called before anything was counted.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not any(_is_alive(file) for file in folder.glob("*.db")):
            for file in folder.glob("*.db"):
                file.unlink()
    _folder[:] = [folder]
    # prometheus_client reads the folder's name there, and nowhere else.
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)
    values.ValueClass = values.MultiProcessValue()  # type: ignore[no-untyped-call]


def _is_alive(file: Path) -> bool:
    """Tell whether the process that writes `counter_123.db` runs (or another with its number)."""
    pid = int(file.stem.rpartition("_")[2])
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return pid != os.getpid()
