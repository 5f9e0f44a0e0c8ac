"""Real processes of Holdfast, started by a test: asked, told to stop, and read."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

PROJECT = Path(__file__).resolve().parent.parent.parent
PATIENCE = 40  # seconds


class Process:
    """One process with its log."""

    url = ""  # of a web process

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        self.texts: list[str] = []
        self.popen = subprocess.Popen(
            command,
            cwd=PROJECT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self) -> None:
        assert self.popen.stdout is not None
        for line in self.popen.stdout:
            self.texts.append(line.rstrip("\n"))

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(text) for text in self.texts if text.startswith("{")]

    @property
    def messages(self) -> list[str]:
        return [line["message"] for line in self.lines]

    def wait_for(self, message: str) -> dict[str, Any]:
        """Wait until a line says `message`; the line."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            for line in self.lines:
                if line["message"] == message:
                    return line
            assert self.popen.poll() is None, "\n".join(self.texts)
            time.sleep(0.02)
        raise AssertionError(f"{message!r} was not said:\n" + "\n".join(self.texts))

    def terminate(self) -> None:
        self.popen.send_signal(signal.SIGTERM)

    def wait(self) -> int:
        code = self.popen.wait(PATIENCE)
        self.reader.join(5)
        return code


@contextmanager
def running(command: list[str], environment: dict[str, str]) -> Iterator[Process]:
    process = Process(command, environment)
    try:
        yield process
    finally:
        if process.popen.poll() is None:
            os.killpg(process.popen.pid, signal.SIGKILL)
            process.popen.wait()
        process.reader.join(5)
        assert process.popen.stdout is not None
        process.popen.stdout.close()


def environment(*, database: str, redis: str, var: Path, **more: str) -> dict[str, str]:
    """What a process is told: the test's servers, a folder of its own, lines as JSON."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return kept | {
        "DJANGO_SETTINGS_MODULE": "tests.core.served_settings",
        "DATABASE_URL": database,
        "REDIS_URL": redis,
        "VAR_DIR": str(var),
        "LOG_FORMAT": "json",
        "PYTHONUNBUFFERED": "1",
        **more,
    }


def python(*arguments: str) -> list[str]:
    return [sys.executable, *arguments]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def wait_until_it_answers(url: str) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        try:
            if httpx.get(url, timeout=2).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.1)
    raise AssertionError(f"{url} does not answer")
