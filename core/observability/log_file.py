"""The optional log file, written and rotated by several processes at once.

The standard library's RotatingFileHandler loses lines as soon as two processes hold the file:
each renames it on its own count. WatchedFileHandler is safe but waits for an outside logrotate.
This one is the watched handler that rotates by itself: whoever finds the file too long takes a
lock, looks again, and renames; the others see by the inode that their file was moved. A line is
one write to a file opened for appending, so that lines never mix.
"""

import fcntl
import logging
import os
import sys
from pathlib import Path

MIB = 1024 * 1024


class SharedFile(logging.Handler):
    """Append to `path`; beyond `max_mib` it becomes `path.1`, and `keep` old ones are kept."""

    def __init__(self, path: str, max_mib: float = 50, keep: int = 5) -> None:
        super().__init__()
        self.path = Path(path).absolute()
        self.max_bytes = int(max_mib * MIB)
        self.keep = keep
        self._file: int | None = None
        self._inode = (0, 0)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._reopen()

    def emit(self, record: logging.LogRecord) -> None:
        try:
            line = (self.format(record) + "\n").encode("utf-8", "backslashreplace")
            self._follow()
            assert self._file is not None  # noqa: S101  (_follow opened it)
            os.write(self._file, line)
        except Exception as error:  # a full disk must not stop a booking, nor print the record
            sys.stderr.write(f"A log line could not be written to a file: {type(error).__name__}\n")

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None
        super().close()

    def _follow(self) -> None:
        """Be on the file that `path` names now, and make room in it first when it is full."""
        try:
            found = self.path.stat()
        except FileNotFoundError:
            self._reopen()
            return
        if found.st_size >= self.max_bytes:
            self._rotate()
            self._reopen()
        elif (found.st_dev, found.st_ino) != self._inode or self._file is None:
            self._reopen()

    def _reopen(self) -> None:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        opened = os.open(self.path, flags, 0o640)
        if self._file is not None:
            os.close(self._file)
        self._file = opened
        found = os.fstat(opened)
        self._inode = (found.st_dev, found.st_ino)

    def _rotate(self) -> None:
        lock = os.open(self._named("lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not self.path.exists() or self.path.stat().st_size < self.max_bytes:
                return  # another process was first
            for number in range(self.keep - 1, 0, -1):
                older = self._named(str(number))
                if older.exists():
                    older.replace(self._named(str(number + 1)))
            self.path.replace(self._named("1"))
        finally:
            os.close(lock)

    def _named(self, suffix: str) -> Path:
        return self.path.with_name(f"{self.path.name}.{suffix}")
