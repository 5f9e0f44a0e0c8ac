"""While locks are held, nobody talks to Redis, a mail server or anybody else who may be slow."""

import socket
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection, transaction

from bookings.errors import IllegalTransition, NotOffered, SlotTaken
from bookings.models import Booking
from bookings.services import hold
from bookings.services.hold import HoldClaim, new_token, place_hold
from bookings.services.rescheduling import Changes, update_booking
from bookings.services.status import cancel_booking, confirm_booking
from tests.visitor import MIA, Visitor

pytestmark = pytest.mark.django_db(transaction=True)

HALF_AN_HOUR = timedelta(minutes=30)


@pytest.fixture(autouse=True)
def _no_nudges(settings):
    settings.QUEUE_NUDGES = False


@pytest.fixture
def nobody_talks_in_a_transaction(monkeypatch):
    """Whoever uses a socket while this thread's transaction is open is caught in the act.

    PostgreSQL's own line is libpq's, which Python's sockets know nothing of.
    """

    def watched(name: str) -> Callable:
        talk = getattr(socket.socket, name)

        def watched(self, *args, **kwargs):
            if connection.in_atomic_block:
                raise AssertionError(f"socket.{name} inside a transaction")
            return talk(self, *args, **kwargs)

        return watched

    for name in ("connect", "connect_ex", "send", "sendall", "sendto", "sendmsg", "recv"):
        monkeypatch.setattr(socket.socket, name, watched(name))


def test_who_talks_to_the_network_inside_a_transaction_is_caught(
    nobody_talks_in_a_transaction, redis
):
    redis.ping()
    with pytest.raises(AssertionError, match="inside a transaction"), transaction.atomic():
        redis.ping()


def test_no_service_talks_to_the_network_inside_its_transaction(
    nobody_talks_in_a_transaction, settings, book, haircut, anna, staff, ten_o_clock
):
    settings.QUEUE_NUDGES = True  # after the commit, from a thread of its own
    token = new_token()
    held = place_hold(service=haircut, starts_at=ten_o_clock, minutes=30, token=token, caller=staff)
    booking = book(hold=HoldClaim(held.pk, token))
    with pytest.raises(SlotTaken):
        book()
    with pytest.raises(NotOffered):
        book(at=ten_o_clock + timedelta(hours=12))
    confirm_booking(booking, caller=staff)
    changes = Changes(starts_at=ten_o_clock + HALF_AN_HOUR, inquiry="A fringe")
    update_booking(booking, changes, caller=staff)
    cancel_booking(booking, caller=staff)
    with pytest.raises(IllegalTransition):
        update_booking(booking, changes, caller=staff)
    hold.lapse_holds()


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "one"}])
def test_no_call_of_the_api_talks_to_the_network_inside_its_transaction(
    nobody_talks_in_a_transaction, desk, wish, headers
):
    """The rate limiter and the keys' generation are asked before, the queue is told after."""
    booked = desk.post("/api/bookings", wish, headers=headers)
    assert booked.status_code == 201
    path = f"/api/bookings/{booked.json()['data']['id']}"
    later = {"startTime": "2026-11-16T11:00:00+01:00", "duration": 30}
    assert desk.patch(path, {"status": "CONFIRMED"}).status_code == 200
    assert desk.put(path, {"timeSlot": later}).status_code == 200
    assert desk.post("/api/holds", {"timeSlot": later}, headers=headers).status_code == 409
    assert desk.delete(path).status_code == 200
    assert desk.post("/api/holds", {"timeSlot": later}).status_code == 201


def test_neither_does_the_booking_page(nobody_talks_in_a_transaction, clock, haircut):
    visitor = Visitor().open("/book/salon/haircut?day=2026-11-16").choose("10:00")
    visitor.follow("Choose another time").choose("10:30").send(**MIA)

    assert visitor.status == 200
    assert Booking.objects.get().source == "PAGE"
