"""A place in line for a session, on the page that its link opens, and in the console."""

import pytest

from bookings.models import Booking, GroupSession, WaitlistEntry
from bookings.selectors.waitlist import waitlist_token
from bookings.services.group_session import cancel_session
from bookings.services.place import PlaceRequest, join_session
from bookings.services.place_offers import lapse_places
from bookings.services.place_waiting import PlaceWait, wait_for_place
from bookings.services.status import cancel_booking
from tests.factories import GroupSessionFactory
from tests.visitor import Visitor
from tests.waiting import called, state

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def visitor(settings) -> Visitor:
    settings.QUEUE_NUDGES = False
    return Visitor()


@pytest.fixture
def session(clock, algebra, anna, visitor) -> GroupSession:
    return GroupSessionFactory(service=algebra, resource=anna, capacity=1)


@pytest.fixture
def ada(session, staff) -> Booking:
    return join_session(PlaceRequest(session=session, customer=called("Ada")), caller=staff)


@pytest.fixture
def lea(session, ada, staff) -> WaitlistEntry:
    return wait_for_place(PlaceWait(session=session, customer=called("Lea")), caller=staff)


def page_of(entry: WaitlistEntry) -> str:
    entry.refresh_from_db()
    return f"/waitlist/{waitlist_token(entry)}"


def test_the_page_says_which_session_it_is_and_the_place_in_line(visitor, lea):
    visitor.open(page_of(lea))

    assert "<h1>You are on the waitlist</h1>" in visitor.text
    for said in ("Wednesday, 18 November 2026", "14:00–15:00", "Anna", "15.00 EUR", "<dd>1</dd>"):
        assert said in visitor.text
    assert "As soon as a place comes free" in visitor.text


def test_an_offered_place_is_taken_by_one_button_with_nothing_else_asked(
    visitor, lea, ada, staff, session
):
    cancel_booking(ada, caller=staff)

    visitor.open(page_of(lea))
    assert "<h1>A place came free for you</h1>" in visitor.text
    assert "15.00 EUR" in visitor.text
    assert 'name="inquiry"' not in visitor.text
    assert "Decline and go on waiting" not in visitor.text
    visitor.send(answer="accept", phone="+49 30 1")

    booking = Booking.objects.get(source="WAITLIST")
    assert (booking.status, booking.group_session_id) == ("CONFIRMED", session.pk)
    assert (booking.phone, state(lea)) == ("+49 30 1", ["ACCEPTED"])
    assert "<h1>Your appointment</h1>" in visitor.text


def test_a_place_that_is_no_longer_kept_says_so(visitor, lea, ada, staff, clock):
    cancel_booking(ada, caller=staff)
    visitor.open(page_of(lea))
    clock.shift(7201)
    lapse_places()

    visitor.send(answer="accept", phone="")

    assert visitor.status == 409
    assert visitor.notice == "This place is no longer kept for you. Nothing was booked."
    assert "The place that was kept for you went to the next" in visitor.text
    assert not Booking.objects.filter(source="WAITLIST").exists()


def test_a_session_that_is_called_off_says_so(visitor, lea, session, staff):
    cancel_session(session, caller=staff)

    visitor.open(page_of(lea))

    assert "The session was cancelled." in visitor.text
