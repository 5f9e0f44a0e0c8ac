"""What goes wrong between us and PostgreSQL: every fault here is a real one, none is raised by us.

Whatever happens, a booking is made once or not at all, and the answer says which.
"""

from collections.abc import Iterator
from time import perf_counter

import pytest
from django.db import connection, transaction

from bookings.models import Allocation, Hold
from bookings.services.status import confirm_booking
from core import db
from core.deadline import deadline_of
from core.errors import TimedOut, Unavailable
from core.models import Event, IdempotentRequest
from tests.bookings.exactly_once import (
    WITH_AND_WITHOUT_KEY,
    nothing_was_booked,
    one_booking,
    repeated,
)
from tests.core.log_lines import Lines, log_lines
from tests.pg_proxy import AFTER, BEFORE, DURING, PgProxy, proxied

pytestmark = pytest.mark.django_db(transaction=True)

BOOKINGS = "/api/bookings"


@pytest.fixture(autouse=True)
def _no_nudges(settings):
    settings.QUEUE_NUDGES = False


@pytest.fixture
def quickly(monkeypatch):
    """Connections that are lost are opened again after milliseconds instead of seconds."""
    monkeypatch.setattr(db, "LOST_CONNECTION_FIRST_WAIT_SECONDS", 0.02)


@pytest.fixture
def line(desk) -> Iterator[PgProxy]:
    """The line to PostgreSQL, which can be cut."""
    with proxied() as line:
        yield line


@pytest.fixture
def lines() -> Iterator[Lines]:
    with log_lines() as lines:
        yield lines


# --- the connection is lost while it commits ---------------------------------------------


@WITH_AND_WITHOUT_KEY
def test_a_commit_that_never_arrived_is_done_again(line, lines, quickly, desk, wish, headers):
    line.cut("COMMIT", BEFORE)

    response = desk.post(BOOKINGS, wish, headers=headers)

    assert response.status_code == 201
    assert response.json()["data"]["id"] == str(one_booking().pk)
    assert line.count("COMMIT") == 2
    assert repeated(lines) == [""]


@WITH_AND_WITHOUT_KEY
def test_a_commit_whose_answer_was_lost_is_not_done_again(
    line, lines, quickly, desk, wish, headers
):
    line.cut("COMMIT", AFTER)

    response = desk.post(BOOKINGS, wish, headers=headers)

    assert response.status_code == 201
    assert response["ETag"] == '"1"'
    assert response.json()["data"]["id"] == str(one_booking().pk)
    assert line.count("COMMIT") == 1
    assert repeated(lines) == [""]


@pytest.fixture
def slow_commits():
    """The server takes most of a second to commit an event."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION take_your_time() RETURNS trigger LANGUAGE plpgsql AS"
            " 'BEGIN PERFORM pg_sleep(0.7); RETURN NULL; END'"
        )
        cursor.execute(
            "CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON core_event DEFERRABLE"
            " INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION take_your_time()"
        )
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP FUNCTION take_your_time CASCADE")


@WITH_AND_WITHOUT_KEY
def test_a_commit_that_still_goes_on_when_it_is_repeated_counts(
    slow_commits, line, quickly, desk, wish, headers
):
    """The repetition waits in line behind its own first attempt, and finds its time taken."""
    line.cut("COMMIT", DURING)

    response = desk.post(BOOKINGS, wish, headers=headers)

    assert response.status_code == 201
    assert response.json()["data"]["id"] == str(one_booking().pk)


@pytest.mark.parametrize("when", [BEFORE, AFTER])
def test_a_change_whose_commit_was_cut_is_made_once(line, quickly, desk, wish, when):
    booking = desk.post(BOOKINGS, wish).json()["data"]
    path = f"{BOOKINGS}/{booking['id']}"
    later = {"startTime": "2026-11-16T11:00:00+01:00", "duration": 30}
    for version, change in enumerate(
        (
            lambda tag: desk.patch(path, {"status": "CONFIRMED"}, headers=tag),
            lambda tag: desk.put(path, {"timeSlot": later, "inquiry": "A fringe"}, headers=tag),
            lambda tag: desk.delete(path, headers=tag),
        ),
        start=1,
    ):
        line.cut("COMMIT", when)
        response = change({"If-Match": f'"{version}"'})
        assert response.status_code == 200, response.content
        assert response["ETag"] == f'"{version + 1}"'

    names = Event.objects.filter(subject_id=booking["id"]).order_by("id")
    assert [name.removeprefix("booking.") for name in names.values_list("name", flat=True)] == [
        "created",
        "confirmed",
        "rescheduled",
        "updated",
        "cancelled",
    ]
    assert not Allocation.objects.filter(released_at=None).exists()


def test_a_hold_whose_commit_was_cut_is_its_owners(line, quickly, desk, wish):
    line.cut("COMMIT", AFTER)
    held = desk.post("/api/holds", {"timeSlot": wish["timeSlot"]})

    assert held.status_code == 201
    assert Hold.objects.count() == Allocation.objects.count() == 1
    claim = {"holdId": held.json()["data"]["id"], "holdToken": held.json()["data"]["token"]}
    assert desk.post(BOOKINGS, {**wish, **claim}).status_code == 201
    one_booking()


def test_a_refusal_whose_commit_was_cut_is_kept_once(line, quickly, desk, wish):
    desk.post(BOOKINGS, wish)
    line.cut("COMMIT", AFTER)
    again = {"Idempotency-Key": "two"}

    first, second = (desk.post(BOOKINGS, wish, headers=again) for _ in range(2))

    assert (first.status_code, second.status_code) == (409, 409)
    assert first.json() == second.json()
    assert IdempotentRequest.objects.count() == 1
    one_booking()


def test_what_follows_a_commit_follows_it_although_its_answer_was_lost(line, quickly, book, staff):
    """As the nudge to the workers does, or the word to other processes that a key was revoked."""
    booking, heard = book(), []

    @db.in_one_transaction
    def confirm_and_tell():
        transaction.on_commit(lambda: heard.append("confirmed"))
        return confirm_booking(booking, caller=staff)

    line.cut("COMMIT", AFTER)
    assert confirm_and_tell().version == 2
    assert heard == ["confirmed"]


# --- it stays away, or is too slow -------------------------------------------------------


@WITH_AND_WITHOUT_KEY
def test_after_three_attempts_we_say_so_and_nothing_is_kept(
    line, lines, quickly, desk, wish, headers
):
    line.cut("COMMIT", BEFORE, times=3)

    response = desk.post(BOOKINGS, wish, headers=headers)

    assert response.status_code == 503
    assert response["Retry-After"] == "5"
    assert response.json()["error"]["errorCode"] == "DATABASE_ERROR"
    assert line.count("COMMIT") == 3
    assert nothing_was_booked()

    again = desk.post(BOOKINGS, wish, headers=headers)
    assert again.status_code == 201
    assert "Idempotency-Replayed" not in again.headers
    one_booking()


@pytest.mark.parametrize(
    "statement", ["BEGIN", "SELECT id, updated_at FROM bookings_resource", "WITH part_0"]
)
@WITH_AND_WITHOUT_KEY
def test_wherever_in_the_transaction_the_line_is_cut_it_is_done_once(
    line, lines, quickly, desk, wish, headers, statement
):
    for when in (BEFORE, AFTER):
        line.cut(statement, when)

    response = desk.post(BOOKINGS, wish, headers=headers)

    assert response.status_code == 201
    assert response.json()["data"]["id"] == str(one_booking().pk)
    assert repeated(lines) == ["", ""]


def test_no_attempt_begins_after_the_requests_time_is_over(line, desk, wish, settings):
    settings.REQUEST_TIMEOUT_SECONDS = 0.8  # the first wait is 1 s at least
    line.cut("COMMIT", BEFORE, times=3)
    started = perf_counter()

    response = desk.post(BOOKINGS, wish)

    assert (response.status_code, response["Retry-After"]) == (503, "5")
    assert perf_counter() - started < 0.8
    assert line.count("COMMIT") == 1
    assert nothing_was_booked()


def test_waits_between_attempts_are_a_second_then_two(line, desk, wish):
    line.cut("COMMIT", BEFORE, times=2)
    started = perf_counter()

    assert desk.post(BOOKINGS, wish).status_code == 201
    assert 3 <= perf_counter() - started < 1.25 + 2.5 + 2


def test_outside_of_a_request_the_same_refusals_are_raised(line, quickly, book, haircut):
    line.cut("COMMIT", BEFORE, times=3)
    with pytest.raises(Unavailable):
        book()
    with deadline_of(0), pytest.raises(TimedOut):
        book()
    assert nothing_was_booked()


# --- the connection is lost before the work's own transaction ----------------------------


@WITH_AND_WITHOUT_KEY
def test_what_is_read_before_the_booking_is_read_again(line, lines, quickly, desk, wish, headers):
    line.cut("SELECT service.id", BEFORE)

    response = desk.post(BOOKINGS, wish, headers=headers)

    assert response.status_code == 201
    assert response.json()["data"]["id"] == str(one_booking().pk)
    assert repeated(lines) == [""]
