"""What a private calendar shows: the appointments of one resource or one customer.

A group session stands once in a resource's calendar, and in a customer's as their place in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from hashlib import sha256
from typing import TypeAlias
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import translation

from bookings.availability.closures import TimeOffSpec, time_off_intervals
from bookings.availability.intervals import Interval
from bookings.models import Allocation, Booking, Customer, GroupSession, Resource, TimeOff
from bookings.models.allocation import LONGEST_ALLOCATION
from core.errors import NotFound
from core.links import check_link_token, make_link_token, read_link_token

Owner: TypeAlias = Resource | Customer

PURPOSES: dict[type[Owner], str] = {Resource: "feed.resource", Customer: "feed.customer"}
MOST_EVENTS = 2_000  # what is ahead first, then what was last; programs give up on more
MOST_TIME_OFF = 200
LOOKS_BACK = timedelta(days=90)
LOOKS_AHEAD = timedelta(days=3 * 366)  # as far as any service can be booked
SHOWS_CANCELLED = timedelta(days=30)
# Raised when what a feed says of the same rows changes: programs then read it anew.
FORMAT = 2


@dataclass(frozen=True)
class Away:
    """Time off: UTC instants, or whole local days of which `ends_on` is the first free one."""

    uid: str
    starts: datetime
    ends: datetime
    is_whole_days: bool
    changed_at: datetime


@dataclass(frozen=True)
class Feed:
    """What one calendar shows at a moment, in no order. `etag` is the same while that is.

    changed_at: when the last of it was changed. What left the calendar leaves no trace of when,
                so nobody may conclude from it that nothing has changed.
    """

    owner: Owner
    bookings: Sequence[Booking]
    sessions: Sequence[GroupSession]
    away: Sequence[Away]
    etag: str
    changed_at: datetime


def has_feed(owner: Owner) -> bool:
    """Say whether the calendar has a private address now."""
    return owner.feed_generation % 2 == 1


def feed_url(owner: Owner) -> str:
    """Return the private address of the calendar; empty without one."""
    if not has_feed(owner):
        return ""
    token = make_link_token(PURPOSES[type(owner)], owner.pk, owner.feed_generation)
    return f"{settings.PUBLIC_BASE_URL}/feeds/{token}.ics"


def owner_of_feed(token: str) -> Owner:
    """Return whose calendar `token` opens, with the organization. Two queries at most.

    As many for a token that is nearly right as for one of nothing. Raises NotFound, in the same
    words, for a token that is none, belongs elsewhere or was revoked, and where the organization
    is closed.
    """
    owner_id = read_link_token(token)
    for model, purpose in PURPOSES.items():
        rows = model.objects.select_related("organization")
        owner: Owner | None = rows.filter(pk=owner_id, organization__is_active=True).first()
        if owner is not None and has_feed(owner):
            generation = owner.feed_generation
            with suppress(NotFound):
                check_link_token(token, purpose=purpose, row_id=owner_id, generation=generation)
                return owner
    raise NotFound


def zone_of_feed(owner: Owner) -> str:
    """Return the zone in which its reader reads times."""
    return owner.timezone or str(owner.organization.timezone)


def read_feed(owner: Owner, *, now: datetime) -> Feed:
    """Return what is in `owner`'s calendar: three queries, and two more of a resource.

    That is what begins from 90 days ago on, and for 30 days what was cancelled; days are UTC's,
    so that it stays the same within one. A resource has what keeps it busy, a table included
    that a haircut takes beside the hairdresser, and its time off.
    """
    today = datetime.combine(now.astimezone(UTC).date(), time(), UTC)
    window = Interval(today - LOOKS_BACK, today + LOOKS_AHEAD)
    kept = _columns(owner).exclude(status=Booking.Status.CANCELLED).filter(_mine(owner, window))
    ahead = kept.filter(starts_at__gte=today, starts_at__lt=window.end)
    past = kept.filter(starts_at__gte=window.start, starts_at__lt=today)
    cancelled = _columns(owner).filter(
        status=Booking.Status.CANCELLED,
        cancelled_at__gte=today - SHOWS_CANCELLED,
        starts_at__gte=window.start,
        **(
            {"resource": owner, "group_session": None}
            if isinstance(owner, Resource)
            else {"customer": owner}
        ),
    )
    sessions = _sessions(owner, window, today) if isinstance(owner, Resource) else []
    most = MOST_EVENTS - len(sessions)
    bookings = list(ahead.order_by("starts_at", "id")[:most])
    for rows in (past, cancelled):
        bookings += rows.order_by("-starts_at", "id")[: most - len(bookings)]
    for row in (*bookings, *sessions):
        row.organization = owner.organization
    away = _away(owner, window) if isinstance(owner, Resource) else []
    away = away[: most - len(bookings)]
    return Feed(
        owner=owner,
        bookings=bookings,
        sessions=sessions,
        away=away,
        etag=_etag(owner, bookings, sessions, away, today),
        changed_at=max(
            owner.updated_at,
            owner.organization.updated_at,
            *(row.updated_at for row in (*bookings, *sessions)),
            *(one.changed_at for one in away),
        ),
    )


def _mine(owner: Owner, window: Interval) -> Q:
    if isinstance(owner, Customer):
        return Q(customer=owner)
    busy = _busy(owner, window).filter(booking__isnull=False)
    return Q(pk__in=busy.values("booking"))


def _busy(resource: Resource, window: Interval) -> QuerySet[Allocation]:
    return Allocation.objects.filter(
        lane__resource=resource,
        released_at=None,
        starts_at__gte=window.start - LONGEST_ALLOCATION,
    )


def _sessions(resource: Resource, window: Interval, today: datetime) -> list[GroupSession]:
    """Return the sessions that keep it busy, and for 30 days those with it that were cancelled."""
    busy = _busy(resource, window).filter(group_session__isnull=False)
    cancelled = Q(resource=resource, cancelled_at__gte=today - SHOWS_CANCELLED)
    rows = GroupSession.objects.for_organization(resource.organization_id).filter(
        Q(pk__in=busy.values("group_session")) | cancelled,
        starts_at__gte=window.start,
        starts_at__lt=window.end,
    )
    found = rows.select_related("service", "resource").order_by("-starts_at", "id")
    return list(found[:MOST_EVENTS])


def _columns(owner: Owner):  # type: ignore[no-untyped-def]
    rows = Booking.objects.for_organization(owner.organization_id)
    return rows.select_related("service", "resource").only(
        "organization_id",
        "reference",
        "status",
        "version",
        "starts_at",
        "ends_at",
        "name",
        "phone",
        "location_kind",
        "location",
        "manage_generation",
        "updated_at",
        "service__name",
        "service__updated_at",
        "resource__name",
        "resource__updated_at",
    )


def _away(resource: Resource, window: Interval) -> list[Away]:
    """Return its time off and everybody's, each time that it happens, soonest end first."""
    zone = zone_of_feed(resource)
    rows = TimeOff.objects.for_organization(resource.organization_id).filter(
        Q(resource=resource) | Q(resource=None),
        last_on__gte=window.start.date(),
        starts_on__lte=window.end.date(),
    )
    found = []
    for row in rows.order_by("last_on", "id")[:MOST_TIME_OFF]:
        spec = TimeOffSpec(
            row.starts_on, row.starts_at_time, row.ends_on, row.ends_at_time, row.recurrence
        )
        is_whole = row.starts_at_time is None and row.ends_at_time is None
        found += [
            Away(
                uid=f"{row.pk}-{stretch.start:%Y%m%d}",
                starts=stretch.start.astimezone(ZoneInfo(zone)),
                ends=stretch.end.astimezone(ZoneInfo(zone)),
                is_whole_days=is_whole,
                changed_at=row.updated_at,
            )
            for stretch in time_off_intervals(spec, window, zone)
        ]
    return found


def _etag(
    owner: Owner,
    bookings: list[Booking],
    sessions: list[GroupSession],
    away: list[Away],
    today: datetime,
) -> str:
    """Return an entity tag (RFC 9110) of all that is said, without writing it."""
    entries: list[Booking | GroupSession] = [*bookings, *sessions]
    facts = [
        (FORMAT, settings.PUBLIC_BASE_URL, translation.get_language(), today),
        (owner.pk, owner.updated_at, owner.organization.updated_at),
        *(
            (row.pk, row.version, row.updated_at, row.service.updated_at, row.resource.updated_at)
            for row in entries
        ),
        *((row.taken, row.held, row.capacity) for row in sessions),
        *((one.uid, one.changed_at, one.starts, one.ends) for one in away),
    ]
    text = "\n".join("|".join(map(str, fact)) for fact in facts)
    return f'"{sha256(text.encode()).hexdigest()[:32]}"'
