"""Keeping a time for somebody who has not booked yet."""

from datetime import timedelta

import pytest
from rest_framework.test import APIClient

from bookings.errors import HoldLapsed, NotOffered, SlotTaken
from bookings.models import Allocation, Booking, Hold
from bookings.services import hold as hold_service
from bookings.services.hold import HoldClaim, drop_hold, new_token, place_hold
from bookings.services.rescheduling import Changes, update_booking
from bookings.services.status import cancel_booking
from bookings.tasks import lapse_holds
from core.errors import Invalid, NotFound
from core.models import ApiKey, Event
from tests.cast import a_key
from tests.factories import ServiceFactory

pytestmark = pytest.mark.django_db

HOLDS, BOOKINGS = "/api/holds", "/api/bookings"
HALF_AN_HOUR = timedelta(minutes=30)
TOKEN = new_token()


@pytest.fixture
def keep(clock, haircut, ten_o_clock, staff):
    """Keep half an hour at ten for five minutes, unless told otherwise."""

    def keep(at=ten_o_clock, **changes) -> Hold:
        usual = {"service": haircut, "minutes": 30, "token": TOKEN, "caller": staff}
        return place_hold(**{**usual, "starts_at": at, **changes})

    return keep


def claim(held: Hold, token: str = TOKEN) -> HoldClaim:
    return HoldClaim(held.pk, token)


def fields_of(refusal: Invalid) -> list[str]:
    fields = refusal.details["fields"]
    assert isinstance(fields, dict)
    return list(fields)


def names() -> list[str]:
    rows = Event.objects.exclude(name__startswith="api_key.").order_by("id")
    return list(rows.values_list("name", flat=True))


# --- while it lasts ----------------------------------------------------------------------


def test_a_held_time_is_nobody_elses(keep, book, ten_o_clock):
    held = keep()

    for attempt in (book, keep, lambda: book(at=ten_o_clock - timedelta(minutes=15))):
        with pytest.raises(SlotTaken):
            attempt()
    assert book(at=ten_o_clock + HALF_AN_HOUR).status == "PENDING"
    assert Allocation.objects.get(hold=held).expires_at == held.expires_at
    assert Hold.objects.count() == 1


def test_a_held_time_is_not_offered(keep, desk, ten_o_clock):
    window = {"from": "2026-11-16", "to": "2026-11-17"}
    before = desk.get("/api/availability", window).json()["data"]["slots"]
    keep()
    after = desk.get("/api/availability", window).json()["data"]["slots"]

    gone = {slot["startTime"] for slot in before} - {slot["startTime"] for slot in after}
    assert gone == {"2026-11-16T09:00:00Z"}


def test_a_hold_keeps_the_buffers_free_too(keep, book, haircut, ten_o_clock):
    haircut.buffer_after_minutes = 15
    keep()

    with pytest.raises(NotOffered) as refusal:
        book(at=ten_o_clock + HALF_AN_HOUR)
    assert refusal.value.reason == "BUFFER"


def test_a_hold_stands_in_the_way_of_a_move_as_well(keep, book, staff, ten_o_clock):
    booking = book(at=ten_o_clock + HALF_AN_HOUR)
    keep()

    with pytest.raises(SlotTaken):
        update_booking(booking, Changes(starts_at=ten_o_clock), caller=staff)
    assert Booking.objects.get().version == 1


def test_a_time_is_held_for_five_minutes_and_never_longer_than_thirty(keep, ten_o_clock):
    lasts = {}
    for number, minutes in enumerate((None, 30, 600)):
        kept = {} if minutes is None else {"kept_minutes": minutes}
        held = keep(at=ten_o_clock + number * HALF_AN_HOUR, **kept)
        lasts[minutes] = (held.expires_at - held.created_at).total_seconds()

    assert {minutes: round(seconds / 60) for minutes, seconds in lasts.items()} == {
        None: 5,
        30: 30,
        600: 30,
    }


def test_only_the_digest_of_the_token_is_kept(keep):
    assert TOKEN.encode() not in bytes(keep().token_digest)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"at": timedelta(days=-30)}, "timeSlot.startTime"),
        ({"minutes": 20}, "timeSlot.duration"),
    ],
)
def test_what_cannot_be_booked_cannot_be_held(keep, ten_o_clock, changes, field):
    if "at" in changes:
        changes = {"at": ten_o_clock + changes["at"]}
    with pytest.raises(Invalid) as refusal:
        keep(**changes)
    assert fields_of(refusal.value) == [field]
    with pytest.raises(NotOffered):
        keep(at=ten_o_clock + timedelta(hours=12))
    assert not Hold.objects.exists()


# --- how it becomes a booking ------------------------------------------------------------


def test_whoever_holds_a_time_books_it(keep, book, anna, ben, haircut):
    haircut.resources.add(ben)
    held = keep(resource=ben)
    kept = Allocation.objects.get()

    booking = book(hold=claim(held))

    assert booking.resource_id == ben.pk
    allocation = Allocation.objects.get()
    assert allocation.pk == kept.pk  # the very same: at no moment was the time free
    assert (allocation.booking_id, allocation.hold_id, allocation.expires_at) == (
        booking.pk,
        None,
        None,
    )
    held.refresh_from_db()
    assert held.ended_at is not None
    assert names() == ["hold.placed", "booking.created"]


def test_a_hold_is_good_for_one_booking(keep, book):
    held = keep()
    book(hold=claim(held))

    with pytest.raises(HoldLapsed):
        book(hold=claim(held))
    assert Booking.objects.count() == 1


def test_what_became_a_booking_can_no_longer_be_dropped(keep, book, staff):
    held = keep()
    book(hold=claim(held))

    drop_hold(held, token=TOKEN, caller=staff)

    assert Allocation.objects.get().released_at is None
    assert "hold.dropped" not in names()


def test_a_hold_is_for_what_was_held(keep, book, salon, haircut, anna, ben, ten_o_clock):
    haircut.resources.add(ben)
    shave = ServiceFactory(organization=salon, name="Shave", slug="shave", resources=[anna])
    held = keep(resource=anna)

    for changes, field in (
        ({"service": shave}, "serviceId"),
        ({"at": ten_o_clock + HALF_AN_HOUR}, "timeSlot.startTime"),
        ({"minutes": 45}, "timeSlot.duration"),
        ({"resource": ben}, "resourceId"),
    ):
        with pytest.raises(Invalid) as refusal:
            book(hold=claim(held), **changes)
        assert fields_of(refusal.value) == [field]

    assert not Booking.objects.exists()
    assert Allocation.objects.get().hold_id == held.pk
    assert book(hold=claim(held), resource=anna).resource_id == anna.pk


def test_a_wrong_token_finds_no_hold_and_changes_nothing(keep, book, staff):
    held = keep()
    unknown = HoldClaim(staff.organization_id, TOKEN)
    for wrong in (claim(held, new_token()), claim(held, ""), unknown):
        with pytest.raises(NotFound):
            book(hold=wrong)

    held.refresh_from_db()
    assert held.ended_at is None
    assert not Booking.objects.exists()
    assert names() == ["hold.placed"]


# --- how it ends -------------------------------------------------------------------------


def test_a_hold_that_has_lapsed_makes_way_for_the_next(keep, book, clock):
    held = keep()
    clock.shift(299)
    with pytest.raises(SlotTaken):
        book()
    clock.shift(2)

    booking = book()

    assert Allocation.objects.get(released_at=None).booking_id == booking.pk
    held.refresh_from_db()
    assert held.ended_at is not None
    assert names() == ["hold.placed", "hold.lapsed", "booking.created"]


def test_a_hold_that_has_lapsed_makes_way_for_a_hold_and_for_a_move(
    keep, book, staff, clock, ten_o_clock
):
    keep()
    keep(at=ten_o_clock + HALF_AN_HOUR)
    booking = book(at=ten_o_clock + 2 * HALF_AN_HOUR)
    clock.shift(301)

    held = keep()
    moved = update_booking(booking, Changes(starts_at=ten_o_clock + HALF_AN_HOUR), caller=staff)

    assert Allocation.objects.get(hold=held).released_at is None
    assert moved.version == 2
    assert names().count("hold.lapsed") == 2


def test_who_comes_too_late_with_a_hold_is_told_so(keep, book, clock):
    held = keep()
    clock.shift(301)

    with pytest.raises(HoldLapsed) as refusal:
        book(hold=claim(held))

    assert refusal.value.reason == "HOLD_LAPSED"
    assert not Booking.objects.exists()


def test_the_clock_releases_what_has_lapsed_and_nothing_else(keep, clock, ten_o_clock):
    lapsed = keep()
    kept = keep(at=ten_o_clock + HALF_AN_HOUR, kept_minutes=30)
    clock.shift(301)

    lapse_holds()
    lapse_holds()

    assert Allocation.objects.get(released_at=None).hold_id == kept.pk
    assert Hold.objects.get(ended_at=None) == kept
    event = Event.objects.get(name="hold.lapsed")
    assert (event.subject_id, event.actor_kind) == (lapsed.pk, "clock")


def test_the_clock_goes_on_until_none_is_left(keep, clock, ten_o_clock, monkeypatch):
    monkeypatch.setattr(hold_service, "LAPSED_BATCH", 2)
    for number in range(5):
        keep(at=ten_o_clock + number * HALF_AN_HOUR)
    clock.shift(301)

    lapse_holds()

    assert not Hold.objects.filter(ended_at=None).exists()
    assert Event.objects.filter(name="hold.lapsed").count() == 5


def test_the_clock_leaves_alone_what_became_a_booking(keep, book, clock, staff):
    booking = book(hold=claim(keep()))
    clock.shift(301)

    lapse_holds()

    assert Allocation.objects.get().released_at is None
    assert cancel_booking(booking, caller=staff).status == "CANCELLED"


# --- over the API ------------------------------------------------------------------------


@pytest.fixture
def held(website, wish) -> dict:
    """Held by the salon's website for somebody in front of it."""
    response = website.post(HOLDS, {"timeSlot": wish["timeSlot"]})
    assert response.status_code == 201, response.content
    held: dict = response.json()["data"]
    return held


def test_a_visitor_holds_a_time_and_books_it(website, wish, held, anna):
    assert held["timeSlot"] == {
        "startTime": "2026-11-16T09:00:00Z",
        "endTime": "2026-11-16T09:30:00Z",
        "duration": 30,
        "timezone": "Europe/Berlin",
    }
    assert held["resourceId"] == str(anna.pk)
    assert held["expiresAt"].startswith("2026-11-03T07:05:0")
    assert website.post(BOOKINGS, wish).status_code == 409

    mine = {"holdId": held["id"], "holdToken": held["token"]}
    response = website.post(BOOKINGS, {**wish, **mine})

    assert response.status_code == 201
    assert response.json()["data"]["resourceId"] == str(anna.pk)
    again = website.post(BOOKINGS, {**wish, **mine})
    assert again.status_code == 409
    assert again.json()["error"]["details"] == {"reason": "HOLD_LAPSED"}


def test_a_wrong_token_is_a_404(website, wish, held):
    for wrong in ({"holdId": held["id"], "holdToken": new_token()},):
        assert website.post(BOOKINGS, {**wish, **wrong}).status_code == 404
    half = website.post(BOOKINGS, {**wish, "holdId": held["id"]})
    assert half.status_code == 400
    assert list(half.json()["error"]["details"]["fields"]) == ["holdToken"]
    assert not Booking.objects.exists()


@pytest.mark.parametrize("minutes", [0, 31, "5", True])
def test_how_long_is_between_one_and_thirty_minutes(website, wish, minutes):
    response = website.post(HOLDS, {"timeSlot": wish["timeSlot"], "minutes": minutes})

    assert response.status_code == 400
    assert list(response.json()["error"]["details"]["fields"]) == ["minutes"]
    assert not Hold.objects.exists()


def test_the_time_is_given_back_by_the_token_or_by_the_key_that_made_it(
    desk, website, stranger, salon, wish, held
):
    path = f"{HOLDS}/{held['id']}"
    till = APIClient(headers={"X-API-Key": a_key(salon, kind=ApiKey.Kind.SECRET)})
    assert till.delete(path, {}).status_code == 404
    assert till.delete(path, {"token": new_token()}).status_code == 404
    assert stranger.delete(path, {"token": held["token"]}).status_code == 404
    assert Hold.objects.get().ended_at is None

    assert till.delete(path, {"token": held["token"]}).status_code == 200
    assert till.delete(path, {"token": held["token"]}).status_code == 200  # as good as once
    assert names().count("hold.dropped") == 1

    mine = desk.post(HOLDS, {"timeSlot": wish["timeSlot"]}).json()["data"]
    assert desk.delete(f"{HOLDS}/{mine['id']}", {}).status_code == 200
    assert website.post(BOOKINGS, wish).status_code == 201


def test_another_organizations_hold_is_not_there(stranger, wish, held):
    ServiceFactory(organization=ApiKey.objects.latest("created_at").organization, is_default=True)
    mine = {"holdId": held["id"], "holdToken": held["token"]}

    assert stranger.post(BOOKINGS, {**wish, **mine}).status_code == 404
    assert Hold.objects.get().ended_at is None


def test_a_hold_that_comes_too_late_is_told_what_else_is_free(website, book):
    book()
    slot = {"startTime": "2026-11-16T10:00:00+01:00", "duration": 30}

    response = website.post("/api/holds", {"timeSlot": slot})

    assert response.status_code == 409
    details = response.json()["error"]["details"]
    assert details["reason"] == "SLOT_TAKEN"
    assert [other["startTime"] for other in details["alternatives"]] == [
        "2026-11-16T08:00:00Z",
        "2026-11-16T08:30:00Z",
        "2026-11-16T09:30:00Z",
    ]
