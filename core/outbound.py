"""The only way in which an address that somebody typed is fetched.

Whoever may name an address to a server may ask it to knock where they cannot reach themselves:
at its own ports, at the network behind it, at what a cloud tells its machines. So a name is
looked up once, every address that it has is judged, and the connection is made to the very
address that was judged; nothing is followed from there, and nothing is waited for or read
without end. `OUTBOUND_ALLOWED_NETWORKS` names networks of the operator's own that may be
reached nevertheless, there also by plain HTTP and on any port.
"""

from __future__ import annotations

import http.client
import re
import socket
import ssl
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from queue import Empty, SimpleQueue
from time import monotonic
from urllib.parse import quote, urlsplit

from django.conf import settings

from core.deadline import remaining_seconds
from core.errors import Conflict, Invalid

Resolver = Callable[[str], list[str]]

SECONDS = 10.0  # for everything together: the name, the connection, the answer
LONGEST_ADDRESS = 2000
PORTS = {"https": 443, "http": 80}

NOT_REACHED = "This address cannot be reached from here."
LEADS_ELSEWHERE = "This address leads to another one. Give the one where the file is."
NOT_THERE = "There is no file at this address."
TOO_SLOW = "This address takes too long to answer."
TOO_LARGE = "The file at this address is too large."
WRONG_KIND = "The file at this address is of another kind."

_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST = re.compile(rf"(?=.{{1,253}}$){_LABEL}(?:\.{_LABEL})*\.?")
# `127.1`, `2130706433` and `0x7f.1` are addresses to a resolver, and names to nobody.
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_UNICAST = ip_network("2000::/3")  # where IPv6 addresses of the internet are
_NAT64 = IPv6Network("64:ff9b::/96")  # an IPv4 address in its last 32 bits
_NOT_PUBLIC = [
    ip_network(text)
    for text in (
        "192.0.0.0/24",  # of protocols, and of one cloud's metadata
        "192.88.99.0/24",  # relays of 6to4
        "168.63.129.16/32",  # what one cloud tells its machines
        "2001::/23",  # of protocols, Teredo among them
        "2001:db8::/32",
        "2002::/16",  # 6to4: an IPv4 address in disguise
        "3fff::/20",
    )
]


class NotAnAddress(Invalid):
    message = "Write an address like https://www.example.com/logo.png."


class NotFetched(Conflict):
    """Nothing was fetched. The sentence says why, in the same words whatever is behind a wall."""

    reason = "NOT_FETCHED"


@dataclass(frozen=True)
class Target:
    """What an address says, read once."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"


@dataclass(frozen=True)
class Fetched:
    content: bytes
    content_type: str


def look_up(host: str) -> list[str]:
    """Return the addresses that this machine knows for a name. Raises OSError, UnicodeError."""
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[4][0]) for address in found))


def fetch(
    url: str,
    *,
    accept: Collection[str],
    most_bytes: int,
    seconds: float = SECONDS,
    resolve: Resolver = look_up,
) -> Fetched:
    """Return what is at `url`, which somebody typed: one of the media types in `accept`.

    Outside every transaction. It takes `seconds` at most, and no more than what is left of the
    request. Raises NotAnAddress, NotFetched.
    """
    left = remaining_seconds()
    ends = monotonic() + (seconds if left is None else min(seconds, left))
    target = read_target(url)
    addresses = _judged(target, resolve=resolve, ends=ends)
    with _connected(target, addresses, ends=ends) as line:
        try:
            return _ask(line, target, accept=accept, most_bytes=most_bytes)
        except (OSError, http.client.HTTPException) as error:
            raise NotFetched(NOT_REACHED if monotonic() < ends else TOO_SLOW) from error
        finally:
            _still_in_time(ends)


def read_target(url: str) -> Target:
    """Read an address of the web. Raises NotAnAddress, also where it holds a password."""
    if len(url) > LONGEST_ADDRESS or re.search(r"[\x00-\x20\x7f\\]", url):
        raise NotAnAddress
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").strip().lower()
        host = host if host.isascii() else host.encode("idna").decode()
        port = parts.port
    except ValueError as error:
        raise NotAnAddress from error
    if parts.scheme not in PORTS or "@" in parts.netloc or not _is_host(host):
        raise NotAnAddress
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
    if parts.query:
        path += "?" + quote(parts.query, safe="/%:@!$&'()*+,;=~-._?")
    return Target(parts.scheme, host, PORTS[parts.scheme] if port is None else port, path)


def may_be_reached(address: IPv4Address | IPv6Address, *, scheme: str, port: int) -> bool:
    """Say whether a connection may be made: to the internet's own addresses, by HTTPS only."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return may_be_reached(address.ipv4_mapped, scheme=scheme, port=port)
        if address in _NAT64:
            inside = IPv4Address(int(address) & 0xFFFFFFFF)
            return may_be_reached(inside, scheme=scheme, port=port)
    if any(address in network for network in settings.OUTBOUND_ALLOWED_NETWORKS):
        return True
    if (scheme, port) != ("https", PORTS["https"]) or any(address in one for one in _NOT_PUBLIC):
        return False
    is_special = address.is_multicast or address.is_reserved or address.is_unspecified
    in_the_internet = address.version == 4 or address in _UNICAST
    return address.is_global and in_the_internet and not is_special


def _is_host(host: str) -> bool:
    if "%" in host:  # a zone: it names a network card of ours
        return False
    with suppress(ValueError):
        return bool(ip_address(host))
    last = host.rstrip(".").rpartition(".")[2]
    return bool(_HOST.fullmatch(host)) and not _NUMBER.fullmatch(last)


def _judged(target: Target, *, resolve: Resolver, ends: float) -> list[str]:
    """Return the target's addresses. One that may not be reached spoils them all."""
    try:
        literal = str(ip_address(target.host))
    except ValueError:
        found = _looked_up(target.host, resolve=resolve, ends=ends)
    else:
        found = [literal]
    judged = [
        may_be_reached(ip_address(text), scheme=target.scheme, port=target.port) for text in found
    ]
    if not judged or not all(judged):
        raise NotFetched(NOT_REACHED)
    return found


def _looked_up(host: str, *, resolve: Resolver, ends: float) -> list[str]:
    """Ask for a name in a thread of its own: the system's resolver cannot be told to hurry."""
    answers: SimpleQueue[list[str]] = SimpleQueue()

    def ask() -> None:
        try:
            answers.put(resolve(host))
        except (OSError, UnicodeError):
            answers.put([])

    threading.Thread(target=ask, daemon=True, name="resolver").start()
    try:
        return answers.get(timeout=max(0.0, ends - monotonic()))
    except Empty as error:
        raise NotFetched(TOO_SLOW) from error


@contextmanager
def _connected(target: Target, addresses: list[str], *, ends: float) -> Iterator[socket.socket]:
    """Yield a line to the first of the addresses that answers; at `ends` it is cut."""
    line = None
    for address in addresses:
        _still_in_time(ends)
        with suppress(OSError):
            line = _line(target, address, seconds=ends - monotonic())
            break
    if line is None:
        raise NotFetched(NOT_REACHED if monotonic() < ends else TOO_SLOW)
    # A byte now and then keeps every timeout of a socket from ending, so a clock cuts the line.
    clock = threading.Timer(max(0.0, ends - monotonic()), _cut, [line])
    clock.daemon = True
    clock.start()
    try:
        yield line
    finally:
        clock.cancel()
        line.close()


def _line(target: Target, address: str, *, seconds: float) -> socket.socket:
    line = socket.create_connection((address, target.port), timeout=seconds)
    if target.scheme != "https":
        return line
    # The certificate is the name's, although the line was made to an address.
    context = ssl.create_default_context()
    name = target.host.rstrip(".")
    try:
        return context.wrap_socket(line, server_hostname=name, do_handshake_on_connect=False)
    except OSError:
        line.close()
        raise


def _cut(line: socket.socket) -> None:
    with suppress(OSError):
        socket.socket.shutdown(line, socket.SHUT_RDWR)


def _still_in_time(ends: float) -> None:
    if monotonic() >= ends:
        raise NotFetched(TOO_SLOW)


def _ask(
    line: socket.socket, target: Target, *, accept: Collection[str], most_bytes: int
) -> Fetched:
    if isinstance(line, ssl.SSLSocket):
        line.do_handshake()
    asking = http.client.HTTPConnection(target.host, target.port)
    asking.sock = line
    headers = {
        "Host": target.authority,
        "User-Agent": "Holdfast",
        "Accept": ", ".join(sorted(accept)),
        "Accept-Encoding": "identity",  # nothing is unpacked, so nothing can explode
        "Connection": "close",
    }
    asking.request("GET", target.path, headers=headers)
    with asking.getresponse() as answer:
        if 300 <= answer.status < 400:
            raise NotFetched(LEADS_ELSEWHERE)
        if answer.status != http.client.OK:
            raise NotFetched(NOT_THERE)
        kind = answer.headers.get_content_type()
        packed = answer.headers.get("Content-Encoding", "identity").strip().lower()
        if kind not in accept or packed != "identity":
            raise NotFetched(WRONG_KIND)
        if answer.length is not None and answer.length > most_bytes:
            raise NotFetched(TOO_LARGE)
        content = answer.read(most_bytes + 1)
        if len(content) > most_bytes:
            raise NotFetched(TOO_LARGE)
        if answer.length:  # it said that there is more
            raise NotFetched(NOT_REACHED)
        return Fetched(content, kind)
