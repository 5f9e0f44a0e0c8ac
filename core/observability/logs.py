"""Where log lines go, and which of the libraries' lines do not."""

import logging
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import structlog

from core.observability.lines import to_record

# Their DEBUG lines hold SQL with its values, whole HTTP exchanges or whole messages.
TOO_TALKATIVE = (
    "asyncio",
    "environ",
    "django.db.backends",
    "django.template",
    "amqp",
    "anymail",
    "celery.pool",
    "celery.bootsteps",
    "kombu",
    "httpcore",
    "httpx",
    "redis",
    "urllib3",
)
LEVELS = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warn": logging.WARNING,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}


class NoPaths(logging.Filter):
    """Take the path out of Django's lines about a request, and drop those that say nothing else.

    Each request has a line of its own (core/observability/middleware.py), and a path or a
    query string may hold a token or an address.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        if not record.name.startswith("django.") or not hasattr(record, "request"):
            return True
        if record.name == "django.security.csrf":
            first = record.args[:1] if isinstance(record.args, tuple) else ()
            record.msg, record.args = "Refused: %s", first
            return True
        if record.name.startswith("django.security."):  # scanners do this all day
            record.levelno, record.exc_info = logging.WARNING, None
            record.msg, record.args = "Refused: %s", (record.name.rpartition(".")[2],)
            return True
        record.msg, record.args = "Unexpected error while answering a request", ()
        return bool(record.exc_info)


class WithoutArguments(logging.Filter):
    """Celery's lines about a failed task: its name and id, and the exception as ours are written.

    Celery's own wording repeats the exception, its traceback and the task's arguments.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        facts = record.args
        if isinstance(facts, dict) and "name" in facts and "id" in facts:
            outcome = facts.get("description", "ended")
            record.context = {"task": facts["name"], "task_id": facts["id"]}
            record.msg, record.args = "Task %s", (outcome,)
        return True


class Console(logging.StreamHandler[Any]):
    """Standard error. Of a line that cannot be written it says that, and not the line.

    The standard library would print the sentence and its values as they came, past the scrubber.
    """

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        kind = type(sys.exc_info()[1]).__name__
        with suppress(OSError, ValueError):  # nobody is left to hear it
            sys.stderr.write(f"A log line could not be written: {kind}\n")


def logging_config(
    *, level: str, pretty: bool, path: str = "", max_mib: float = 50, keep: int = 5
) -> dict[str, Any]:
    """Return Django's LOGGING: standard error, and with `path` also files.

    Standard output stays free for what a command prints. `path` takes every line as JSON and
    `error.log` beside it the errors; both grow to `max_mib` and are kept `keep` times.

    Raises ValueError for a `level` other than error, warn, info, debug.
    """
    if level.lower() not in LEVELS:
        raise ValueError(f"LOG_LEVEL is {level!r}; it is one of error, warn, info, debug.")
    wanted = LEVELS[level.lower()]
    handlers: dict[str, dict[str, Any]] = {
        "console": {
            "class": "core.observability.logs.Console",
            "stream": "ext://sys.stderr",
            "formatter": "pretty" if pretty else "json",
            "filters": ["no_paths"],
        }
    }
    if path:
        file = {
            "class": "core.observability.log_file.SharedFile",
            "formatter": "json",
            "filters": ["no_paths"],
            "max_mib": max_mib,
            "keep": keep,
        }
        errors = str(Path(path).with_name("error.log"))
        handlers["file"] = {**file, "path": path}
        handlers["errors"] = {**file, "path": errors, "level": "ERROR"}
    quiet = max(wanted, logging.INFO)
    routine = logging.INFO if wanted == logging.DEBUG else max(wanted, logging.WARNING)
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {"()": "core.observability.lines.JsonLines"},
            "pretty": {"()": "core.observability.lines.PrettyLines"},
        },
        "filters": {
            "no_paths": {"()": "core.observability.logs.NoPaths"},
            "without_arguments": {"()": "core.observability.logs.WithoutArguments"},
        },
        "handlers": handlers,
        "root": {"level": wanted, "handlers": list(handlers)},
        "loggers": {
            # Django and granian bring handlers of their own: replaced by the root's.
            "django": {"level": quiet, "handlers": [], "propagate": True},
            "django.server": {"level": logging.ERROR, "handlers": [], "propagate": True},
            # What runs every five seconds is worth a line only when somebody is looking for it.
            "celery.app.trace": {"level": routine, "filters": ["without_arguments"]},
            "celery.worker.strategy": {"level": routine},
            "celery.beat": {"level": routine},
            "_granian": {"level": quiet, "handlers": [], "propagate": True},
            "granian.access": {"level": logging.ERROR, "handlers": [], "propagate": True},
            **{name: {"level": max(quiet, _floor(name))} for name in TOO_TALKATIVE},
        },
    }


def configure_structlog() -> None:
    """Send our own lines through the standard library, where the formatters stand."""
    # What no line of ours says need not be found out for each.
    logging.logThreads = logging.logMultiprocessing = logging.logProcesses = False
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.contextvars.merge_contextvars,
            to_record,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )


def _floor(name: str) -> int:
    """httpx writes every URL that it asks for, query string included, at INFO."""
    return logging.WARNING if name in ("httpx", "urllib3") else logging.INFO
