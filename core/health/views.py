"""The health pages: plain functions, without the envelope, answered to whoever asks."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from threading import Lock
from time import monotonic, perf_counter
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from core import __version__
from core.api.envelope import error_response
from core.health.access import refusal_of_stranger
from core.health.checks import DATABASE_SECONDS, checks
from core.health.database import NoAnswer, ask, connections_of_this_database, select_one
from core.health.draining import is_draining
from core.observability.processes import uptime_seconds

View = Callable[[HttpRequest], HttpResponse]

REMEMBERED_SECONDS = 30.0
FAILURE_REMEMBERED_SECONDS = 5.0  # so that being well again is seen soon


def read_only(view: View) -> View:
    """Answer GET and HEAD alone, and never from a cache on the way."""

    @csrf_exempt  # a POST hears what is wrong with it, and in the envelope
    @wraps(view)
    def answer(request: HttpRequest) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            return error_response(
                status=405,
                code="METHOD_NOT_ALLOWED",
                message="This can only be read.",
                headers={"Allow": "GET, HEAD"},
            )
        response = view(request)
        response.headers["Cache-Control"] = "no-store"
        return response

    return answer


@read_only
def load_balancer(request: HttpRequest) -> HttpResponse:
    """Say within 2 s, whatever happens, whether this process should be sent requests."""
    facts: dict[str, Any] = {"timestamp": _now(), "uptime": uptime_seconds()}
    if is_draining():
        return _answer({"status": "unhealthy", "reason": "shutting_down", **facts}, 503)
    try:
        ask(select_one, seconds=DATABASE_SECONDS)
    except NoAnswer:
        return _answer({"status": "unhealthy", "reason": "database_unavailable", **facts}, 503)
    return _answer({"status": "healthy", **facts})


@read_only
def health(request: HttpRequest) -> HttpResponse:
    """Say that this process answers; nothing else is asked."""
    return _answer(
        {
            "status": "healthy",
            "timestamp": _now(),
            "uptime": uptime_seconds(),
            "version": __version__,
        }
    )


@read_only
def database(request: HttpRequest) -> HttpResponse:
    """Say how the database is, as this process saw it at most 30 s ago."""
    return _answer(*_remembered.read())


@read_only
def detailed(request: HttpRequest) -> HttpResponse:
    """Say how every part is. Wants a key with system:status."""
    if refusal := refusal_of_stranger(request):
        return refusal
    is_well, services = checks.run()
    overall = "healthy" if is_well else "unhealthy"
    return _answer(
        {"overall": overall, "timestamp": _now(), "services": services}, 200 if is_well else 503
    )


class Remembered:
    """The database's health in this process' memory, so that Redis is not needed for it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._until = 0.0
        self._answer: tuple[dict[str, Any], int] = ({}, 0)

    def read(self) -> tuple[dict[str, Any], int]:
        with self._lock:
            if monotonic() >= self._until:
                self._answer = _look_at_database()
                is_well = self._answer[1] == 200
                self._until = monotonic() + (
                    REMEMBERED_SECONDS if is_well else FAILURE_REMEMBERED_SECONDS
                )
            return self._answer

    def forget(self) -> None:
        self._until = 0.0


_remembered = Remembered()


def _look_at_database() -> tuple[dict[str, Any], int]:
    started = perf_counter()
    try:
        connections = ask(connections_of_this_database, seconds=DATABASE_SECONDS)
    except NoAnswer:
        return {"status": "unhealthy", "reason": "database_unavailable"}, 503
    milliseconds = round((perf_counter() - started) * 1000)
    return {"status": "healthy", "responseTime": milliseconds, "connections": connections}, 200


def _answer(body: dict[str, Any], status: int = 200) -> HttpResponse:
    return HttpResponse(orjson.dumps(body), "application/json", status)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
