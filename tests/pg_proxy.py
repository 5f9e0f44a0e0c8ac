"""A line between Django and PostgreSQL that can be cut at the worst moment.

It stands in front of the server's unix socket and reads the messages that pass (PostgreSQL's
manual, "Frontend/Backend Protocol"): a type of one byte, a length of four, the content.
"""

from __future__ import annotations

import os
import selectors
import shutil
import socket
import struct
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.db import connection

SOCKET = ".s.PGSQL.5432"
QUERY, PARSE, BIND, DONE = b"Q", b"P", b"B", b"C"

# Where a statement's connection is lost.
BEFORE = "the server never hears of it"
DURING = "the server hears of it, and nobody waits for the answer"
AFTER = "the server has done it, and the answer is lost"


@dataclass
class Cut:
    statement: str
    when: str
    times: int


class PgProxy:
    """Passes everything on until a `cut` is due. `statements` are what came by, in order."""

    def __init__(self, server: Path) -> None:
        self.server = server
        # Not pytest's folder: the path of a socket may have 103 characters at most.
        self.folder = Path(tempfile.mkdtemp(prefix="holdfast-proxy-", dir="/tmp"))
        self.statements: list[str] = []
        self._cuts: list[Cut] = []
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(os.fsencode(self.folder / SOCKET))
        self._listener.listen(64)
        self._lines: list[threading.Thread] = []
        self._doorman = threading.Thread(target=self._take, daemon=True)
        self._doorman.start()

    def cut(self, statement: str, when: str, *, times: int = 1) -> None:
        """Lose the connection of the next `times` statements that begin with `statement`."""
        self._cuts.append(Cut(statement, when, times))

    def count(self, statement: str) -> int:
        return sum(text.startswith(statement) for text in self.statements)

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in [self._doorman, *self._lines]:
            thread.join(timeout=5)
        shutil.rmtree(self.folder)

    def _take(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            line = threading.Thread(target=self._pass_on, args=(client,), daemon=True)
            self._lines.append(line)
            line.start()

    def _pass_on(self, client: socket.socket) -> None:
        server = socket.socket(socket.AF_UNIX)
        with client, server, selectors.DefaultSelector() as ready:
            server.connect(os.fsencode(self.server / SOCKET))
            out, back = _Messages(has_greeting=True), _Messages()
            ready.register(client, selectors.EVENT_READ)
            ready.register(server, selectors.EVENT_READ)
            prepared: dict[bytes, bytes] = {}  # the statements that the session remembers, by name
            due: Cut | None = None
            while True:
                for key, _ in ready.select():
                    sender = key.fileobj
                    assert isinstance(sender, socket.socket)
                    try:
                        data = sender.recv(65536)
                    except OSError:
                        data = b""
                    if not data:
                        return
                    if sender is client:
                        due = self._due_of(out.read(data), prepared) or due
                        if due is not None and due.when == BEFORE:
                            return
                        server.sendall(data)
                        if due is not None and due.when == DURING:
                            return
                    else:
                        kinds = [kind for kind, _ in back.read(data)]
                        if due is not None and DONE in kinds:
                            return
                        client.sendall(data)

    def _due_of(
        self, messages: Iterator[tuple[bytes, bytes]], prepared: dict[bytes, bytes]
    ) -> Cut | None:
        found = None
        for kind, content in messages:
            first, second, *_ = [*content.split(b"\0", 2), b""]
            if kind == PARSE:
                prepared[first] = second
            if kind not in (QUERY, BIND):
                continue
            text = (first if kind == QUERY else prepared[second]).decode()
            self.statements.append(text)
            for cut in self._cuts:
                if cut.times and text.lstrip().startswith(cut.statement):
                    cut.times -= 1
                    found = cut
                    break
        return found


class _Messages:
    """One direction of a connection, put together again from what a socket happens to give."""

    def __init__(self, *, has_greeting: bool = False) -> None:
        self._has_greeting = has_greeting  # the client's first message has no type
        self._waiting = b""

    def read(self, data: bytes) -> Iterator[tuple[bytes, bytes]]:
        self._waiting += data
        while True:
            start = 0 if self._has_greeting else 1
            if len(self._waiting) < start + 4:
                return
            (length,) = struct.unpack_from("!i", self._waiting, start)
            if len(self._waiting) < start + length:
                return
            kind, content = self._waiting[:start], self._waiting[start + 4 : start + length]
            self._waiting = self._waiting[start + length :]
            self._has_greeting = False
            yield kind, content


@contextmanager
def proxied() -> Iterator[PgProxy]:
    """Let this thread's connection, and every new one, go through a proxy."""
    server = connection.settings_dict["HOST"]
    proxy = PgProxy(Path(server))
    connection.close()
    connection.settings_dict["HOST"] = str(proxy.folder)
    try:
        yield proxy
    finally:
        connection.close()
        connection.settings_dict["HOST"] = server
        proxy.close()
