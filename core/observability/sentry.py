"""Errors to Sentry, when SENTRY_DSN is set: where and what, through the same scrubber as logs."""

from typing import Any

import sentry_sdk
from django.conf import settings

from core import __version__
from core.observability.context import current_request_id
from core.observability.failures import safe_text
from core.observability.processes import current_service
from core.observability.scrubbing import scrub

# What an event may say; whatever an integration adds beside it stays here.
_KEPT = {
    "contexts",
    "environment",
    "event_id",
    "exception",
    "level",
    "logentry",
    "logger",
    "platform",
    "release",
    "sdk",
    "server_name",
    "tags",
    "threads",
    "timestamp",
    "transaction",
}
# The kit's own words for what used to be send_default_pii=False; before_send does not rely on it.
NOTHING: Any = {
    "user_info": False,
    "cookies": {"mode": "off"},
    "http_headers": {"request": {"mode": "off"}},
    "http_bodies": [],
    "url_query_params": {"mode": "off"},
    "database_query_data": False,
    "queues": False,
    "stack_frame_variables": False,
}
_CONTEXTS = {"runtime", "trace", "os"}


def start() -> None:
    """Report errors from now on. Without SENTRY_DSN nothing is imported into, or sent from, us."""
    if not settings.SENTRY_DSN:
        return
    sentry_sdk.init(
        dsn=settings.SENTRY_DSN,
        environment=settings.SENTRY_ENVIRONMENT,
        release=__version__,
        data_collection=NOTHING,
        max_request_body_size="never",
        max_breadcrumbs=0,
        before_send=before_send,  # type: ignore[arg-type]
    )


def before_send(event: dict[str, Any], hint: dict[str, Any]) -> dict[str, Any] | None:
    """Return what may leave the house: no request, no user, no variables, no row."""
    kept = {name: value for name, value in event.items() if name in _KEPT}
    contexts = kept.get("contexts") or {}
    kept["contexts"] = {name: facts for name, facts in contexts.items() if name in _CONTEXTS}
    kept["tags"] = {"service": current_service(), "request_id": current_request_id()}
    for found in (kept.get("exception") or {}).get("values", []):
        found["value"] = safe_text(found.get("value") or "")
        found.pop("mechanism", None)
        for frame in (found.get("stacktrace") or {}).get("frames", []):
            frame.pop("vars", None)
    if entry := kept.get("logentry"):
        message = entry.get("formatted") or entry.get("message") or ""
        kept["logentry"] = {"message": scrub(str(message))}
    return kept
