"""One process of the system: started, its output passed on, stopped."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from config.supervisor import log

LIFELINE = Path(__file__).with_name("lifeline.py")


@dataclass
class Child:
    """A process and whatever it starts itself, in a session of its own.

    Ctrl-C reaches the supervisor alone, which then stops its children in order.
    """

    name: str
    command: Sequence[str]
    env: dict[str, str]
    patience: float = 5  # seconds before the next one is stopped too; it may go on finishing
    inherits: Sequence[int] = ()  # open files
    started_at: float = field(default=0, init=False)
    quick_deaths: int = field(default=0, init=False)
    code: int | None = field(default=None, init=False)

    def start(self, *, when_it_ends: Callable[["Child"], None]) -> None:
        self.code = None
        self.started_at = time.monotonic()
        self._ended = threading.Event()
        python = [sys.executable, "-I", "-S", str(LIFELINE), str(os.getpid())]
        self._process = subprocess.Popen(
            [*python, *self.command],
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=self.inherits,
        )
        for work in (self._pass_output_on, lambda: self._wait_for_end(when_it_ends)):
            threading.Thread(target=work, daemon=True).start()

    def terminate(self) -> None:
        if self.code is None:
            self._process.terminate()

    def kill(self) -> None:
        """End the process and all that it started, at once."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def has_ended(self, *, within: float) -> bool:
        """Whether the process ends in so many seconds, or has."""
        return self._ended.wait(max(within, 0))

    def how_it_ended(self) -> str:
        if self.code is not None and self.code < 0:
            return f"was ended by {signal.Signals(-self.code).name}"
        return f"ended with code {self.code}"

    def _pass_output_on(self) -> None:
        assert self._process.stdout is not None  # noqa: S101
        with self._process.stdout as output:
            for line in output:
                log.write(self.name, line.decode(errors="replace").rstrip())

    def _wait_for_end(self, when_it_ends: Callable[["Child"], None]) -> None:
        code = self._process.wait()
        self.kill()  # what it started and left behind
        self.code = code
        self._ended.set()
        when_it_ends(self)
