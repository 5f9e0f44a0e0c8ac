"""Places in a group session: taken one by one, given up, and never more than there are."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import F

from bookings.errors import (
    AlreadyJoined,
    BundleExpired,
    BundleNotCovering,
    IllegalTransition,
    NoCredit,
    SessionDecides,
    SessionFull,
    SessionOver,
    TaBusy,
)
from bookings.models import Allocation, Booking, Customer, GroupSession, Series
from bookings.services.customer import details_of
from bookings.services.individual import IndividualRequest, book_individual
from bookings.services.place import PlaceRequest, join_session
from bookings.services.rescheduling import Changes, update_booking
from bookings.services.series import repeat_booking
from bookings.services.status import cancel_booking, complete_booking
from bookings.services.swapping import swap_bookings
from core.access import Caller, CallerKind
from core.models import Event
from tests.cast import MIA
from tests.factories import BundleFactory, CustomerFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def join(clock, tutorial, lea, staff):
    """Let Lea, or another student, take a place in the tutorial."""

    def join(student: Customer = lea, **changes) -> Booking:
        asked = {"session": tutorial, "customer": details_of(student), **changes}
        return join_session(PlaceRequest(**asked), caller=staff)

    return join


@pytest.fixture
def others(salon) -> list[Customer]:
    return CustomerFactory.create_batch(3, organization=salon)


def places_of(session: GroupSession) -> tuple[int, str]:
    session.refresh_from_db()
    return session.taken, str(session.status)


def refused(session: GroupSession, error: type[Exception], work, /, *args, **kwargs) -> Exception:
    """No booking is made, no place taken and nobody written down."""

    def now() -> tuple:
        return places_of(session), Booking.objects.count(), Customer.objects.count()

    before = now()
    with pytest.raises(error) as raised:
        work(*args, **kwargs)
    assert now() == before
    return raised.value


def test_a_place_is_a_booking_at_the_sessions_time_and_price(join, tutorial, lea):
    booking = join()

    booking.refresh_from_db()
    assert (booking.status, booking.seat) == ("CONFIRMED", 1)
    assert (booking.starts_at, booking.ends_at) == (tutorial.starts_at, tutorial.ends_at)
    assert (booking.service_id, booking.resource_id) == (tutorial.service_id, tutorial.resource_id)
    assert (booking.price_amount, booking.price_currency) == (Decimal("15.00"), "EUR")
    assert (booking.customer, booking.timezone) == (lea, "Europe/Berlin")
    assert not booking.allocations.exists()
    assert places_of(tutorial) == (1, "OPEN")
    told = Event.objects.filter(subject_id=booking.pk).order_by("id")
    assert [event.name for event in told] == ["booking.created", "booking.confirmed"]
    assert {event.data["group_session_id"] for event in told} == {str(tutorial.pk)}


def test_at_capacity_a_session_is_full(join, tutorial, others):
    assert [join(student).seat for student in others] == [1, 2, 3]
    assert places_of(tutorial) == (3, "FULL")

    refused(tutorial, SessionFull, join)
    refused(tutorial, SessionFull, join, customer=MIA)


def test_nobody_joins_twice(join, tutorial):
    booking = join()

    refusal = refused(tutorial, AlreadyJoined, join)

    assert refusal.details == {"bookingId": booking.pk}


@pytest.mark.parametrize("over", ["begun", "cancelled"])
def test_what_has_begun_or_was_cancelled_cannot_be_joined(over, join, tutorial, clock):
    if over == "begun":
        clock.move_to(tutorial.starts_at)
    else:
        GroupSession.objects.update(cancelled_at=tutorial.created_at)
    refused(tutorial, SessionOver, join)


def test_a_course_that_is_no_longer_offered_takes_nobody_in(join, tutorial, algebra):
    algebra.is_active = False
    algebra.save()
    refused(tutorial, SessionOver, join)


def test_a_pass_pays_for_a_place(join, tutorial, group_pass, bundle, others):
    booking = join(bundle=group_pass)

    group_pass.refresh_from_db()
    assert (booking.bundle, booking.price_amount) == (group_pass, Decimal("0.00"))
    assert group_pass.remaining_sessions == 9
    refused(tutorial, BundleNotCovering, join, others[0], bundle=group_pass)


def test_what_does_not_pay_leaves_the_place_free(join, tutorial, bundle, lea, products):
    refused(tutorial, BundleNotCovering, join, bundle=bundle)
    over = BundleFactory(
        customer=lea,
        product=products["GROUP_SESSION_PASS"],
        valid_to_at=tutorial.starts_at,
        is_latest=False,
    )
    refused(tutorial, BundleExpired, join, bundle=over)
    empty = BundleFactory(
        customer=lea, product=products["GROUP_SESSION_PASS"], remaining_sessions=0
    )
    refused(tutorial, NoCredit, join, bundle=empty)


def test_leaving_frees_the_place_and_returns_what_paid(join, tutorial, group_pass, others, staff):
    first, *_ = [join(bundle=group_pass), join(others[0]), join(others[1])]
    assert places_of(tutorial) == (3, "FULL")

    cancel_booking(first, caller=staff)

    group_pass.refresh_from_db()
    assert (places_of(tutorial), group_pass.remaining_sessions) == ((2, "OPEN"), 10)
    refused(tutorial, IllegalTransition, cancel_booking, first, caller=staff)
    assert join(others[2]).seat == 1
    refused(tutorial, SessionFull, join)


def test_who_left_may_come_back(join, tutorial, staff):
    cancel_booking(join(), caller=staff)

    assert join().seat == 1
    assert places_of(tutorial) == (1, "OPEN")


def test_a_session_keeps_its_ta_busy(clock, tutorial, algebra, lea, anna, ben, staff):
    wanted = IndividualRequest(
        course=algebra, student=lea, starts_at=tutorial.starts_at, minutes=60, ta=anna
    )
    refused(tutorial, TaBusy, book_individual, wanted, caller=staff)

    anybody = IndividualRequest(
        course=algebra, student=lea, starts_at=tutorial.starts_at, minutes=60
    )
    assert book_individual(anybody, caller=staff).resource == ben


def test_a_place_has_no_time_of_its_own(join, tutorial, book, staff, salon):
    place, alone = join(), book()
    later = Changes(starts_at=tutorial.starts_at + timedelta(hours=1))
    for work, given in (
        (update_booking, (place, later)),
        (swap_bookings, (place, alone)),
        (swap_bookings, (alone, place)),
    ):
        refused(tutorial, SessionDecides, work, *given, caller=staff)
    refused(
        tutorial,
        SessionDecides,
        repeat_booking,
        place,
        "FREQ=WEEKLY;COUNT=2",
        mode=Series.Mode.SKIP_CONFLICTS,
        caller=staff,
    )
    place.refresh_from_db()
    assert (place.starts_at, place.version) == (tutorial.starts_at, 1)
    changed = update_booking(place, Changes(inquiry="Vectors"), caller=staff)
    assert (changed.inquiry, changed.version) == ("Vectors", 2)


def test_attendance_is_noted_on_each_place(join, tutorial, clock, staff):
    booking = join()
    clock.move_to(tutorial.ends_at)

    assert complete_booking(booking, caller=staff).status == "COMPLETED"
    assert places_of(tutorial) == (1, "COMPLETED")


def test_a_customer_leaves_within_the_policy(join, tutorial, algebra, clock):
    algebra.cancel_notice_minutes = 60
    algebra.save()
    booking = join()
    customer = Caller(CallerKind.CUSTOMER, booking.organization_id, booking.pk, frozenset())
    clock.move_to(tutorial.starts_at - timedelta(minutes=59))

    with pytest.raises(Exception, match="too late"):
        cancel_booking(booking, caller=customer)
    assert places_of(tutorial) == (1, "OPEN")


@pytest.mark.parametrize(
    "change",
    [
        {"taken": 4},
        {"taken": F("taken") + 1},
        {"held": 1},
        {"capacity": 0},
        {"capacity": 1, "taken": 2},
    ],
)
def test_the_database_refuses_counters_that_are_not_so(change, join, tutorial):
    join()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    with pytest.raises(IntegrityError), transaction.atomic():
        GroupSession.objects.filter(pk=tutorial.pk).update(**change)
    assert places_of(tutorial) == (1, "OPEN")


def test_the_database_refuses_a_place_that_nobody_counted(join, tutorial):
    booking = join()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        with pytest.raises(IntegrityError), transaction.atomic():
            cursor.execute(
                "UPDATE bookings_booking SET status = 'CANCELLED', cancelled_at = now(),"
                " version = version + 1"
            )
    booking.refresh_from_db()
    assert booking.status == "CONFIRMED"
    assert Allocation.objects.filter(group_session=tutorial).count() == 1
