"""Appointments that belong together, over the API."""

from datetime import timedelta

import pytest

from bookings.models import Allocation, Booking, Customer, Series
from core.models import Event

pytestmark = pytest.mark.django_db

SERIES = "/api/series"
WEEKLY = "FREQ=WEEKLY;COUNT=4"


@pytest.fixture
def weekly(wish):
    return {**wish, "recurrence": WEEKLY}


def starts(bookings) -> list[str]:
    return [booking["timeSlot"]["startTime"] for booking in bookings]


def test_four_weeks_are_booked_at_once_on_the_wall_clock(desk, wish):
    # The clock goes forward in between, and ten stays ten.
    slot = {"startTime": "2027-03-15T10:00:00+01:00", "duration": 30}
    answer = desk.post(SERIES, {**wish, "timeSlot": slot, "recurrence": WEEKLY})

    data = answer.json()["data"]
    assert answer.status_code == 201, answer.content
    assert starts(data["bookings"]) == [
        "2027-03-15T09:00:00Z",
        "2027-03-22T09:00:00Z",
        "2027-03-29T08:00:00Z",
        "2027-04-05T08:00:00Z",
    ]
    assert data["conflicts"] == []
    assert {one["seriesId"] for one in data["bookings"]} == {data["id"]}
    assert Series.objects.get().recurrence == "FREQ=WEEKLY;COUNT=4"
    assert Customer.objects.count() == 1


def test_one_time_that_is_taken_refuses_them_all(desk, weekly, book, ten_o_clock):
    book(at=ten_o_clock + timedelta(days=14))

    answer = desk.post(SERIES, weekly)

    error = answer.json()["error"]
    assert (answer.status_code, error["details"]) == (
        409,
        {
            "reason": "SLOT_TAKEN",
            "conflicts": [{"startTime": "2026-11-30T09:00:00Z", "reason": "SLOT_TAKEN"}],
        },
    )
    assert (Booking.objects.count(), Allocation.objects.count()) == (1, 1)
    assert Series.objects.count() == Event.objects.filter(name="series.created").count() == 0


def test_what_is_taken_may_be_left_out(desk, weekly, book, ten_o_clock):
    book(at=ten_o_clock + timedelta(days=14))

    data = desk.post(SERIES, {**weekly, "mode": "SKIP_CONFLICTS"}).json()["data"]

    assert starts(data["bookings"]) == [
        "2026-11-16T09:00:00Z",
        "2026-11-23T09:00:00Z",
        "2026-12-07T09:00:00Z",
    ]
    assert [one["startTime"] for one in data["conflicts"]] == ["2026-11-30T09:00:00Z"]


def test_a_dry_run_says_the_same_and_keeps_nothing(desk, weekly, book, ten_o_clock):
    book(at=ten_o_clock + timedelta(days=14))

    data = desk.post(SERIES, {**weekly, "dryRun": True}).json()["data"]

    assert (data["id"], data["bookings"], len(data["times"])) == (None, [], 4)
    assert data["conflicts"] == [{"startTime": "2026-11-30T09:00:00Z", "reason": "SLOT_TAKEN"}]
    assert (Booking.objects.count(), Series.objects.count()) == (1, 0)


@pytest.mark.parametrize(
    ("recurrence", "sentence"),
    [
        ("FREQ=WEEKLY", "A recurrence has to end: give COUNT or UNTIL."),
        ("FREQ=HOURLY;COUNT=3", "Nothing recurs more often than daily here."),
        ("FREQ=DAILY;COUNT=200", "A series has at most 104 appointments."),
        ("every week", "Write a recurrence like FREQ=WEEKLY;BYDAY=MO;COUNT=8."),
    ],
)
def test_a_rule_that_is_none_is_refused_by_name(desk, wish, recurrence, sentence):
    answer = desk.post(SERIES, {**wish, "recurrence": recurrence})

    assert answer.status_code == 400
    assert answer.json()["error"]["details"]["fields"] == {"recurrence": [sentence]}
    assert Booking.objects.count() == 0


def test_a_publishable_key_books_no_series(website, weekly):
    assert website.post(SERIES, weekly).status_code == 403
    assert Booking.objects.count() == 0


class TestSeveral:
    @pytest.fixture
    def series(self, desk, weekly):
        return desk.post(SERIES, weekly).json()["data"]

    @pytest.fixture
    def third(self, series):
        return series["bookings"][2]["id"]

    def ask(self, desk, series, call: str, **body):
        return desk.post(f"{SERIES}/{series['id']}/{call}", body)

    def test_cancelling_this_and_those_after_it_leaves_the_first_two(self, desk, series, third):
        answer = self.ask(
            desk, series, "cancel", bookingId=third, scope="FOLLOWING", reason="Moves away"
        )

        assert [one["status"] for one in answer.json()["data"]["bookings"]] == ["CANCELLED"] * 2
        statuses = Booking.objects.order_by("series_position").values_list("status", flat=True)
        assert list(statuses) == ["PENDING", "PENDING", "CANCELLED", "CANCELLED"]
        assert Allocation.objects.filter(released_at=None).count() == 2
        again = self.ask(desk, series, "cancel", bookingId=third, scope="FOLLOWING")
        assert again.json()["error"]["details"]["reason"] == "ILLEGAL_TRANSITION"

    def test_all_are_confirmed_at_once(self, desk, series, third):
        self.ask(desk, series, "confirm", bookingId=third, scope="ALL")

        assert set(Booking.objects.values_list("status", "version")) == {("CONFIRMED", 2)}

    def test_moving_them_moves_each_by_as_much(self, desk, series, third, book, ten_o_clock):
        slot = {"startTime": "2026-12-01T11:30:00+01:00", "duration": 30}
        answer = self.ask(
            desk, series, "reschedule", bookingId=third, scope="FOLLOWING", timeSlot=slot
        )

        assert starts(answer.json()["data"]["bookings"]) == [
            "2026-12-01T10:30:00Z",
            "2026-12-08T10:30:00Z",
        ]
        assert Allocation.objects.filter(released_at=None).count() == 4

    def test_a_move_onto_ones_own_other_times_is_fine(self, desk, series, third):
        slot = {"startTime": "2026-12-07T10:00:00+01:00", "duration": 30}
        answer = self.ask(desk, series, "reschedule", bookingId=third, scope="ALL", timeSlot=slot)

        assert starts(answer.json()["data"]["bookings"])[0] == "2026-11-23T09:00:00Z"

    def test_a_move_that_meets_somebody_moves_nobody(self, desk, series, third, book, ten_o_clock):
        book(at=ten_o_clock + timedelta(days=21, hours=1))
        before = set(Booking.objects.values_list("pk", "starts_at", "version"))
        live = set(Allocation.objects.filter(released_at=None).values_list("pk", flat=True))
        slot = {"startTime": "2026-11-30T11:00:00+01:00", "duration": 30}

        answer = self.ask(desk, series, "reschedule", bookingId=third, scope="ALL", timeSlot=slot)

        assert answer.json()["error"]["details"] == {
            "reason": "SLOT_TAKEN",
            "conflicts": [{"startTime": "2026-12-07T10:00:00Z", "reason": "SLOT_TAKEN"}],
        }
        assert set(Booking.objects.values_list("pk", "starts_at", "version")) == before
        assert set(Allocation.objects.filter(released_at=None).values_list("pk", flat=True)) == live

    def test_another_series_booking_is_not_found(self, desk, series, book):
        alone = book(at=Booking.objects.get(series_position=0).starts_at + timedelta(hours=2))

        answer = self.ask(desk, series, "cancel", bookingId=str(alone.pk), scope="ALL")

        assert answer.status_code == 404
        assert Booking.objects.filter(status="CANCELLED").count() == 0

    def test_strangers_find_nothing(self, stranger, series, third):
        answer = self.ask(stranger, series, "cancel", bookingId=third, scope="ALL")

        assert answer.status_code == 404
        assert Booking.objects.filter(status="CANCELLED").count() == 0
