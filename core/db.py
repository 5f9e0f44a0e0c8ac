"""Transactions, retries, and what PostgreSQL can do for us that Django has no name for."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, wraps
from random import uniform
from typing import Any, Generic, ParamSpec, TypeVar

import structlog
from django.contrib.postgres.fields import DateTimeRangeField
from django.db import (
    DatabaseError,
    IntegrityError,
    InterfaceError,
    OperationalError,
    connection,
    transaction,
)
from django.db.backends.postgresql.base import ServerBindingCursor
from django.db.backends.utils import CursorWrapper
from django.db.models import Func, Model
from django.db.models.expressions import DatabaseDefault
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt, stop_any
from tenacity.stop import stop_base

from core.deadline import remaining_seconds
from core.errors import Busy, DomainError, TimedOut, Unavailable
from core.observability import metrics

P = ParamSpec("P")
T = TypeVar("T")

log = structlog.get_logger(__name__)

ATTEMPTS = 3
LOST_CONNECTION_FIRST_WAIT_SECONDS = 1.0
LOST_CONNECTION_LONGEST_WAIT_SECONDS = 8.0

# PostgreSQL's error codes, appendix A of its manual.
DEADLOCK_OR_SERIALIZATION = {"40P01", "40001"}
LOCK_NOT_AVAILABLE = "55P03"
QUERY_CANCELED = "57014"
SERVER_GONE = {"57P01", "57P02", "57P03", "53300", "25P03"}

_door_is_open: ContextVar[bool] = ContextVar("door_is_open", default=False)
_proofs: ContextVar[list[Model] | None] = ContextVar("proofs", default=None)


class ChangedMeanwhile(Exception):
    """What was read before the lock is no longer so; the whole callable is repeated."""


def in_one_transaction(work: Callable[P, T]) -> Callable[P, T]:
    """Make `work` one durable transaction that survives what heals by itself.

    This is the door's side of a service: it alone opens the transaction and it alone
    retries, always the whole of `work` (up to 3 attempts, and never beyond the request's
    deadline): after 10-100 ms for a deadlock, after 1 s doubling to 8 s for a lost
    connection. So `work` must do nothing outside the database. What was committed although
    the connection was lost before the answer came is recognised by the events that `work`
    recorded, and is not done again.

    Called from inside another such transaction it joins it in a savepoint, so that a
    refusal leaves the caller's own changes usable, and retries nothing. Called inside a
    transaction that somebody else opened, it raises RuntimeError (`durable`).

    Raises Busy (a lock was not free within 3 s), TimedOut, Unavailable.
    """

    @wraps(work)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        if _door_is_open.get():
            with transaction.atomic():
                return work(*args, **kwargs)
        token = _door_is_open.set(True)
        try:
            return retrying(_Attempts(work), *args, **kwargs)
        finally:
            _door_is_open.reset(token)

    return run


class _Attempts(Generic[P, T]):
    """One door's work, each call of it a durable transaction, done once however often called.

    When the connection is lost at COMMIT, nobody knows whether it was done. Whoever repeats
    then finds the earlier attempt's rows in its way (the time is taken, the status is final)
    and would refuse what was granted. So the rows that an attempt left as its proof are looked
    for: before the next attempt and, because the server may still have been committing then,
    after a refusal.
    """

    def __init__(self, work: Callable[P, T]) -> None:
        self.work = work
        self.finished: list[tuple[list[Model], T, list[Callable[[], None]]]] = []

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T:
        proofs: list[Model] = []
        token = _proofs.set(proofs)
        try:
            for result in self._committed():
                return result
            with transaction.atomic(durable=True):
                result = self.work(*args, **kwargs)
                hooks = [hook for _, hook, *_ in connection.run_on_commit]
                self.finished.append((proofs, result, hooks))
            return result
        except (DomainError, IntegrityError):
            for result in self._committed():
                return result
            raise
        finally:
            _proofs.reset(token)

    def _committed(self) -> Iterator[T]:
        for proofs, result, hooks in self.finished:
            ids = [row.pk for row in proofs]
            if not ids:
                continue
            rows = type(proofs[0])._default_manager  # noqa: SLF001  (documented by Django)
            if rows.filter(pk__in=ids).exists():
                for hook in hooks:
                    transaction.on_commit(hook)
                yield result


def leave_proof(row: Model) -> None:
    """Name a row that the open transaction inserts: by it, it is known to have committed."""
    proofs = _proofs.get()
    if proofs is not None:
        proofs.append(row)


def retrying(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call `work` until it succeeds or repeating cannot help. Safe for reads and transactions."""
    attempts = Retrying(
        retry=retry_if_exception(_heals_by_itself),
        stop=stop_any(stop_after_attempt(ATTEMPTS), _DeadlineIsNear()),
        wait=_wait_before_next,
        before_sleep=_note_the_retry,
        reraise=True,
    )
    try:
        return attempts(work, *args, **kwargs)
    except ChangedMeanwhile as error:
        raise Busy from error
    except (OperationalError, InterfaceError) as error:
        raise _as_refusal(error) from error


def require_transaction() -> None:
    """Assert that a door opened a transaction: for what takes locks and must not open its own."""
    if not connection.in_atomic_block:
        raise RuntimeError("This takes locks, so it has to run inside in_one_transaction.")


@contextmanager
def violation_of(constraint: str, *, becomes: type[DomainError]) -> Iterator[None]:
    """Turn one named constraint's violation into a domain error; let every other one through.

    Opens no savepoint (two round trips saved): whoever wants to go on after the refusal
    calls a service, which joins in a savepoint of its own.
    """
    try:
        yield
    except DatabaseError as error:
        broken = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None)
        if broken != constraint:
            raise
        raise becomes from error


@contextmanager
def lock_timeout_becomes(refusal: type[DomainError]) -> Iterator[None]:
    """Say what it means when this one statement waited too long for somebody's lock."""
    try:
        yield
    except OperationalError as error:
        if _sqlstate(error) != LOCK_NOT_AVAILABLE:
            raise
        raise refusal from error


def rows(sql: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> list[tuple[Any, ...]]:
    """Run one statement written by hand and return what it gives.

    For the hottest reads alone: the ORM spends several times on wording a statement what
    PostgreSQL spends on answering it.
    """
    with _prepared() as cursor:
        cursor.execute(sql, parameters)
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found


def _prepared() -> CursorWrapper:
    """Return a cursor whose statements the server remembers: their second plan costs nothing.

    Values travel apart from the statement, as psycopg does by itself and Django does not. A
    pooler in transaction mode cannot remember; `prepare_threshold` is not set there.
    """
    # As Django makes its own cursors: a connection that went stale is renewed first, and every
    # statement is counted, timed, and debugged in tests.
    connection.close_if_health_check_failed()
    connection.ensure_connection()
    cursor = ServerBindingCursor(connection.connection)  # type: ignore[call-arg]
    return connection._prepare_cursor(cursor)  # type: ignore[attr-defined,no-any-return]  # noqa: SLF001


def insert_together(*new: Model) -> None:
    """Insert rows of any tables in one statement, so in one round trip (a CTE per row).

    For rows whose keys are chosen already. Foreign keys between them are fine: ours are
    checked at the end of the transaction.
    """
    inserts = [insert_of(type(row)) for row in new]
    parameters = [value for insert, row in zip(inserts, new, strict=True) for value in insert(row)]
    *first, last = [insert.sql for insert in inserts]
    tables = ", ".join(f"part_{n} AS ({sql})" for n, sql in enumerate(first))
    with _prepared() as cursor:
        cursor.execute(f"WITH {tables} {last}" if first else last, parameters)
    for row in new:
        # As Model.save() leaves a row behind.
        row._state.adding = False  # noqa: SLF001
        row._state.db = connection.alias  # noqa: SLF001


class Insert:
    """How one row of a model is inserted: worded once, filled for each row."""

    def __init__(self, model: type[Model]) -> None:
        self.fields = [field for field in model._meta.concrete_fields if not field.generated]
        quote = connection.ops.quote_name
        self.table = quote(model._meta.db_table)
        self.columns = ", ".join(quote(str(field.column)) for field in self.fields)
        self.places = ", ".join(f"%s::{_type_of(field)}" for field in self.fields)
        self.sql = f"INSERT INTO {self.table} ({self.columns}) VALUES ({self.places})"  # noqa: S608

    def __call__(self, row: Model) -> list[Any]:
        """Return the values of `row`, as each field wants them saved."""
        return [
            field.get_db_prep_save(self._value(field, row), connection=connection)
            for field in self.fields
        ]

    def _value(self, field: Any, row: Model) -> Any:
        value = field.pre_save(row, add=True)
        if isinstance(value, DatabaseDefault):
            raise TypeError(f"{field} has to be set before its row is inserted here.")
        return value


def _type_of(field: Any) -> str:
    """Return a column's type without its length, which a cast would silently cut to."""
    declared: str = field.db_type(connection)
    return declared.partition("(")[0]


@cache
def insert_of(model: type[Model]) -> Insert:
    return Insert(model)


class TsTzRange(Func):
    """PostgreSQL's half-open `[start, end)`: back-to-back appointments do not touch."""

    function = "TSTZRANGE"
    output_field = DateTimeRangeField()


def _sqlstate(error: BaseException) -> str:
    return getattr(error.__cause__, "sqlstate", None) or ""


def _connection_is_lost(error: BaseException) -> bool:
    state = _sqlstate(error)
    is_ours = isinstance(error, OperationalError | InterfaceError)
    return is_ours and (not state or state.startswith("08") or state in SERVER_GONE)


def _heals_by_itself(error: BaseException) -> bool:
    if isinstance(error, ChangedMeanwhile):
        return True
    return _sqlstate(error) in DEADLOCK_OR_SERIALIZATION or _connection_is_lost(error)


def _wait_before_next(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    if error is None or not _connection_is_lost(error):
        return uniform(0.010, 0.100)  # noqa: S311  (jitter, not a secret)
    wait: float = LOST_CONNECTION_FIRST_WAIT_SECONDS * 2 ** (state.attempt_number - 1)
    return min(wait, LOST_CONNECTION_LONGEST_WAIT_SECONDS) * uniform(1, 1.25)  # noqa: S311


class _DeadlineIsNear(stop_base):
    """Stop when the next attempt would begin after the request's time is over."""

    def __call__(self, retry_state: RetryCallState) -> bool:
        left = remaining_seconds()
        return left is not None and retry_state.upcoming_sleep >= left


def _note_the_retry(state: RetryCallState) -> None:
    error = state.outcome.exception() if state.outcome else None
    is_lost = error is not None and _connection_is_lost(error)
    if is_lost:
        connection.close()  # the next attempt opens a new one
    metrics.database_retries_total.labels("connection" if is_lost else "conflict").inc()
    log.warning(
        "Database call repeated",
        attempt=state.attempt_number,
        sqlstate=_sqlstate(error) if error else "",
        wait_seconds=round(state.upcoming_sleep, 3),
    )


def _as_refusal(error: Exception) -> DomainError:
    state = _sqlstate(error)
    if state == LOCK_NOT_AVAILABLE:
        return Busy()
    if state == QUERY_CANCELED:
        return TimedOut()
    return Unavailable()
