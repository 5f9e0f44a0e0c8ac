"""The audit trail in the console: found, read one by one, taken along, and changed by nobody."""

import csv
import io
import json
from datetime import timedelta

import pytest

from bookings.services.status import confirm_booking
from core.access import Role
from core.audit.sealing import seal_events
from core.models import Event, Seal
from tests.console import desk_for, shown
from tests.factories import OrganizationFactory

pytestmark = pytest.mark.django_db

TRAIL = "/admin/core/event/"
EXPORT = f"{TRAIL}export/"


@pytest.fixture
def owner(salon, clock, redis):
    return desk_for(salon, Role.OWNER)


@pytest.fixture
def booking(book, staff, clock):
    """Made by a command on Tuesday at eight, confirmed a day later."""
    booking = book()
    clock.shift(timedelta(days=1))
    return confirm_booking(booking, caller=staff)


def events_on(page) -> list[str]:
    return [event.name for event in page.context_data["cl"].result_list]


def test_the_list_says_when_what_about_what_who_and_from_where(owner, booking, desk, wish):
    slot = {"startTime": "2026-11-17T10:00:00+01:00", "duration": 30}
    desk.post("/api/bookings", {**wish, "timeSlot": slot}, REMOTE_ADDR="198.51.100.7")

    page = owner.get(TRAIL)

    text = shown(page)
    assert events_on(page)[0] == "booking.created"
    assert "Appointment made" in text
    assert "Wed 4 Nov, 08:00:0" in text
    assert "API key “test”" in text
    assert "198.51.100.7" in text
    href = f"/admin/bookings/booking/{booking.pk}/change/"
    assert f'href="{href}"' in page.content.decode()
    assert "Mia" not in text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("name=booking.confirmed", ["booking.confirmed"]),
        ("day_from=2026-11-04", ["booking.confirmed"]),
        ("day_to=2026-11-03&name=booking.created", ["booking.created"]),
        ("day_from=2026-11-05", []),
        ("day_from=tomorrow", []),
        ("day_to=2026-02-30", []),
        ("actor_kind=customer", []),
        ("actor_kind=nobody", []),
    ],
)
def test_the_list_is_filtered(owner, booking, query, found):
    assert events_on(owner.get(f"{TRAIL}?{query}")) == found


def test_what_happened_to_one_thing_is_found_by_reference_id_or_request(owner, desk, wish):
    answer = desk.post("/api/bookings", wish)
    made = answer.json()["data"]
    desk.patch(f"/api/bookings/{made['id']}", {"status": "CONFIRMED"})

    both = ["booking.confirmed", "booking.created"]
    assert events_on(owner.get(TRAIL, {"q": made["reference"].lower()})) == both
    assert events_on(owner.get(TRAIL, {"q": made["id"]})) == both
    assert "booking.created" in events_on(owner.get(TRAIL, {"q": answer["X-Request-ID"]}))
    assert "booking.confirmed" not in events_on(owner.get(TRAIL, {"q": answer["X-Request-ID"]}))
    assert events_on(owner.get(TRAIL, {"q": "mia@example.com"})) == []


def test_an_event_is_read_with_its_seal(owner, booking):
    event = Event.objects.get(name="booking.confirmed")
    path = f"{TRAIL}{event.pk}/change/"
    assert "Not yet. That takes some seconds." in shown(owner.get(path))
    seal_events()

    text = shown(owner.get(path))

    seal = Seal.objects.get(event=event)
    assert f"{seal.number}:{bytes(seal.digest).hex()}" in text
    for words in ("Appointment confirmed", booking.reference, "a command", "booking.confirmed"):
        assert words.lower() in text.lower()


def test_a_page_of_the_list_costs_the_same_however_long_it_is(
    owner, booking, book, ten_o_clock, django_assert_max_num_queries
):
    owner.get(TRAIL)
    with django_assert_max_num_queries(14) as few:
        owner.get(TRAIL)
    for hours in (1, 2, 3):
        book(at=ten_o_clock + timedelta(hours=hours))
    with django_assert_max_num_queries(len(few)):
        assert len(events_on(owner.get(TRAIL))) == 5


def test_nobody_writes_into_it_and_who_may_not_read_it_does_not(salon, owner, booking):
    event = Event.objects.get(name="booking.confirmed")
    before = list(Event.objects.order_by("id").values())
    for path in (f"{TRAIL}add/", f"{TRAIL}{event.pk}/delete/"):
        assert owner.post(path, {"post": "yes"}).status_code in (403, 404)
    owner.post(f"{TRAIL}{event.pk}/change/", {"name": "booking.stolen"})
    assert list(Event.objects.order_by("id").values()) == before

    viewer = desk_for(salon, Role.VIEWER)
    for path in (TRAIL, f"{TRAIL}{event.pk}/change/"):
        assert viewer.get(path).status_code == 403
    assert TRAIL not in viewer.get("/admin/").content.decode()
    assert TRAIL in owner.get("/admin/").content.decode()
    elsewhere = desk_for(OrganizationFactory(), Role.OWNER)
    assert events_on(elsewhere.get(TRAIL)) == []


def test_what_is_shown_is_exported_with_its_seals_and_that_is_written_down(owner, booking):
    seal_events()
    event = Event.objects.get(name="booking.confirmed")

    answer = owner.post(f"{EXPORT}?name=booking.confirmed", {"format": "csv"})
    (row,) = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))
    lines = owner.post(f"{EXPORT}?name=booking.confirmed", {"format": "jsonl"})
    (told,) = [json.loads(line) for line in lines.content.decode().splitlines()]

    assert answer.headers["Content-Disposition"].endswith('events-salon-2026-11-04.csv"')
    seal = Seal.objects.get(event=event)
    assert (row["id"], row["name"]) == (str(event.pk), "booking.confirmed")
    assert (row["seal_number"], row["seal_digest"]) == (str(seal.number), seal.digest.hex())
    assert json.loads(row["data"]) == told["data"] == event.data
    assert told["subject_id"] == str(booking.pk)
    taken = Event.objects.filter(name="events.exported").order_by("id")
    assert [one.data for one in taken] == [
        {"count": 1, "format": "csv"},
        {"count": 1, "format": "jsonl"},
    ]
    assert taken[0].actor_id == owner.user.pk


def test_who_may_not_export_gets_no_file(salon, owner, booking):
    staff = desk_for(salon, Role.STAFF)
    assert staff.get(TRAIL).status_code == 200
    assert EXPORT not in staff.get(TRAIL).content.decode()
    assert staff.post(EXPORT, {"format": "csv"}).status_code == 403
    assert owner.get(EXPORT).status_code == 405
    assert owner.post(EXPORT, {"format": "exe"}).status_code == 302
    assert not Event.objects.filter(name="events.exported").exists()


def test_a_customers_page_tells_their_story(owner, booking, book, ten_o_clock, desk):
    other = book(at=ten_o_clock + timedelta(hours=1))
    desk.patch(f"/api/customers/{booking.customer_id}", {"phone": "+49 30 7654321"})

    page = owner.get(f"/admin/bookings/customer/{booking.customer_id}/change/")

    story = [(entry.sentence, entry.about, entry.who) for entry in page.context_data["history"]]
    assert story == [
        ("Customer's details changed", "", "API key “test”"),
        ("Requested for Mon 16 Nov, 11:00", other.reference, "a command"),
        ("Confirmed", booking.reference, "a command"),
        ("Requested for Mon 16 Nov, 10:00", booking.reference, "a command"),
    ]
    assert f'href="/admin/bookings/booking/{other.pk}/change/"' in page.content.decode()
