"""A mail provider's API on this machine: it speaks Postmark's documented wire format.

https://postmarkapp.com/developer/api/email-api and …/webhooks/delivery-webhook
"""

import json
import threading
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = tuple[int, dict[str, Any]]


class Postmark:
    """Keeps what it took in `mails`; answers `next_answers` first, and then accepts."""

    def __init__(self) -> None:
        self.mails: list[dict[str, Any]] = []
        self.tokens: list[str] = []
        self.next_answers: deque[Answer] = deque()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/"

    def start(self) -> None:
        self.thread.start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def answer(self, mail: dict[str, Any]) -> Answer:
        if self.next_answers:
            return self.next_answers.popleft()
        self.mails.append(mail)
        number = f"0a129aee-e1cd-480d-b08d-4f48548ff{len(self.mails):03d}"
        return 200, {
            "To": mail["To"],
            "SubmittedAt": "2026-11-03T07:00:00Z",
            "MessageID": number,
            "ErrorCode": 0,
            "Message": "OK",
        }

    def _handler(provider) -> type[BaseHTTPRequestHandler]:  # noqa: N805
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                provider.tokens.append(self.headers["X-Postmark-Server-Token"])
                status, answer = provider.answer(body)
                content = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                """Say nothing."""

        return Handler
