"""For any calendar in the database: what is offered books, and what is refused was explained.

Each example is an organization of its own; what it books it cancels again.
"""

from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bookings.availability.intervals import Interval
from bookings.availability.reasons import Reason, ReasonCode
from bookings.errors import NotOffered, SlotTaken
from bookings.models import (
    Allocation,
    Booking,
    DateOverride,
    Requirement,
    Service,
    TimeOff,
    WeeklyHours,
)
from bookings.selectors.slots import free_slots, next_slot, why_not
from bookings.services.allocating import SOMEBODY_ELSES
from bookings.services.booking import BookingRequest, create_booking
from bookings.services.hold import new_token, place_hold
from bookings.services.status import cancel_booking
from core.access import Caller
from core.errors import Conflict
from tests.cast import MIA
from tests.factories import (
    OrganizationFactory,
    ResourceFactory,
    ResourceTypeFactory,
    ServiceFactory,
)

pytestmark = pytest.mark.django_db

MONDAY = date(2026, 11, 16)
MINUTES = 30
TRIED = 4  # starts of each kind in an example

minutes = st.sampled_from([0, 0, 15, 45])
limits = st.sampled_from([None, None, None, 1, 2])
hours = st.sampled_from([(time(9), time(17)), (time(10), time(12)), (time(22), time(0))])


@st.composite
def calendars(draw):
    """A service with some rules, two or three resources, a table perhaps, and what is taken."""
    organization = OrganizationFactory(
        timezone=draw(st.sampled_from(["Europe/Berlin", "America/New_York"])),
        holiday_country=draw(st.sampled_from(["", "DE"])),
    )
    people = [
        ResourceFactory(organization=organization, hours=draw(hours), lanes=draw(st.integers(1, 2)))
        for _ in range(draw(st.integers(1, 2)))
    ]
    service = ServiceFactory(
        organization=organization,
        needs_approval=False,
        slot_step_minutes=draw(st.sampled_from([15, 30])),
        buffer_before_minutes=draw(minutes),
        buffer_after_minutes=draw(minutes),
        minimum_notice_minutes=draw(st.sampled_from([0, 0, 60 * 24 * 13 + 240])),
        limit_per_day=draw(limits),
        limit_per_week=draw(limits),
        assignment=draw(st.sampled_from(["FAIR", "PRIORITY", "COLLECTIVE"])),
        resources=people,
    )
    if draw(st.booleans()):
        kind = ResourceTypeFactory(organization=organization, key="table")
        table = ResourceFactory(
            organization=organization, type=kind, is_always_open=draw(st.booleans())
        )
        service.resources.add(table)
        Requirement.objects.create(service=service, type=people[0].type, position=0)
        Requirement.objects.create(service=service, type=kind, position=1)
    if draw(st.booleans()):
        schedule = people[0].schedules.get()
        WeeklyHours.objects.create(
            schedule=schedule, weekday=0, opens="11:00", closes="11:45", is_break=True
        )
    if draw(st.booleans()):
        DateOverride.objects.create(
            organization=organization, resource=people[-1], on=MONDAY, opens="08:00", closes="13:00"
        )
    if draw(st.booleans()):
        TimeOff.objects.create(
            organization=organization,
            starts_on=MONDAY,
            starts_at_time="14:00",
            ends_on=MONDAY,
            last_on=MONDAY,
        )
    for quarter in draw(st.lists(st.integers(36, 56), min_size=1, max_size=4)):
        take(service, quarter, as_hold=draw(st.booleans()))
    return service


def take(service: Service, quarter: int, *, as_hold: bool) -> None:
    starts_at = datetime.combine(MONDAY, time(), UTC) + timedelta(minutes=15 * quarter)
    caller = Caller.command(service.organization_id)
    try:
        if as_hold:
            place_hold(
                service=service, starts_at=starts_at, minutes=60, token=new_token(), caller=caller
            )
        else:
            book(service, starts_at, 60)
    except Conflict:
        pass  # then it is not taken


def book(service: Service, starts_at: datetime, length: int) -> Booking:
    request = BookingRequest(
        service=service, customer=MIA, starts_at=starts_at, minutes=length, inquiry="As last time"
    )
    return create_booking(request, caller=Caller.command(service.organization_id))


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.data())
def test_whatever_is_offered_books_and_whatever_is_refused_was_explained(clock, data):
    service = data.draw(calendars())
    start = datetime.combine(MONDAY, time(), UTC)
    window = Interval(start, start + timedelta(days=1))
    taken = Allocation.objects.filter(released_at=None).count()

    candidates = dict(why_not(service, window, minutes=MINUTES))
    offered = {slot.start for slot in free_slots(service, window, minutes=MINUTES)}

    assert {at for at, reasons in candidates.items() if not reasons} == offered
    first = next_slot(service, window.start, minutes=MINUTES)
    if offered:
        assert first is not None
        assert first.start == min(offered)
    for at in data.draw(some_of(offered)) + data.draw(some_of(refused_inside_hours(candidates))):
        told = [as_told(reason.code) for reason in candidates[at]]
        assert refusal_of(service, at) == (told[0] if told else "")
        assert Allocation.objects.filter(released_at=None).count() == taken


def some_of(starts: Collection[datetime]) -> st.SearchStrategy[list[datetime]]:
    if not starts:
        return st.just([])
    return st.lists(st.sampled_from(sorted(starts)), min_size=1, max_size=TRIED, unique=True)


def refused_inside_hours(candidates: dict[datetime, tuple[Reason, ...]]) -> list[datetime]:
    """Of the many that are outside of hours one will do."""
    codes = {at: reasons[0].code for at, reasons in candidates.items() if reasons}
    outside = [at for at, code in codes.items() if code == ReasonCode.OUTSIDE_HOURS]
    return [at for at in codes if at not in outside[1:]]


def refusal_of(service: Service, at: datetime) -> str:
    """Book and cancel; return the reason of the refusal, empty if there was none."""
    try:
        booking = book(service, at, MINUTES)
    except (SlotTaken, NotOffered) as refusal:
        return refusal.reason
    cancel_booking(booking, caller=Caller.command(service.organization_id))
    return ""


def as_told(code: ReasonCode) -> str:
    return SlotTaken.reason if code in SOMEBODY_ELSES else str(code)
