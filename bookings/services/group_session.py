"""Laying out group sessions, and calling them off. Changing one: `session_changing`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from bookings.errors import IllegalTransition, LaidOutMeanwhile, TaBusy, TaNotOnCourse
from bookings.models import (
    Booking,
    GroupSession,
    GroupSessionTemplate,
    Resource,
    Service,
)
from bookings.models.group_session import MOST_PLACES
from bookings.services.allocating import (
    give_back_session,
    kept_by_session,
    new_allocations,
)
from bookings.services.credit import lock_bundles
from bookings.services.hold import settling_lapsed_offers
from bookings.services.locking import lock_resources, lock_session
from bookings.services.offering import offer_to_waitlist
from bookings.services.place_offers import end_line
from bookings.services.session_lanes import find_lanes
from bookings.services.status import leave
from core import events
from core.access import Caller
from core.db import (
    ChangedMeanwhile,
    in_one_transaction,
    insert_together,
    violation_of,
)
from core.errors import Invalid, StaleVersion
from core.ids import uuid7

LONGEST = timedelta(days=1)
CENT = Decimal("0.01")
MOST_EXPENSIVE = Decimal("9999999999.99")


@dataclass(frozen=True, kw_only=True)
class SessionDetails:
    """What a session is to be: `service` with `resource`, in whole minutes of at most a day.

    `price_amount` is what a place costs, in the organization's currency. `timezone` is the zone in
    which it is told (the resource's if empty). One that a `template` lays out is that of the local
    date `on`.
    """

    service: Service
    resource: Resource
    starts_at: datetime
    ends_at: datetime
    capacity: int
    price_amount: Decimal
    timezone: str = ""
    template: GroupSessionTemplate | None = None
    on: date | None = None


def create_session(
    details: SessionDetails, *, caller: Caller, session_id: UUID | None = None
) -> GroupSession:
    """Lay out one session: it keeps every lane of its resource, and one of what else is needed.

    Staff lay sessions out, so opening hours, notice, steps, durations and limits of the service do
    not stand against it. `session_id` is chosen before the first attempt. Records
    group_session.created.

    Raises Invalid (`startTime`, `endTime`, `capacity`, `price`, `courseId`), TaNotOnCourse,
    TaBusy, SlotTaken when something else that it needs is taken, NotOffered (TIME_OFF, HOLIDAY).
    """
    check_details(details)
    return _create(details, caller, session_id or uuid7())


def check_details(details: SessionDetails) -> None:
    """Raise Invalid for what is wrong in itself, TaNotOnCourse for another organization's TA."""
    wrong = wrong_with_times(details.starts_at, details.ends_at)
    wrong |= wrong_with_places(details.capacity, details.price_amount)
    if not details.service.is_course:
        wrong["courseId"] = ["This service is no course."]
    if wrong:
        raise Invalid(fields=wrong)
    if details.resource.organization_id != details.service.organization_id:
        raise TaNotOnCourse


def wrong_with_times(starts_at: datetime, ends_at: datetime) -> dict[str, list[str]]:
    length = ends_at - starts_at
    wrong = {}
    if starts_at <= timezone.now():
        wrong["startTime"] = ["This time is in the past."]
    if length <= timedelta(0):
        wrong["endTime"] = ["A session must end after it starts."]
    elif length > LONGEST:
        wrong["endTime"] = ["A session lasts a day at most."]
    elif length % timedelta(minutes=1):
        wrong["endTime"] = ["A session takes whole minutes."]
    return wrong


def wrong_with_places(capacity: int, price_amount: Decimal) -> dict[str, list[str]]:
    wrong = {}
    if not 1 <= capacity <= MOST_PLACES:
        wrong["capacity"] = [f"Between 1 and {MOST_PLACES}."]
    if not 0 <= price_amount <= MOST_EXPENSIVE or price_amount != price_amount.quantize(CENT):
        wrong["price"] = ["An amount with two decimals, from 0.00."]
    return wrong


@settling_lapsed_offers
@in_one_transaction
def _create(details: SessionDetails, caller: Caller, session_id: UUID) -> GroupSession:
    service, resource = details.service, details.resource
    starts_at, ends_at = details.starts_at.astimezone(UTC), details.ends_at.astimezone(UTC)
    place = find_lanes(
        service=service, resource_id=resource.pk, starts_at=starts_at, ends_at=ends_at
    )
    if details.template is not None:
        _check_unchanged(details.template)
    session = GroupSession(
        pk=session_id,
        organization_id=service.organization_id,
        service=service,
        resource=resource,
        template=details.template,
        on=details.on,
        starts_at=starts_at,
        ends_at=ends_at,
        timezone=details.timezone or resource.timezone,
        capacity=details.capacity,
        price_amount=details.price_amount,
        price_currency=service.organization.currency,
    )
    created = events.build(
        "group_session.created",
        session,
        caller=caller,
        service_id=service.pk,
        resource_id=resource.pk,
        template_id=session.template_id,
        starts_at=starts_at,
        ends_at=ends_at,
        capacity=session.capacity,
        version=session.version,
    )
    with (
        violation_of("allocation_lane_is_free", becomes=TaBusy),
        violation_of("session_laid_out_once", becomes=LaidOutMeanwhile),
    ):
        insert_together(session, *new_allocations(place, group_session=session), created)
    events.relay_after_commit()
    return session


def _check_unchanged(template: GroupSessionTemplate) -> None:
    """Raise LaidOutMeanwhile if it says something else by now. Its resource is locked."""
    now = GroupSessionTemplate.objects.filter(pk=template.pk, updated_at=template.updated_at)
    if not now.exists():
        raise LaidOutMeanwhile


@in_one_transaction
def cancel_session(
    session: GroupSession,
    *,
    caller: Caller,
    reason: str = "",
    expected_version: int | None = None,
) -> GroupSession:
    """Call a session off: everybody's booking is cancelled, and what paid for it is returned.

    Its time is given back and offered to who waits for it; who waited for a place in it waits no
    longer. `reason` is kept encrypted with each booking. Records group_session.cancelled with the
    number of bookings, and booking.cancelled for each with `told_by_session`.

    Raises IllegalTransition for one that is cancelled or has begun, StaleVersion, NotFound.
    """
    kept = kept_by_session(session)
    lock_resources(kept.resources, freeing=kept.resources)
    session = lock_session(session.pk)
    check_session_version(session, expected_version)
    now = timezone.now()
    if session.cancelled_at is not None or session.starts_at <= now:
        raise IllegalTransition(
            "This session has begun or was cancelled.", status=session.status_at(now)
        )
    if kept_by_session(session) != kept:
        raise ChangedMeanwhile
    bookings = list(places_of(session))
    lock_bundles([booking.bundle_id for booking in bookings if booking.bundle_id])
    session.cancelled_at = now
    session.version += 1
    session.save(update_fields=["cancelled_at", "version", "updated_at"])
    end_line(session)
    for booking in bookings:
        leave(
            booking,
            caller,
            reason,
            return_credit=True,
            group_session_id=session.pk,
            told_by_session=True,
        )
    freed = give_back_session(session)
    events.record(
        "group_session.cancelled",
        session,
        caller=caller,
        starts_at=session.starts_at,
        bookings=len(bookings),
        version=session.version,
    )
    offer_to_waitlist(freed)
    session.refresh_from_db(fields=["taken", "held"])
    return session


def check_session_version(session: GroupSession, expected: int | None) -> None:
    """Raise StaleVersion when the caller read an older version than the one locked now."""
    if expected is not None and session.version != expected:
        raise StaleVersion(version=session.version)


def places_of(session: GroupSession) -> QuerySet[Booking]:
    """The open bookings of a session, in the order in which they are locked."""
    return Booking.objects.filter(group_session=session, status__in=Booking.OPEN).order_by("pk")
