"""Every statement on its way to PostgreSQL: counted, timed, and held to the request's deadline.

Installed on each connection as Django's execute wrapper; costs about a microsecond.
"""

from collections.abc import Callable
from time import perf_counter
from typing import Any
from weakref import WeakSet

import structlog
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from core.deadline import remaining_seconds
from core.errors import TimedOut
from core.observability.context import current_notes

OLDEST_SERVER = 150_000  # PostgreSQL 15, as the server counts
SLOW_SECONDS = 1.0
QUERY_CANCELED = "57014"
# Django sends these through the wrapper too, and a transaction has to be able to end.
_WAYS_OUT = ("ROLLBACK", "RELEASE")

log = structlog.get_logger(__name__)

_open: WeakSet[BaseDatabaseWrapper] = WeakSet()
_pooler_was_checked: list[bool] = []


def observe_statement(
    execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]
) -> Any:
    """Run one statement. Raises TimedOut when the request's deadline is over, or ends it.

    With at least 10 s left the connection's own `statement_timeout` holds; with less, the
    statement gets what is left.
    """
    left = remaining_seconds()
    if left is None:
        return _timed(execute, sql, params, many, context)
    if isinstance(sql, str) and sql.startswith(_WAYS_OUT):
        return execute(sql, params, many, context)
    if left <= 0:
        raise TimedOut
    try:
        if left >= settings.DATABASE_STATEMENT_TIMEOUT_SECONDS:
            return _timed(execute, sql, params, many, context)
        return _shortened(left, execute, sql, params, many, context)
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", "") == QUERY_CANCELED:
            raise TimedOut from error
        raise


def on_connect(sender: Any, connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Observe a new connection, and refuse a server that is too old to keep our promises."""
    if connection.vendor != "postgresql":
        return
    version = connection.connection.info.server_version
    if version < OLDEST_SERVER:
        connection.close()
        raise ImproperlyConfigured(
            f"Holdfast needs PostgreSQL 15 or newer; this server is {version // 10_000}."
        )
    if observe_statement not in connection.execute_wrappers:
        connection.execute_wrappers.append(observe_statement)
    _open.add(connection)
    if settings.DATABASE_POOLER and not _pooler_was_checked:
        _pooler_was_checked.append(True)
        _warn_without_role_timeouts(connection)


def before_migrations(sender: Any, using: str, **_: Any) -> None:
    """Let a migration take its time: an index over a million rows needs more than ten seconds.

    Waiting for a lock stays at three: behind a migration that waits, everybody else does too.
    """
    if not settings.DATABASE_POOLER:
        with connections[using].cursor() as cursor:
            cursor.execute("SET statement_timeout = 0")


def after_migrations(sender: Any, using: str, **_: Any) -> None:
    if not settings.DATABASE_POOLER:
        with connections[using].cursor() as cursor:
            cursor.execute("RESET statement_timeout")


def close_all_connections() -> int:
    """Close this process' connections, those of its other threads too. For its very end."""
    closed = 0
    for wrapper in list(_open):
        raw = wrapper.connection
        if raw is not None and not raw.closed:
            raw.close()
            closed += 1
    return closed


def _timed(
    execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]
) -> Any:
    started = perf_counter()
    try:
        return execute(sql, params, many, context)
    finally:
        seconds = perf_counter() - started
        if notes := current_notes():
            notes.queries += 1
            notes.query_seconds += seconds
        if seconds >= SLOW_SECONDS:
            # The text has placeholders where the values are.
            log.warning("Slow statement", duration=round(seconds * 1000), sql=str(sql)[:500])


def _shortened(
    left: float,
    execute: Callable[..., Any],
    sql: Any,
    params: Any,
    many: bool,
    context: dict[str, Any],
) -> Any:
    """Run one statement that may take `left` seconds. Costs one or two round trips more."""
    wrapper: BaseDatabaseWrapper = context["connection"]
    milliseconds = max(1, int(left * 1000))
    if wrapper.in_atomic_block:
        with wrapper.wrap_database_errors:
            wrapper.connection.execute(f"SET LOCAL statement_timeout = {milliseconds}")
        return _timed(execute, sql, params, many, context)
    if settings.DATABASE_POOLER:
        # A SET would stay on a server connection that the next client gets.
        return _timed(execute, sql, params, many, context)
    with wrapper.wrap_database_errors:
        wrapper.connection.execute(f"SET statement_timeout = {milliseconds}")
    try:
        return _timed(execute, sql, params, many, context)
    finally:
        if not wrapper.connection.closed:
            with wrapper.wrap_database_errors:
                wrapper.connection.execute("RESET statement_timeout")


def _warn_without_role_timeouts(connection: BaseDatabaseWrapper) -> None:
    with connection.wrap_database_errors:
        found = connection.connection.execute(
            "SELECT current_setting('statement_timeout'), current_setting('lock_timeout')"
        ).fetchone()
    if "0" in found:
        log.warning(
            "Behind a transaction-mode pooler the role has to carry the timeouts: "
            "ALTER ROLE … SET statement_timeout = '10s'; ALTER ROLE … SET lock_timeout = '3s'",
            statement_timeout=found[0],
            lock_timeout=found[1],
        )
