"""Everything that Holdfast says to whoever runs it while a test acts: lines, numbers, reports."""

from __future__ import annotations

import logging.config
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import sentry_sdk
from django.conf import settings
from django.db import connection

from core.observability.logs import Console, logging_config
from core.observability.scrape import metrics_page
from tests.core.sentry_server import Sentry, reporting_to_us

OURS = (
    "SECRET_KEY",
    "ENCRYPTION_KEY",
    "ENCRYPTION_INDEX_KEY",
    "LINK_KEY",
    "JWT_ACCESS_SECRET",
    "JWT_REFRESH_SECRET",
    "METRICS_TOKEN",
    "EMAIL_HOST_PASSWORD",
)
SHORTEST_WORD = 5
TAIL = 16  # characters of a secret: how a key or a token begins is no secret


@dataclass
class Said:
    """`told` are sentences about people, of which no word may be found; `secrets` are found by
    their ends.
    """

    folder: Path
    sentry: Sentry
    terminal: pytest.CaptureFixture[str]  # for what is printed by whatever way
    told: list[str] = field(default_factory=list)
    secrets: list[str] = field(default_factory=list)

    def secret(self, text: str) -> str:
        """Remember that `text` is a secret."""
        self.secrets.append(text)
        return text

    @property
    def lines(self) -> str:
        return (self.folder / "holdfast.log").read_text()

    @property
    def printed(self) -> str:
        """What came on standard output and error."""
        return (self.folder / "stderr").read_text() + "".join(self.terminal.readouterr())

    @property
    def reports(self) -> str:
        sentry_sdk.flush(5)
        return "\n".join(self.sentry.told)

    def found(self) -> list[str]:
        """The words and secrets that can be read in anything that was said."""
        return self.found_in("\n".join((self.lines, self.reports, self.printed, numbers())))

    def found_in(self, text: str) -> list[str]:
        """The words and secrets that can be read in `text`, as they are or as a URL has them."""
        words = {word for told in self.told for word in re.findall(r"[\w@.+-]{5,}", told)}
        digits = {re.sub(r"\D", "", told) for told in self.told}
        ours = [str(getattr(settings, name)) for name in OURS]
        tails = {one[-TAIL:] for one in [*self.secrets, *ours] if one}
        wanted = words | tails | {one for one in digits if len(one) > SHORTEST_WORD}
        plain, dense = text.casefold(), re.sub(r"[ /-]", "", text)
        return sorted(
            one
            for one in wanted
            if one.casefold() in plain or quote(one).casefold() in plain or one in dense
        )


@contextmanager
def everything_said(
    folder: Path, terminal: pytest.CaptureFixture[str], chosen: Any
) -> Iterator[Said]:
    """Write lines as the product does, at the level that says most, and report to a Sentry."""
    config = logging_config(level="debug", pretty=False, path=str(folder / "holdfast.log"))
    config["loggers"]["mail.log"] = {"level": "INFO"}  # of the tests' own mail server
    # pytest closes what stands for standard error here between two steps of a test.
    [usual] = _consoles()
    with (folder / "stderr").open("w") as stream:
        config["handlers"]["console"]["stream"] = stream
        logging.config.dictConfig(config)
        try:
            with reporting_to_us(chosen) as sentry:
                yield Said(folder, sentry, terminal)
        finally:
            logging.config.dictConfig(settings.LOGGING)
            _consoles()[0].setStream(usual.stream)


def _consoles() -> list[Console]:
    return [one for one in logging.getLogger().handlers if isinstance(one, Console)]


def numbers() -> str:
    return metrics_page().decode()


@contextmanager
def broken(table: str) -> Iterator[None]:
    """No row of `table` can be written: PostgreSQL refuses it, and repeats it in its reason."""
    name = f"broken_{table}"
    with connection.cursor() as cursor:
        cursor.execute(f'ALTER TABLE "{table}" ADD CONSTRAINT "{name}" CHECK (false) NOT VALID')
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f'ALTER TABLE "{table}" DROP CONSTRAINT "{name}"')
