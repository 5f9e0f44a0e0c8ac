"""What a process sets up once: its name, its lines, its numbers, its ways of ending."""

import logging
import sys
import threading
from types import TracebackType

import structlog
from django.conf import settings
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate, pre_migrate

from core.observability import metrics, sentry
from core.observability.database import after_migrations, before_migrations, on_connect
from core.observability.logs import configure_structlog
from core.observability.processes import name_process

log = structlog.get_logger(__name__)


def install() -> None:
    """In every process, once Django is ready: our lines, the statements' wrapper, the gauges."""
    configure_structlog()
    connection_created.connect(on_connect)
    pre_migrate.connect(before_migrations)
    post_migrate.connect(after_migrations)
    from core.observability import gauges, lifecycle, tasks  # noqa: F401  (they connect themselves)

    sentry.start()


def serve_as(service: str) -> None:
    """This process is `web`, `worker`, `clock` or `realtime`: its lines say so, and it shares
    its numbers. What would end on standard error as it is becomes a line like any other.
    """
    name_process(service)
    metrics.share_between_processes(settings.METRICS_DIR)
    logging.captureWarnings(capture=True)
    sys.excepthook = _log_the_end
    threading.excepthook = _log_a_thread_s_end


def _log_the_end(
    kind: type[BaseException], error: BaseException, traceback: TracebackType | None
) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    log.critical("Ended by an exception", exc_info=(kind, error, traceback))


def _log_a_thread_s_end(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is None:
        return
    name = args.thread.name if args.thread else ""
    log.error("A thread ended by an exception", thread=name, exc_info=args.exc_value)
