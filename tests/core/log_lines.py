"""What a log would hold: every line of a stretch of a test, as the JSON that is written."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from core.observability.lines import JsonLines
from core.observability.logs import NoPaths


class Lines(logging.Handler):
    """A handler as the settings make it, that keeps its lines."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.setFormatter(JsonLines())
        self.addFilter(NoPaths())

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(self.format(record))

    @property
    def all(self) -> list[dict[str, Any]]:
        return [json.loads(text) for text in self.texts]

    def of(self, logger: str) -> list[dict[str, Any]]:
        return [line for line in self.all if line["context"]["logger"] == logger]

    @property
    def everything(self) -> str:
        return "\n".join(self.texts)


@contextmanager
def log_lines(level: int = logging.DEBUG) -> Iterator[Lines]:
    root = logging.getLogger()
    lines, before = Lines(), root.level
    root.addHandler(lines)
    root.setLevel(level)
    try:
        yield lines
    finally:
        root.removeHandler(lines)
        root.setLevel(before)
