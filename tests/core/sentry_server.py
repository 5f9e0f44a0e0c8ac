"""A Sentry of the tests' own, that keeps what it is told."""

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import brotli  # type: ignore[import-untyped]
import sentry_sdk

from core.observability import sentry


class Sentry(HTTPServer):
    """Speaks Sentry's envelope endpoint, and keeps what it is told."""

    told: list[str]


class _Collector(BaseHTTPRequestHandler):
    server: Sentry

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        unpack = {"br": brotli.decompress, "gzip": gzip.decompress}
        encoding = self.headers.get("Content-Encoding", "")
        self.server.told.append(unpack.get(encoding, bytes)(body).decode())
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *args: object) -> None:
        pass


@contextmanager
def reporting_to_us(settings: Any) -> Iterator[Sentry]:
    """Errors of this process are reported here, as SENTRY_DSN would have it."""
    with Sentry(("127.0.0.1", 0), _Collector) as server:
        server.told = []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        settings.SENTRY_DSN = f"http://key@127.0.0.1:{server.server_port}/1"
        sentry.start()
        try:
            yield server
        finally:
            sentry_sdk.get_client().close()
            sentry_sdk.get_global_scope().set_client(None)  # off, as where nobody started it
            server.shutdown()
