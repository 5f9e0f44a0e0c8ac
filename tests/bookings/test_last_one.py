"""The last place of a session and the last session of a bundle, each wanted by 64 at once."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from bookings.errors import NoCredit, SessionFull
from bookings.models import Booking, CreditEntry, GroupSession
from bookings.services.customer import details_of
from bookings.services.individual import IndividualRequest, book_individual
from bookings.services.place import PlaceRequest, join_session
from core.errors import Busy
from tests.factories import (
    BundleFactory,
    CustomerFactory,
    GroupSessionFactory,
    ResourceFactory,
)
from tests.rivals import rivals

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("in_order")]

RIVALS, ROUNDS = 64, 20
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture(autouse=True)
def _no_worker(settings):
    settings.QUEUE_NUDGES = False


def until_answered(work: Callable[[], Booking]) -> Booking:
    """Ask again where the line was too long to wait in, as a client does on a 503."""
    while True:
        try:
            return work()
        except Busy:
            continue


@pytest.fixture
def days() -> list[datetime]:
    """Ten in Berlin on the next twenty working days from next week on."""
    first = timezone.now().astimezone(BERLIN) + timedelta(days=7)
    ten = first.replace(hour=10, minute=0, second=0, microsecond=0)
    ahead = (ten + timedelta(days=n) for n in range(2 * ROUNDS))
    return [day for day in ahead if day.weekday() < 5][:ROUNDS]


def test_the_last_place_goes_to_one_of_64(algebra, anna, salon, staff, days):
    students = [details_of(one) for one in CustomerFactory.create_batch(65, organization=salon)]
    sessions = [
        GroupSessionFactory(service=algebra, resource=anna, starts_at=day, capacity=2)
        for day in days
    ]
    with rivals(RIVALS) as at_once:
        for session in sessions:
            join = partial(join_session, caller=staff)
            join(PlaceRequest(session=session, customer=students[64]))
            wanted = [PlaceRequest(session=session, customer=each) for each in students[:64]]
            answers = at_once(*[partial(until_answered, partial(join, each)) for each in wanted])

            assert Counter(map(type, answers)) == {Booking: 1, SessionFull: 63}
    counted = GroupSession.objects.values_list("taken", "held", "capacity")
    assert set(counted) == {(2, 0, 2)}
    assert Booking.objects.count() == 2 * ROUNDS
    seats = set(Booking.objects.values_list("group_session", "seat"))
    assert seats == {(session.pk, seat) for session in sessions for seat in (1, 2)}


def test_the_last_session_of_a_bundle_is_spent_once(algebra, products, salon, staff, days):
    """Each of the 64 would have a teacher of their own: only the bundle is short."""
    teachers = ResourceFactory.create_batch(RIVALS, organization=salon)
    algebra.resources.add(*teachers)
    with rivals(RIVALS) as at_once:
        for day in days:
            student = CustomerFactory(organization=salon)
            bundle = BundleFactory(
                customer=student,
                product=products["FULL_SEMESTER_BUNDLE"],
                total_sessions=1,
                valid_from_at=day - timedelta(days=40),
                valid_to_at=day + timedelta(days=40),
            )
            wanted = [
                IndividualRequest(
                    course=algebra, student=student, starts_at=day, minutes=60, ta=ta, bundle=bundle
                )
                for ta in teachers
            ]
            book = partial(book_individual, caller=staff)
            answers = at_once(*[partial(until_answered, partial(book, each)) for each in wanted])

            assert Counter(map(type, answers)) == {Booking: 1, NoCredit: 63}
            bundle.refresh_from_db()
            assert (bundle.remaining_sessions, bundle.entries) == (0, 2)
    assert CreditEntry.objects.filter(kind="SPENT").count() == ROUNDS
    assert Booking.objects.count() == ROUNDS
