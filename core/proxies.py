"""Who the client is when proxies stand between: only those in TRUSTED_PROXIES are believed."""

from collections.abc import Callable, Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# What a server says that has no address to give, e.g. behind a Unix socket.
UNKNOWN = "0.0.0.0"  # noqa: S104
FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST")


class TrustedProxies:
    """Make REMOTE_ADDR the client's address, and drop what a client says in a proxy's name.

    Everything behind (limits, logs, `is_secure`) may then take the request at its word.

    WSGI cannot tell `X_Forwarded_For` from `X-Forwarded-For`, so a trusted proxy has to drop
    header names with an underscore: nginx does, Traefik with underscoreHeadersStrategy=delete.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        meta = request.META
        peer = parse(meta.get("REMOTE_ADDR", ""))
        if peer is not None and is_trusted(peer):
            meta["REMOTE_ADDR"] = str(client_behind(peer, meta.pop("HTTP_X_FORWARDED_FOR", "")))
        else:
            for name in FORWARDED:
                meta.pop(name, None)
            meta["REMOTE_ADDR"] = UNKNOWN if peer is None else str(peer)
        return self.get_response(request)


def client_behind(peer: Address, forwarded_for: str) -> Address:
    """Return the last hop that no trusted proxy vouches for, reading from the right.

    What stands left of it was written by the client and may be a lie. When a hop cannot be
    read, the proxy that wrote it counts; when all are trusted, the leftmost.
    """
    client = peer
    for hop in reversed(forwarded_for.split(",")):
        address = parse(hop)
        if address is None:
            break
        client = address
        if not is_trusted(address):
            break
    return client


def is_trusted(address: Address) -> bool:
    return any(address in network for network in settings.TRUSTED_PROXIES)


@lru_cache(maxsize=4096)
def parse(text: str) -> Address | None:
    """Read an address, with or without a port. An IPv4 address written as IPv6 is IPv4."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def networks(texts: Iterable[str], *, variable: str = "TRUSTED_PROXIES") -> list[Network]:
    """Read the networks of a setting. Raises ImproperlyConfigured on what is none."""
    try:
        return [ip_network(text.strip(), strict=False) for text in texts]
    except ValueError as error:
        raise ImproperlyConfigured(f"{variable}: {error}") from error
