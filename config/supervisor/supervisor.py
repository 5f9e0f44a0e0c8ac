"""Starts the processes, starts them again when they die, and stops them in order."""

import http.client
import queue
import signal
import time
from collections.abc import Callable
from typing import Any

from config.supervisor.child import Child
from config.supervisor.log import say

STOP_SECONDS = 26  # for all processes; the database has what is left of the 30
QUICK_SECONDS = 10  # who dies sooner than this after its start died quickly
QUICK_DEATHS = 3  # in a row, and starting it again is no use
READY_SECONDS = 60
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class AskedToStop(Exception):
    """Ctrl-C, SIGTERM, or the terminal has gone."""


class Failed(Exception):
    """Holdfast cannot run; the text says why."""


class Supervisor:
    def __init__(self) -> None:
        self.running: list[Child] = []  # in the order in which they are stopped
        self.happened: queue.SimpleQueue[Child | signal.Signals] = queue.SimpleQueue()
        for number in SIGNALS:
            signal.signal(number, self._remember)

    def prepare(self, setup: Child) -> None:
        """Run `setup` to its end. Raises Failed when that is not a good one."""
        self._start(setup)
        while setup.code is None:
            self._next(timeout=None)
        self.running.remove(setup)
        if setup.code != 0:
            raise Failed("the database could not be prepared; the lines above say why")

    def serve(self, children: list[Child], *, host: str, port: int) -> None:
        """Start all and return once the web process answers. Raises Failed when it does not."""
        for child in children:
            self._start(child)
        until = time.monotonic() + READY_SECONDS
        while not answers(host, port):
            self._start_again(self._next(timeout=0.2))
            if time.monotonic() > until:
                raise Failed(f"the web process has not answered for {READY_SECONDS} s")

    def watch(self) -> None:
        """Start again what dies. Ends by raising AskedToStop or Failed."""
        while True:
            self._start_again(self._next(timeout=None))

    def stop(self, *, then: Callable[[], None]) -> None:
        """Stop the processes one after the other, then call `then`; a second signal hurries.

        Who is still finishing when the next one's turn comes goes on until STOP_SECONDS.
        """
        self._forget_signals()
        until = time.monotonic() + STOP_SECONDS
        try:
            for child in self.running:
                if child.code is None:
                    say(f"stopping {child.name}")
                    child.terminate()
                    self._wait(child, until=min(time.monotonic() + child.patience, until))
            for child in self.running:
                self._wait(child, until=until)
        except AskedToStop:
            say("asked again: stopping at once")
        for child in self.running:
            if child.code is None:
                say(f"{child.name} has not finished in time and is ended now")
                child.kill()
                child.has_ended(within=1)
        then()

    def _start(self, child: Child) -> None:
        child.start(when_it_ends=self.happened.put)
        if child not in self.running:
            self.running.append(child)

    def _start_again(self, child: Child | None) -> None:
        if child is None:
            return
        quick = time.monotonic() - child.started_at < QUICK_SECONDS
        child.quick_deaths = child.quick_deaths + 1 if quick else 0
        if child.quick_deaths >= QUICK_DEATHS:
            raise Failed(f"{child.name} {child.how_it_ended()}, {QUICK_DEATHS} times in a row")
        say(f"{child.name} {child.how_it_ended()}; starting it again")
        time.sleep(1)
        self._start(child)

    def _wait(self, child: Child, *, until: float) -> None:
        """Wait for the end of `child`. Raises AskedToStop on a further signal."""
        while time.monotonic() < until:
            if child.has_ended(within=0.1):
                return
            self._next(timeout=0)

    def _next(self, *, timeout: float | None) -> Child | None:
        """The next child that ended, or None after `timeout`. Raises AskedToStop."""
        try:
            what = self.happened.get(timeout=timeout)
        except queue.Empty:
            return None
        if isinstance(what, signal.Signals):
            raise AskedToStop
        return what

    def _forget_signals(self) -> None:
        while not self.happened.empty():
            self.happened.get()

    def _remember(self, number: int, _frame: Any) -> None:
        self.happened.put(signal.Signals(number))


def answers(host: str, port: int) -> bool:
    """Whether the web process says that it takes visitors."""
    connection = http.client.HTTPConnection(host, port, timeout=2)
    try:
        connection.request("GET", "/health/lb")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()
