"""Waiting without a key or an account: joining on the booking page, answering by a link."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from bookings.models import Booking, WaitlistEntry
from bookings.selectors.waitlist import waitlist_token
from bookings.services.status import cancel_booking
from core.models import Event
from tests.visitor import Visitor
from tests.waiting import state

pytestmark = pytest.mark.django_db(transaction=True)

LEA = {"name": "Lea Lang", "email": "lea@example.com", "phone": "", "website": ""}
A_DAY = {"first": "2026-11-04", "last": "2026-11-04"}
IN_BERLIN = datetime(2026, 11, 3, 23, tzinfo=UTC)
KNOWN = {"company": "Lang KG", "inquiry": "Short", "phone": ""}


@pytest.fixture
def visitor(settings) -> Visitor:
    settings.QUEUE_NUDGES = False
    return Visitor()


@pytest.fixture
def offered(wait, book, staff) -> WaitlistEntry:
    """Lea, who was offered ten o'clock; Tom comes next."""
    booking = book()
    lea = wait("Lea")
    wait("Tom")
    cancel_booking(booking, caller=staff)
    lea.refresh_from_db()
    return lea


def page_of(entry: WaitlistEntry) -> str:
    return f"/waitlist/{waitlist_token(entry)}"


def heading(visitor: Visitor) -> str:
    found = re.search(r"<h1>(.*?)</h1>", visitor.text)
    assert found is not None
    return found[1]


def test_who_finds_a_month_without_a_free_time_joins_from_there(visitor, haircut, anna, clock):
    anna.schedules.all().delete()
    visitor.open("/book/salon/haircut").follow("Wait for a time")
    visitor.send(**LEA, **A_DAY)

    entry = WaitlistEntry.objects.get()
    assert heading(visitor) == "You are on the waitlist"
    assert "An e-mail says so too." in visitor.text
    assert visitor.path == f"{page_of(entry)}?done=joined"
    assert (entry.from_at, entry.to_at) == (IN_BERLIN, IN_BERLIN + timedelta(days=1))
    assert Event.objects.get(name="waitlist.joined").actor_kind == "customer"

    visitor.open("/book/salon/haircut/wait").send(**LEA, **A_DAY)
    assert visitor.status == 409
    assert visitor.notice == "You are on the waitlist for these days already."
    assert WaitlistEntry.objects.count() == 1


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [
        ({"last": "2026-11-03"}, {"last": "This day is before the first one."}),
        ({"first": "2026-10-01", "last": "2026-10-02"}, {"last": "This day is over."}),
        ({"last": "2027-11-03"}, {"last": "These are more than 62 days."}),
        ({"email": "lea"}, {"email": "Write an address like mia@example.com."}),
    ],
)
def test_what_cannot_be_waited_for_is_said_beside_its_field(
    visitor, haircut, anna, clock, typed, wrong
):
    anna.schedules.all().delete()
    visitor.open("/book/salon/haircut/wait").send(**{**LEA, **A_DAY, **typed})

    assert visitor.status == 400
    assert visitor.wrong == wrong
    assert 'value="Lea Lang"' in visitor.text
    assert not WaitlistEntry.objects.exists()


def test_nobody_waits_for_what_is_free_and_a_program_is_told_what_it_did(visitor, haircut, clock):
    visitor.open("/book/salon/haircut/wait").send(**LEA, **A_DAY)
    assert visitor.status == 409
    assert visitor.notice == "There are free times on these days. You can book one right away."
    assert "See the free times" in visitor.text

    visitor.open("/book/salon/haircut/wait").send(**{**LEA, **A_DAY, "website": "x"})
    assert list(visitor.wrong) == ["website"]
    assert not WaitlistEntry.objects.exists()


def test_looking_at_an_offer_changes_nothing_and_accepting_it_books(visitor, offered):
    before = Event.objects.count()
    for _ in range(2):
        visitor.open(page_of(offered))
    assert heading(visitor) == "A time came free for you"
    assert "Monday, 16 November 2026<br>10:00–10:30" in visitor.text
    assert "It is kept for you until Tue 3 Nov, 10:00." in visitor.text
    assert Event.objects.count() == before
    assert visitor.response["Cache-Control"] == "private, no-store"
    assert visitor.response["Referrer-Policy"] == "no-referrer"

    visitor.send(answer="accept", **{**KNOWN, "company": ""})
    assert visitor.wrong == {"company": "This is needed."}
    assert state(offered) == ["OFFERED"]

    visitor.send(answer="accept", **KNOWN)
    booking = Booking.objects.get(source="WAITLIST")
    assert (booking.name, booking.company, booking.inquiry) == ("Lea", "Lang KG", "Short")
    assert heading(visitor) == "Your request"
    visitor.client.post(page_of(offered), {"answer": "accept", **KNOWN})
    assert Booking.objects.count() == 2
    assert heading(visitor.open(page_of(offered))) == "You have accepted"


def test_declining_passes_the_time_on_and_leaving_ends_the_wait(visitor, offered):
    tom = WaitlistEntry.objects.exclude(pk=offered.pk).get()
    visitor.open(page_of(offered)).send(answer="decline", **KNOWN)

    assert "You are still on the waitlist for another one." in visitor.text
    assert state(offered, tom) == ["WAITING", "OFFERED"]

    visitor.send(answer="leave")
    assert "You have left the waitlist." in visitor.text
    assert state(offered) == ["CANCELLED"]


def test_who_comes_too_late_is_told_so_in_words(visitor, offered, clock):
    visitor.open(page_of(offered))
    clock.shift(timedelta(hours=2, seconds=1))
    visitor.send(answer="accept", **KNOWN)

    assert visitor.status == 409
    assert visitor.notice == "This time is no longer kept for you. Nothing was booked."
    assert Booking.objects.count() == 1
    assert visitor.open(page_of(offered)[:-3] + "AAA").status == 404
