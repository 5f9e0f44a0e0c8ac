"""Whoever leaves, joins and waits at once: never more places than there are, and each counted."""

from collections import Counter
from datetime import timedelta

import pytest
from django.utils import timezone

from bookings.errors import HoldLapsed, SessionFull, StillFree
from bookings.models import Booking, GroupSession, Hold, WaitlistEntry
from bookings.services.answering import Acceptance, accept_offer, decline_offer, leave_waitlist
from bookings.services.place import PlaceRequest, join_session
from bookings.services.place_offers import lapse_places
from bookings.services.place_waiting import PlaceWait, wait_for_place
from bookings.services.status import cancel_booking
from core.ids import uuid7
from tests.factories import GroupSessionFactory
from tests.rivals import rivals
from tests.waiting import called, state

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("clock", "in_order", "no_deadlocks"),
]

ROUNDS = 20


@pytest.fixture(autouse=True)
def _no_nudges(settings):
    settings.QUEUE_NUDGES = False


@pytest.fixture
def sessions(algebra, anna) -> list[GroupSession]:
    """One session a day, of two places each."""
    first = GroupSessionFactory(service=algebra, resource=anna, capacity=2)
    return [
        first,
        *[
            GroupSessionFactory(
                service=algebra,
                resource=anna,
                capacity=2,
                starts_at=first.starts_at + timedelta(days=day),
            )
            for day in range(1, ROUNDS)
        ],
    ]


@pytest.fixture
def join(staff):
    def join(session: GroupSession, name: str) -> Booking:
        return join_session(PlaceRequest(session=session, customer=called(name)), caller=staff)

    return join


@pytest.fixture
def wait_for(staff):
    def wait_for(session: GroupSession, name: str) -> WaitlistEntry:
        return wait_for_place(PlaceWait(session=session, customer=called(name)), caller=staff)

    return wait_for


def agree(session: GroupSession) -> tuple[int, int]:
    """Return (taken, held), having counted that they are the rows'."""
    session = GroupSession.objects.get(pk=session.pk)
    live = session.bookings.exclude(status="CANCELLED")
    assert session.taken == live.count()
    assert session.held == session.holds.filter(ended_at=None).count()
    assert session.taken + session.held <= session.capacity
    assert len({booking.seat for booking in live}) == session.taken
    return session.taken, session.held


def test_a_leaver_a_joiner_and_a_waiter_at_once(sessions, join, wait_for, staff):
    seen: Counter[str] = Counter()
    with rivals(3) as at_once:
        for session in sessions:
            gone, _ = join(session, "Ada"), join(session, "Max")
            left, joined, waited = at_once(
                lambda b=gone: cancel_booking(b, caller=staff),
                lambda s=session: join(s, "Ida"),
                lambda s=session: wait_for(s, "Lea"),
            )

            assert left.status == "CANCELLED"
            taken, held = agree(session)
            if isinstance(joined, SessionFull):
                assert taken == 1
                assert held == (0 if isinstance(waited, StillFree) else 1)
            else:
                assert (taken, held) == (2, 0)
            if isinstance(waited, WaitlistEntry):
                assert state(waited) == ["OFFERED" if held else "WAITING"]
            seen[type(joined).__name__] += 1
    assert sum(seen.values()) == ROUNDS


def test_several_leave_at_once_and_each_place_is_offered_once(sessions, join, wait_for, staff):
    with rivals(3) as at_once:
        for session in sessions[: ROUNDS // 2]:
            both = [join(session, "Ada"), join(session, "Max")]
            line = [wait_for(session, name) for name in ("Lea", "Tom", "Ida")]
            first, second, third = at_once(
                *[lambda b=each: cancel_booking(b, caller=staff) for each in both],
                lambda e=line[2]: leave_waitlist(e, caller=staff),
            )

            assert (first.status, second.status) == ("CANCELLED", "CANCELLED")
            assert state(*line) == ["OFFERED", "OFFERED", "CANCELLED"]
            assert agree(session) == (0, 2)
            assert third.status == "CANCELLED"


def test_an_offer_is_accepted_declined_or_lapses_and_never_two_of_them(
    sessions, join, wait_for, staff
):
    with rivals(4) as at_once:
        for session in sessions[: ROUNDS // 2]:
            gone, _ = join(session, "Ada"), join(session, "Max")
            lea, tom = wait_for(session, "Lea"), wait_for(session, "Tom")
            cancel_booking(gone, caller=staff)
            entry = WaitlistEntry.objects.select_related("hold").get(pk=lea.pk)
            soon = timezone.now() + timedelta(milliseconds=10)
            Hold.objects.filter(pk=entry.hold_id).update(expires_at=soon)
            accepted, declined, _, passed_by = at_once(
                lambda e=entry: accept_offer(
                    e, offer=1, acceptance=Acceptance(), caller=staff, booking_id=uuid7()
                ),
                lambda e=entry: decline_offer(e, offer=1, caller=staff),
                lapse_places,
                lambda s=session: join(s, "Ida"),
            )

            assert isinstance(passed_by, SessionFull)
            if isinstance(accepted, Booking):
                assert isinstance(declined, HoldLapsed)
                assert state(lea, tom) == ["ACCEPTED", "WAITING"]
                assert agree(session) == (2, 0)
            else:
                assert isinstance(accepted, HoldLapsed)
                lapse_places()
                first, second = state(lea, tom)
                assert first in ("CANCELLED", "EXPIRED")
                assert second == "OFFERED"
                assert agree(session) == (1, 1)
