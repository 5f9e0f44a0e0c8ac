"""A load generator that costs little: prepared requests, raw sockets, one thread, one selector."""

import selectors
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from statistics import median, quantiles
from time import perf_counter

CONNECTIONS = 16


@dataclass
class Result:
    """What one round measured. Latencies are seconds."""

    seconds: float = 0.0
    statuses: dict[int, int] = field(default_factory=dict)
    latencies: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        return len(self.latencies) / self.seconds

    @property
    def p50_ms(self) -> float:
        return median(self.latencies) * 1000

    @property
    def p95_ms(self) -> float:
        return quantiles(self.latencies, n=20)[18] * 1000


def request(method: str, path: str, *, port: int, key: str = "", body: bytes = b"") -> bytes:
    """Return one HTTP/1.1 request as bytes; without a key, one that says not who asks."""
    credential = f"X-API-Key: {key}\r\n" if key else ""
    head = (
        f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{credential}"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def run(
    requests: Iterator[bytes], *, port: int, seconds: float, connections: int = CONNECTIONS
) -> Result:
    """Send `requests` over some connections, each answered before its next, for `seconds`.

    Stops early when `requests` ends. Raises RuntimeError when the server hangs up.
    """
    result = Result()
    selector = selectors.DefaultSelector()
    open_connections = [_Connection(port, selector) for _ in range(connections)]
    started = perf_counter()
    ends = started + seconds
    waiting = sum(connection.send(requests) for connection in open_connections)
    while waiting:
        for ready, _ in selector.select(timeout=30):
            connection: _Connection = ready.data
            status = connection.receive()
            if status is None:
                continue
            result.statuses[status] = result.statuses.get(status, 0) + 1
            result.latencies.append(perf_counter() - connection.sent_at)
            waiting -= 1
            if perf_counter() < ends:
                waiting += connection.send(requests)
    result.seconds = perf_counter() - started
    for connection in open_connections:
        connection.close()
    return result


class _Connection:
    def __init__(self, port: int, selector: selectors.DefaultSelector) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.selector = selector
        selector.register(self.socket, selectors.EVENT_READ, self)
        self.buffer = b""
        self.sent_at = 0.0

    def send(self, requests: Iterator[bytes]) -> int:
        """Send the next request; say how many that were: one or none."""
        data = next(requests, None)
        if data is None:
            return 0
        self.buffer = b""
        self.sent_at = perf_counter()
        self.socket.sendall(data)
        return 1

    def receive(self) -> int | None:
        """Read on; return the status once the whole answer is there."""
        part = self.socket.recv(65536)
        if not part:
            raise RuntimeError("The server hung up.")
        self.buffer += part
        head, found, body = self.buffer.partition(b"\r\n\r\n")
        if not found:
            return None
        lower = head.lower()
        at = lower.index(b"content-length:") + len(b"content-length:")
        length = int(lower[at:].split(b"\r\n", 1)[0])
        if len(body) < length:
            return None
        return int(head[9:12])

    def close(self) -> None:
        self.selector.unregister(self.socket)
        self.socket.close()
