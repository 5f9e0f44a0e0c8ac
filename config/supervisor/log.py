"""One readable log for several processes: each line behind the name of who wrote it."""

import os
import sys
import threading

COLORS = {"run": 37, "setup": 36, "web": 32, "worker": 33, "clock": 35, "mailbox": 34}
WIDTH = max(map(len, COLORS))

_one_line_at_a_time = threading.Lock()
_colored = sys.stdout.isatty() and "NO_COLOR" not in os.environ


def write(name: str, line: str) -> None:
    """Write one line. A reader that has gone away stops nothing."""
    prefix = f"{name:<{WIDTH}} | "
    if _colored:
        prefix = f"\x1b[{COLORS[name]}m{prefix}\x1b[0m"
    with _one_line_at_a_time:
        try:
            sys.stdout.write(f"{prefix}{line}\n")
            sys.stdout.flush()
        except OSError:
            pass


def say(line: str) -> None:
    """Write one line of the supervisor's own."""
    write("run", line)
