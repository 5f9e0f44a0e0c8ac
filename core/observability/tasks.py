"""A task belongs to the request that caused it: same id, its own notes, its own numbers.

Connected to Celery's signals, so a task need not know of it.
"""

from contextlib import ExitStack
from time import perf_counter
from typing import Any

from celery import Task, signals

from core.observability import metrics
from core.observability.context import (
    current_notes,
    current_request_id,
    request_id_of,
    taken_over_or_made,
)

HEADER = "holdfast_request_id"

_running: list[tuple[ExitStack, float]] = []  # a stack: an eager task may run inside another


@signals.before_task_publish.connect
def _send_the_request_id(headers: dict[str, Any] | None = None, **_: Any) -> None:
    if headers is not None and (request_id := current_request_id()):
        headers[HEADER] = request_id


@signals.task_prerun.connect
def _take_the_request_id_over(task: Task[Any, Any], **_: Any) -> None:
    """Stand under the id that came with the message; a task of the clock gets its own."""
    sent = getattr(task.request, HEADER, None) or (task.request.headers or {}).get(HEADER)
    stack = ExitStack()
    stack.enter_context(request_id_of(taken_over_or_made(sent or current_request_id())))
    _running.append((stack, perf_counter()))


@signals.task_failure.connect
def _note_the_failure(sender: Task[Any, Any], exception: BaseException, **_: Any) -> None:
    metrics.errors_total.labels(sender.name, type(exception).__name__).inc()


@signals.task_postrun.connect
def _write_down(task: Task[Any, Any], state: str | None = None, **_: Any) -> None:
    if not _running:
        return
    stack, started = _running.pop()
    metrics.tasks_total.labels(task.name, (state or "unknown").lower()).inc()
    metrics.task_seconds.labels(task.name).observe(perf_counter() - started)
    if notes := current_notes():
        metrics.queries_total.labels(task.name).inc(notes.queries)
        metrics.query_seconds_total.labels(task.name).inc(notes.query_seconds)
    stack.close()
