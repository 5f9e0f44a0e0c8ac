"""/health/lb and /metrics of a process that serves no HTTP itself: worker and clock."""

import socketserver
from collections.abc import Callable, Iterable
from threading import Thread
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

import structlog
from django.core.wsgi import get_wsgi_application

from core.health.middleware import PATHS

log = structlog.get_logger(__name__)


class _Server(socketserver.ThreadingMixIn, WSGIServer):
    daemon_threads = True
    allow_reuse_address = True


class _Quiet(WSGIRequestHandler):
    timeout = 5  # seconds for a client to say what it wants

    def log_message(self, *args: Any) -> None:
        """Leave it to the request's own line."""


def open_if_wanted(port: int) -> None:
    """Listen on `port` in a thread of its own; 0 is nowhere."""
    if not port:
        return
    django = get_wsgi_application()

    def only_for_machines(
        environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        if environ.get("PATH_INFO") in PATHS:
            return django(environ, start_response)
        start_response("404 Not Found", [("Content-Length", "0")])
        return []

    server = _Server(("", port), _Quiet)
    server.set_app(only_for_machines)
    Thread(target=server.serve_forever, name="side door", daemon=True).start()
    log.info("Health and metrics are served", port=port)
