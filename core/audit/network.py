"""From where something was done, as far as that may be kept."""

from ipaddress import ip_network

from core.access import PUBLISHABLE_SCOPES, Caller, CallerKind
from core.observability.context import current_notes
from core.proxies import UNKNOWN, parse

# What a provider has of many customers. A half of an IPv6 address (/64) is one household's.
KEPT_BITS = {4: 16, 6: 32}


def network_of(caller: Caller) -> str:
    """Return the address of the request that runs here, as it stands on an event of `caller`.

    The whole address of staff and of servers. Of customers, and of browsers that hold a
    publishable key, only the network that it is in: `198.51.0.0/16`. Empty outside of a request,
    and for the clock and commands, which are in none.
    """
    notes = current_notes()
    request = notes.request if notes else None
    if request is None or caller.kind in (CallerKind.CLOCK, CallerKind.COMMAND):
        return ""
    # core.proxies has put the client here, whoever stands between.
    address = parse(request.META.get("REMOTE_ADDR", ""))
    if address is None or str(address) == UNKNOWN:
        return ""
    if is_staff_or_server(caller):
        return str(address)
    return str(ip_network((address, KEPT_BITS[address.version]), strict=False))


def is_staff_or_server(caller: Caller) -> bool:
    """Say whether `caller` is no customer: a person who signed in, or a key that nobody can read.

    A key with no more than what may sit in a browser is taken for one that sits there. A user
    without an id is whoever tried to sign in as somebody.
    """
    if caller.kind == CallerKind.USER:
        return caller.id is not None
    return caller.kind == CallerKind.KEY and not caller.scopes <= PUBLISHABLE_SCOPES
