"""A session is moved or called off with everybody in it."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bookings.errors import (
    CapacityBelowTaken,
    IllegalTransition,
    NotOffered,
    SessionFull,
    SessionOver,
    TaBusy,
    TaNotOnCourse,
)
from bookings.models import Booking, ChangeReason, Customer, GroupSession, TimeOff, WaitlistEntry
from bookings.services.attendance import mark_attendance
from bookings.services.booking import BookingRequest, create_booking
from bookings.services.group_session import cancel_session
from bookings.services.session_changing import change_session
from bookings.services.status import cancel_booking
from bookings.services.time_off import Absence, add_time_off
from core.errors import Invalid, NotFound, StaleVersion
from core.models import Event
from tests.bookings.sessions import HOUR, join, live, wait_for
from tests.cast import MIA, NOW
from tests.factories import CustomerFactory, GroupSessionFactory, ResourceFactory

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
Status = Booking.Status


@pytest.fixture(autouse=True)
def _it_is_tuesday(clock):
    """The third of November, 2026."""


@pytest.fixture
def tom(salon) -> Customer:
    return CustomerFactory(organization=salon, name="Tom Tal", email="tom@example.com")


def as_it_is(session: GroupSession) -> tuple[object, ...]:
    """The session, its bookings, what is busy and how much has happened."""
    bookings = Booking.objects.order_by("pk").values_list("starts_at", "status", "version")
    row = GroupSession.objects.filter(pk=session.pk).values_list()
    return list(row), list(bookings), live(), Event.objects.count()


def happened(name: str) -> list[Event]:
    return list(Event.objects.filter(name=name).order_by("id"))


def test_moving_a_session_moves_everybody_in_it(tutorial, lea, tom, staff, ben):
    theirs = [join(tutorial, lea), join(tutorial, tom)]
    start = tutorial.starts_at + DAY

    moved = change_session(
        tutorial, starts_at=start, resource=ben, caller=staff, reason="Anna is away"
    )

    assert (moved.starts_at, moved.ends_at) == (start, start + HOUR)
    assert (moved.resource, moved.version, moved.taken) == (ben, 2, 2)
    assert live() == [("Ben", 1, start, start + HOUR)]
    for booking in theirs:
        booking.refresh_from_db()
        assert (booking.starts_at, booking.ends_at) == (start, start + HOUR)
        assert (booking.resource, booking.status, booking.version) == (ben, "CONFIRMED", 2)
        assert ChangeReason.objects.get(booking=booking, version=2).text == "Anna is away"
    told = happened("booking.rescheduled")
    assert {event.subject_id for event in told} == {booking.pk for booking in theirs}
    assert told[0].data == {
        "from_starts_at": "2026-11-18T13:00:00Z",
        "from_ends_at": "2026-11-18T14:00:00Z",
        "from_resource_id": str(tutorial.resource_id),
        "starts_at": "2026-11-19T13:00:00Z",
        "ends_at": "2026-11-19T14:00:00Z",
        "resource_id": str(ben.pk),
        "version": 2,
        "group_session_id": str(tutorial.pk),
        "told_by_session": True,
    }
    (session_event,) = happened("group_session.rescheduled")
    assert session_event.data["bookings"] == 2
    assert "away" not in str(Event.objects.values_list("data"))


def test_a_session_may_move_into_its_own_time(tutorial, staff):
    start = tutorial.starts_at + timedelta(minutes=30)

    change_session(tutorial, starts_at=start, ends_at=start + 2 * HOUR, caller=staff)

    assert live() == [("Anna", 1, start, start + 2 * HOUR)]


def test_places_and_price_change_for_who_joins_later(tutorial, lea, tom, staff):
    booking = join(tutorial, lea)

    changed = change_session(
        tutorial, capacity=1, price_amount=Decimal("20.00"), caller=staff, expected_version=1
    )

    assert (changed.status, changed.version) == ("FULL", 2)
    booking.refresh_from_db()
    assert (booking.price_amount, booking.version) == (Decimal("15.00"), 1)
    with pytest.raises(SessionFull):
        join(tutorial, tom)
    change_session(tutorial, capacity=2, caller=staff)
    assert join(tutorial, tom).price_amount == Decimal("20.00")
    told = happened("group_session.updated")
    assert [event.data["fields"] for event in told] == [["capacity", "price_amount"], ["capacity"]]


def test_what_is_the_same_already_is_no_change(tutorial, staff, anna):
    before = as_it_is(tutorial)

    change_session(
        tutorial,
        starts_at=tutorial.starts_at,
        resource=anna,
        capacity=3,
        price_amount=Decimal(15),
        caller=staff,
    )

    assert as_it_is(tutorial) == before


def test_a_session_keeps_the_places_that_are_taken(tutorial, lea, tom, staff):
    join(tutorial, lea)
    join(tutorial, tom)
    before = as_it_is(tutorial)

    with pytest.raises(CapacityBelowTaken) as refused:
        change_session(tutorial, capacity=1, caller=staff)

    assert refused.value.details == {"taken": 2}
    assert as_it_is(tutorial) == before


def test_a_session_moves_to_no_time_that_cannot_be(tutorial, lea, algebra, staff, salon, ben):
    join(tutorial, lea)
    start = tutorial.starts_at
    create_booking(
        BookingRequest(
            service=algebra, customer=MIA, starts_at=start, minutes=60, resource=ben, inquiry="?"
        ),
        caller=staff,
    )
    friday = Absence(
        kind=TimeOff.Kind.SICK, starts_on=date(2026, 11, 20), ends_on=date(2026, 11, 20)
    )
    add_time_off(
        friday, organization_id=salon.pk, resource=None, timezone="Europe/Berlin", caller=staff
    )
    before = as_it_is(tutorial)

    refusals = [
        (TaBusy, {"resource": ben}),
        (TaNotOnCourse, {"resource": ResourceFactory(organization=salon)}),
        (TaNotOnCourse, {"resource": ResourceFactory()}),
        (NotOffered, {"starts_at": start + 2 * DAY}),
        (Invalid, {"starts_at": NOW - DAY}),
        (Invalid, {"ends_at": start}),
        (Invalid, {"capacity": 0}),
        (Invalid, {"price_amount": Decimal(-1)}),
        (StaleVersion, {"capacity": 5, "expected_version": 2}),
    ]
    for refusal, changes in refusals:
        with pytest.raises(refusal):
            change_session(tutorial, **changes, caller=staff)

    assert as_it_is(tutorial) == before


def test_a_session_that_has_begun_or_was_cancelled_stays_as_it_is(tutorial, staff, clock, anna):
    cancelled = GroupSessionFactory(
        service=tutorial.service, resource=anna, starts_at=tutorial.starts_at + DAY
    )
    cancel_session(cancelled, caller=staff)
    clock.move_to(tutorial.starts_at)

    for session in (tutorial, cancelled):
        with pytest.raises(SessionOver):
            change_session(session, price_amount=Decimal("1.00"), caller=staff)
        with pytest.raises(IllegalTransition):
            cancel_session(session, caller=staff)

    tutorial.refresh_from_db()
    assert (tutorial.status, tutorial.price_amount) == ("OPEN", Decimal("15.00"))
    assert len(happened("group_session.cancelled")) == 1


def test_more_places_go_to_who_waits_and_the_line_moves_with_the_session(
    tutorial, lea, tom, staff, salon
):
    change_session(tutorial, capacity=1, caller=staff)
    join(tutorial, lea)
    entry = wait_for(tutorial, tom)

    changed = change_session(tutorial, capacity=2, caller=staff)

    entry.refresh_from_db()
    assert (entry.status, changed.taken, changed.held) == ("OFFERED", 1, 1)
    with pytest.raises(CapacityBelowTaken) as refused:
        change_session(tutorial, capacity=1, caller=staff)
    assert refused.value.details == {"taken": 2}
    start = tutorial.starts_at + DAY
    change_session(tutorial, starts_at=start, ends_at=start + 2 * HOUR, caller=staff)
    entry.refresh_from_db()
    assert (entry.from_at, entry.to_at, entry.minutes) == (start, start + 2 * HOUR, 120)
    assert (entry.hold.starts_at, entry.hold.ended_at) == (start, None)

    cancelled = cancel_session(tutorial, caller=staff)

    entry = WaitlistEntry.objects.select_related("hold").get()
    assert (entry.status, cancelled.taken, cancelled.held) == ("EXPIRED", 0, 0)
    assert entry.hold.ended_at is not None


def test_calling_a_session_off_cancels_everybody_and_returns_what_paid(
    tutorial, lea, tom, group_pass, staff, clock
):
    """Even after the cancel deadline: it was not they who did."""
    paid, other = join(tutorial, lea, group_pass), join(tutorial, tom)
    clock.move_to(tutorial.starts_at - timedelta(minutes=1))

    session = cancel_session(tutorial, caller=staff, reason="Anna is ill", expected_version=1)

    assert (session.status, session.version, session.taken) == ("CANCELLED", 2, 0)
    assert live() == []
    for booking in (paid, other):
        booking.refresh_from_db()
        assert (booking.status, booking.cancel_reason) == ("CANCELLED", "Anna is ill")
    group_pass.refresh_from_db()
    assert group_pass.remaining_sessions == 10
    told = happened("booking.cancelled")
    assert {event.subject_id for event in told} == {paid.pk, other.pk}
    assert all(event.data["told_by_session"] for event in told)
    assert happened("group_session.cancelled")[0].data["bookings"] == 2
    with pytest.raises(SessionOver):
        join(tutorial, tom)


def test_a_cancelled_session_gives_its_time_back(tutorial, staff, algebra, anna):
    cancel_session(tutorial, caller=staff)

    booking = create_booking(
        BookingRequest(
            service=algebra,
            customer=MIA,
            starts_at=tutorial.starts_at,
            minutes=60,
            resource=anna,
            inquiry="?",
        ),
        caller=staff,
    )

    assert live() == [("Anna", 1, booking.starts_at, booking.ends_at)]


def test_a_session_is_cancelled_once_and_as_it_was_read(tutorial, staff):
    with pytest.raises(StaleVersion):
        cancel_session(tutorial, caller=staff, expected_version=2)
    cancel_session(tutorial, caller=staff)
    with pytest.raises(IllegalTransition):
        cancel_session(tutorial, caller=staff)

    assert len(happened("group_session.cancelled")) == 1


def test_moving_twenty_people_takes_no_more_statements_than_moving_one(
    tutorial, lea, salon, staff, algebra, ben
):
    join(tutorial, lea)
    big = GroupSessionFactory(service=algebra, resource=ben, capacity=20)
    for _ in range(20):
        join(big, CustomerFactory(organization=salon))

    def statements(session: GroupSession) -> int:
        with CaptureQueriesContext(connection) as asked:
            change_session(session, starts_at=session.starts_at + DAY, reason="Moved", caller=staff)
        return len(asked)

    assert statements(tutorial) == statements(big) == 20


def test_who_came_is_noted_in_one_go(tutorial, lea, tom, staff, clock):
    came, missed = join(tutorial, lea), join(tutorial, tom)
    marks = {came.pk: Status.COMPLETED, missed.pk: Status.NO_SHOW}
    with pytest.raises(IllegalTransition):
        mark_attendance(tutorial, marks, caller=staff)
    assert not happened("booking.completed")
    clock.move_to(tutorial.starts_at)

    mark_attendance(tutorial, marks, caller=staff)
    mark_attendance(tutorial, marks, caller=staff)

    came.refresh_from_db()
    missed.refresh_from_db()
    assert (came.status, missed.status) == ("COMPLETED", "NO_SHOW")
    assert (len(happened("booking.completed")), len(happened("booking.marked_no_show"))) == (1, 1)
    tutorial.refresh_from_db()
    assert tutorial.taken == 2


def test_attendance_is_noted_for_all_or_none(tutorial, lea, tom, staff, clock, book):
    came, left = join(tutorial, lea), join(tutorial, tom)
    cancel_booking(left, caller=staff)
    elsewhere = book()
    clock.move_to(tutorial.starts_at)

    with pytest.raises(IllegalTransition):
        mark_attendance(
            tutorial, {came.pk: Status.COMPLETED, left.pk: Status.NO_SHOW}, caller=staff
        )
    with pytest.raises(NotFound):
        mark_attendance(
            tutorial, {came.pk: Status.COMPLETED, elsewhere.pk: Status.COMPLETED}, caller=staff
        )

    came.refresh_from_db()
    assert came.status == "CONFIRMED"
