"""Who stands behind a key: looked up once, then remembered by this process for ten seconds.

Access tokens of people are remembered here too (core.known_people). Revoking either changes
the generation in Redis. Whoever uses what is remembered has just read the generation there (the
rate limiter does, in its own round trip), so what was revoked is refused by every process at
its next request. Without Redis it is refused ten seconds later.
"""

import hashlib
import hmac
import secrets
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from time import monotonic
from typing import NamedTuple
from uuid import UUID

import structlog
from django.conf import settings
from django.db import DatabaseError
from django.db.models import Q
from django.utils import timezone
from django.utils.encoding import force_bytes

from core.access import PUBLISHABLE_SCOPES, Caller, CallerKind, Person
from core.db import retrying
from core.errors import DomainError
from core.models import ApiKey, Organization
from core.redis import RedisIsAway, ask

REMEMBERED_FOR_SECONDS = 10.0
MOST_REMEMBERED = 10_000
USE_IS_NOTED_EVERY = timedelta(minutes=1)
GENERATION = "holdfast:keys:generation"
ASKED = (
    "organization_id",
    "kind",
    "scopes",
    "origins",
    "requests_per_minute",
    "expires_at",
    "last_used_at",
)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Known:
    """A credential that was good when it was looked up, under the generation read before.

    A person's access token has its `person`, and without a `caller` its `problem`: why they
    act in no organization.
    """

    caller: Caller | None
    generation: bytes | None
    fresh_until: float
    person: Person | None = None
    problem: type[DomainError] | None = None
    origins: frozenset[str] = frozenset()  # of a key: empty is from everywhere
    requests_per_minute: int | None = None  # of a key: None is the installation's limit

    @property
    def client(self) -> str:
        """Who it is, as the rate limiter counts: a person is one in all their sessions."""
        if self.person is not None:
            return f"{CallerKind.USER}:{self.person.id}"
        return f"{self.caller.kind}:{self.caller.id}" if self.caller else ""

    def is_good_from(self, origin: str | None) -> bool:
        """Say whether a key is good for the website that a request says it comes from."""
        return not self.origins or origin in self.origins

    def is_good(self, generation: bytes | None) -> bool:
        """Say whether nothing was revoked since. None: Redis is away and cannot tell."""
        return generation is None or generation == self.generation


_known: OrderedDict[bytes, Known] = OrderedDict()
_used: dict[UUID, datetime] = {}
_lock = Lock()


def digest_of(text: str) -> bytes:
    """Return the 32 bytes that a key is kept as."""
    return hashlib.sha256(text.encode()).digest()


def recall(digest: bytes) -> Known | None:
    """Return what this process remembers, at no cost."""
    known = _known.get(digest)
    return known if known is not None and known.fresh_until > monotonic() else None


def look_up(digest: bytes, *, generation: bytes | None) -> Known | None:
    """Ask the database, and remember a good key. None: unknown, expired, revoked or closed.

    `generation` was read before, so that a key revoked meanwhile is not remembered as good.
    Raises Unavailable.
    """
    found = retrying(_find, digest)
    if found is None:
        return None
    known = Known(
        caller=found.caller,
        generation=generation,
        fresh_until=monotonic() + min(REMEMBERED_FOR_SECONDS, found.lasts_seconds),
        origins=found.origins,
        requests_per_minute=found.requests_per_minute,
    )
    keep(digest, known)
    return known


def keep(digest: bytes, known: Known) -> None:
    """Remember a good credential."""
    with _lock:
        _known[digest] = known
        _known.move_to_end(digest)
        if len(_known) > MOST_REMEMBERED:
            _known.popitem(last=False)


def note_uses() -> None:
    """Write down when keys were last used, at most once a minute each. Called after an answer.

    Nobody waits for it and nothing depends on it, so a failure is only a line in the log.
    """
    while _used:
        key_id, used_at = _used.popitem()
        stale = Q(last_used_at=None) | Q(last_used_at__lt=used_at - USE_IS_NOTED_EVERY)
        try:
            ApiKey.objects.filter(stale, id=key_id).update(last_used_at=used_at)
        except (DatabaseError, DomainError) as error:
            log.warning("The use of a key was not noted", error=type(error).__name__)


def present_generation() -> bytes | None:
    """Return the generation in Redis, for whoever does not count its request; None without it."""
    try:
        return ask(lambda redis: redis.get(GENERATION)) or b""  # type: ignore[return-value]
    except RedisIsAway:
        return None


def forget() -> None:
    """Let this process look every key up again."""
    with _lock:
        _known.clear()
        _used.clear()


def forget_everywhere() -> None:
    """Let every process look every key up again: at once, or in ten seconds without Redis."""
    forget()
    try:
        # Not a counter: a Redis that lost its data must never come back to an old value.
        ask(lambda redis: redis.set(GENERATION, secrets.token_bytes(8)))
    except RedisIsAway:
        log.warning("Other processes learn in 10 s what was revoked")


class _Found(NamedTuple):
    caller: Caller
    lasts_seconds: float = REMEMBERED_FOR_SECONDS
    origins: frozenset[str] = frozenset()
    requests_per_minute: int | None = None


def _find(digest: bytes) -> _Found | None:
    if digest in settings.BOOTSTRAP_KEY_DIGESTS:
        return _bootstrap_caller(digest)
    now = timezone.now()
    row = (
        ApiKey.objects.filter(digest=digest, revoked_at=None, organization__is_active=True)
        .filter(Q(expires_at=None) | Q(expires_at__gt=now))
        .only(*ASKED)
        .first()
    )
    if row is None:
        return None
    if row.last_used_at is None or row.last_used_at < now - USE_IS_NOTED_EVERY:
        _used[row.pk] = now
    end = row.expires_at
    return _Found(
        Caller(CallerKind.KEY, row.organization_id, row.pk, _scopes_of(row.kind, row.scopes)),
        (end - now).total_seconds() if end else REMEMBERED_FOR_SECONDS,
        frozenset(row.origins),
        row.requests_per_minute,
    )


def _scopes_of(kind: str, scopes: Iterable[str]) -> frozenset[str]:
    """Return what the key may do; whatever its row says, a publishable one reads no person."""
    if kind == ApiKey.Kind.PUBLISHABLE:
        return PUBLISHABLE_SCOPES.intersection(scopes)
    return frozenset(scopes)


def _bootstrap_caller(digest: bytes) -> _Found | None:
    """A key from the environment opens the oldest organization, and never another.

    When that one is closed the key is refused: it must not move on to a stranger's data.
    Its id comes from a keyed digest, so that the audit trail does not help to guess it.
    """
    oldest = Organization.objects.order_by("created_at", "id").values_list("id", "is_active")
    organization_id, is_active = oldest.first() or (None, False)
    if organization_id is None:
        log.warning("API_KEY opens nothing yet: there is no organization")
    if organization_id is None or not is_active:
        return None
    mark = hmac.digest(force_bytes(settings.SECRET_KEY), b"bootstrap key\0" + digest, "sha256")
    return _Found(Caller(CallerKind.KEY, organization_id, UUID(bytes=mark[:16], version=5)))
