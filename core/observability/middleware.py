"""Around every request: its id, its thirty seconds, its one log line, its numbers."""

import logging
from collections.abc import Callable, Iterator
from contextvars import Context, copy_context
from functools import lru_cache
from time import perf_counter
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from prometheus_client import Counter, Histogram

from core.api.envelope import error_response
from core.deadline import deadline_of
from core.errors import Unavailable
from core.observability import metrics
from core.observability.context import Notes, current_notes, request_id_of, taken_over_or_made
from core.observability.routes import UNMATCHED, hint_of, ids_of, route_of

METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
# Asked every few seconds by machines: worth a line only when the answer is not a good one.
ROUTINE = {"/health/lb", "/metrics"}

# Not structlog's: this is the one line that every request pays for.
log = logging.getLogger("core.request")


class RequestLog:
    """Give a request its id and its deadline, and write down how it went.

    `X-Request-ID` is taken over when it is well-formed, and answered. The line says method,
    route, status, `duration` (ms), `queries`, who asked (ids), and never a query string, a
    body or a header. Static files have none.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self.static = settings.STATIC_URL

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        started = perf_counter()
        request_id = taken_over_or_made(request.META.get("HTTP_X_REQUEST_ID"))
        with (
            request_id_of(request_id, request) as notes,
            deadline_of(settings.REQUEST_TIMEOUT_SECONDS),
        ):
            response = self.get_response(request)
            response.headers["X-Request-ID"] = request_id
            if request.path_info.startswith(self.static):
                return response
            if isinstance(response, StreamingHttpResponse) and not isinstance(
                response, FileResponse
            ):
                parts = iter(response.streaming_content)  # type: ignore[arg-type]
                response.streaming_content = _to_its_end(
                    parts, copy_context(), lambda: _write_down(request, response, notes, started)
                )
            else:
                _write_down(request, response, notes, started)
            return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer 503 outside of the API too, when time is up or the database is away."""
        if notes := current_notes():
            notes.failure = type(exception).__name__
        if isinstance(exception, OperationalError | InterfaceError):
            exception = Unavailable()
        if not isinstance(exception, Unavailable):
            return None
        headers = {"Retry-After": str(exception.retry_after_seconds)}
        if request.path_info.startswith("/api/"):
            return error_response(
                status=503, code=exception.code, message=str(exception), headers=headers
            )
        return HttpResponse(str(exception), "text/plain; charset=utf-8", 503, headers=headers)


def _write_down(
    request: HttpRequest, response: HttpResponseBase, notes: Notes, started: float
) -> None:
    seconds = perf_counter() - started
    status = response.status_code
    route = route_of(request)
    method = str(request.method) if request.method in METHODS else "OTHER"
    _count(method, route, status, seconds, notes)
    level = _level_of(status, route)
    if not log.isEnabledFor(level):
        return
    shown = hint_of(request.path_info) if route == UNMATCHED else route
    facts: dict[str, Any] = {
        "method": method,
        "route": shown,
        "status": status,
        "duration": round(seconds * 1000, 1),
        "queries": notes.queries,
    }
    if ids := ids_of(request):
        facts["ids"] = ids
    if kind := notes.caller()[0]:
        facts["callerKind"] = kind
    if status >= 500 and notes.failure:
        facts["cause"] = notes.failure
    sentence = f"{method} {shown} {status}"
    log.log(level, sentence, extra={"context": facts, "is_safe": True})


def _level_of(status: int, route: str) -> int:
    if status < 500:
        return logging.DEBUG if route in ROUTINE else logging.INFO
    return logging.WARNING if status == 503 else logging.ERROR


def _count(method: str, route: str, status: int, seconds: float, notes: Notes) -> None:
    requests, durations, queries, query_seconds = _counters(method, route, status)
    requests.inc()
    durations.observe(seconds)
    if notes.queries:
        queries.inc(notes.queries)
        query_seconds.inc(notes.query_seconds)
    if status >= 500:
        metrics.errors_total.labels(route, notes.failure or str(status)).inc()


@lru_cache(maxsize=4096)
def _counters(method: str, route: str, status: int) -> tuple[Counter, Histogram, Counter, Counter]:
    """Return the counters of a route. Found once: `labels()` costs as much as counting does."""
    return (
        metrics.requests_total.labels(method, route, str(status)),
        metrics.request_seconds.labels(method, route),
        metrics.queries_total.labels(route),
        metrics.query_seconds_total.labels(route),
    )


def _to_its_end(
    parts: Iterator[Any], context: Context, at_the_end: Callable[[], None]
) -> Iterator[Any]:
    """Hand on a streamed answer, with the request's id and deadline around each part of it."""
    end = object()
    try:
        while (part := context.run(next, parts, end)) is not end:
            yield part
    finally:
        context.run(at_the_end)
