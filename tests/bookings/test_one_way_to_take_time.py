"""The shape of the transaction in which time is taken: what is one, what joins, what is refused."""

import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from threading import Event as Signal
from typing import Any

import pytest
from django.contrib import admin
from django.db import connection, transaction
from django.test import RequestFactory

from bookings.errors import ReferenceTaken, SlotTaken
from bookings.models import Allocation, Booking, Customer, Hold
from bookings.services import allocating, locking
from bookings.services import status as status_service
from bookings.services.customer import customer_for
from bookings.services.hold import new_token, place_hold
from bookings.services.status import cancel_booking
from core.db import in_one_transaction
from core.models import Event
from tests.cast import MIA
from tests.factories import UserFactory
from tests.pg_proxy import proxied
from tests.rivals import close_its_own_connection, wait_until, waiting_for_a_lock

pytestmark = pytest.mark.django_db(transaction=True)

WEEK = timedelta(weeks=1)
HALF_AN_HOUR = timedelta(minutes=30)


@pytest.fixture(autouse=True)
def _no_nudges(settings):
    settings.QUEUE_NUDGES = False


@contextmanager
def somebody_else():
    """A thread that goes on beside us, with a connection of its own."""
    with ThreadPoolExecutor(1) as thread:
        yield thread.submit
        thread.submit(close_its_own_connection).result()


def outcome_of(work: Callable, *args):
    try:
        return work(*args)
    except Exception as error:
        return error


# --- several as one ----------------------------------------------------------------------


@pytest.fixture
def series(book, ten_o_clock):
    """Book the same time in three weeks in one transaction; `past_refusals` skips what is taken."""

    @in_one_transaction
    def series(*, past_refusals: bool = False) -> tuple[list[Booking], list[SlotTaken]]:
        made, refused = [], []
        for week in range(3):
            try:
                made.append(book(at=ten_o_clock + week * WEEK))
            except SlotTaken as taken:
                if not past_refusals:
                    raise
                refused.append(taken)
        return made, refused

    return series


def test_a_series_takes_all_its_times_in_one_transaction(series, ten_o_clock):
    with proxied() as line:
        made, _ = series()

    assert [booking.starts_at for booking in made] == [ten_o_clock + n * WEEK for n in range(3)]
    assert Booking.objects.count() == Allocation.objects.count() == Event.objects.count() == 3
    assert line.count("BEGIN") == line.count("COMMIT") == 1
    assert line.count("SAVEPOINT") == line.count("RELEASE SAVEPOINT") == 3


def test_a_series_that_cannot_have_all_its_times_takes_none(series, book, ten_o_clock):
    book(at=ten_o_clock + 2 * WEEK)

    with pytest.raises(SlotTaken):
        series()

    assert Booking.objects.get().starts_at == ten_o_clock + 2 * WEEK
    assert Allocation.objects.count() == Event.objects.count() == Customer.objects.count() == 1


def test_a_series_may_go_on_past_a_time_that_is_taken(series, book, ten_o_clock):
    book(at=ten_o_clock + WEEK)

    with proxied() as line:
        made, refused = series(past_refusals=True)

    assert [booking.starts_at for booking in made] == [ten_o_clock, ten_o_clock + 2 * WEEK]
    assert len(refused) == 1
    assert len(refused[0].details["alternatives"]) == 3
    assert Booking.objects.count() == Event.objects.count() == 3
    assert line.count("BEGIN") == line.count("COMMIT") == 1


def test_a_series_goes_on_even_when_it_was_the_database_that_refused(series, anna, ten_o_clock):
    """The constraint has the last word: here against somebody who waits in no line."""
    commit = Signal()

    @transaction.atomic
    def take_without_asking():
        take(anna, ten_o_clock + WEEK)
        commit.wait(5)

    with somebody_else() as start:
        intruder = start(take_without_asking)
        wait_until(lambda: someone_is("idle in transaction"))
        with somebody_else() as start_beside:
            running = start_beside(outcome_of, lambda: series(past_refusals=True))
            wait_until(waiting_for_a_lock)
            commit.set()
            made, refused = running.result()
        intruder.result()

    assert [booking.starts_at for booking in made] == [ten_o_clock, ten_o_clock + 2 * WEEK]
    assert [refusal.reason for refusal in refused] == ["SLOT_TAKEN"]
    assert Booking.objects.count() == Event.objects.count() == 2


def take(anna, at):
    """Keep Anna busy for half an hour, as no service would: without a lock, asking nobody."""
    haircut = anna.services.get()
    until = at + HALF_AN_HOUR
    held = Hold.objects.create(
        organization_id=anna.organization_id,
        service=haircut,
        resource=anna,
        starts_at=at,
        ends_at=until,
        token_digest=b"x" * 32,
        expires_at=until,
    )
    Allocation.objects.create(
        lane=anna.lanes.get(), hold=held, starts_at=at, ends_at=until, expires_at=until
    )


def someone_is(state: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND state = %s",
            [state],
        )
        return cursor.fetchone() is not None


def test_a_reference_that_was_drawn_before_is_drawn_again(series, monkeypatch):
    """Also inside a series, whose first booking must not be lost over it."""
    draw = iter(["2" * 8, "2" * 8, "3" * 8, "4" * 8])
    letters = iter("".join(draw))
    monkeypatch.setattr(secrets, "choice", lambda _: next(letters))

    made, _ = series()

    assert [booking.reference for booking in made] == ["2222-2222", "3333-3333", "4444-4444"]
    assert Booking.objects.count() == Event.objects.count() == 3


def test_a_reference_that_is_always_taken_is_not_drawn_for_ever(book, ten_o_clock, monkeypatch):
    monkeypatch.setattr(secrets, "choice", lambda _: "2")
    book()

    with pytest.raises(ReferenceTaken):
        book(at=ten_o_clock + WEEK)

    assert Booking.objects.count() == Event.objects.count() == 1


# --- a hold inside a cancellation --------------------------------------------------------


@pytest.fixture
def cancel_and_hold(haircut, anna, staff):
    """Cancel and keep the time, as for the next on a waiting list, in one transaction."""

    @in_one_transaction
    def cancel_and_hold(booking: Booking, *, at=None, meanwhile: Callable = lambda: None) -> Hold:
        cancel_booking(booking, caller=staff)
        meanwhile()
        return place_hold(
            service=haircut,
            starts_at=at or booking.starts_at,
            minutes=30,
            resource=anna,
            token=new_token(),
            caller=staff,
        )

    return cancel_and_hold


def test_a_cancelled_time_can_be_kept_for_the_next_in_the_same_transaction(cancel_and_hold, book):
    booking = book()
    with proxied() as line:
        held = cancel_and_hold(booking)

    assert line.count("BEGIN") == line.count("COMMIT") == 1
    assert Booking.objects.get().status == "CANCELLED"
    released, kept = Allocation.objects.order_by("id")
    assert (released.booking_id, released.released_at is None) == (booking.pk, False)
    assert (kept.hold_id, kept.released_at, kept.starts_at) == (held.pk, None, booking.starts_at)
    names = Event.objects.order_by("id").values_list("name", flat=True)
    assert list(names) == ["booking.created", "booking.cancelled", "hold.placed"]


def test_nobody_can_book_between_the_cancellation_and_the_hold(cancel_and_hold, book, ten_o_clock):
    booking = book()
    with somebody_else() as start:
        rival = None

        def meanwhile():
            nonlocal rival
            rival = start(outcome_of, book)
            with ThreadPoolExecutor(1) as watcher:  # this connection is in its transaction
                watcher.submit(watch).result()

        held = cancel_and_hold(booking, meanwhile=meanwhile)
        assert rival is not None
        refusal = rival.result()

    assert isinstance(refusal, SlotTaken)
    assert Allocation.objects.get(released_at=None).hold_id == held.pk
    assert Booking.objects.count() == 1


def watch() -> None:
    wait_until(waiting_for_a_lock)
    close_its_own_connection()


def test_a_hold_that_is_refused_takes_the_cancellation_with_it(cancel_and_hold, book, ten_o_clock):
    booking, other = book(), book(at=ten_o_clock + HALF_AN_HOUR)

    with pytest.raises(SlotTaken):
        cancel_and_hold(booking, at=other.starts_at)

    assert set(Booking.objects.values_list("status", flat=True)) == {"PENDING"}
    assert Allocation.objects.filter(released_at=None).count() == 2
    assert Event.objects.count() == 2
    assert not Hold.objects.exists()


# --- who may open it ---------------------------------------------------------------------


def test_a_service_is_not_called_inside_somebody_elses_transaction(book, staff):
    """It could neither repeat what heals by itself nor promise that it is kept."""
    booking = book()
    for service in (
        lambda: book(at=booking.ends_at),
        lambda: cancel_booking(booking, caller=staff),
    ):
        with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
            service()

    assert Booking.objects.get().status == "PENDING"
    assert Event.objects.count() == 1


class NaiveBookingAdmin(admin.ModelAdmin):
    """An admin page as one would write it first: Django's own form, calling a service."""

    fields = ["reference"]
    readonly_fields = ["reference"]

    def save_model(self, request, obj, form, change):
        cancel_booking(obj, caller=request.caller)

    def log_change(self, *args):
        """Keep no log."""


def test_djangos_own_change_form_is_such_a_transaction(book, staff):
    booking = book()
    pages = NaiveBookingAdmin(Booking, admin.AdminSite())
    request: Any = RequestFactory().post("/", {})
    request._dont_enforce_csrf_checks = True
    request.user, request.caller = UserFactory(is_staff=True, is_superuser=True), staff

    with pytest.raises(RuntimeError, match="durable"):
        pages.changeform_view(request, str(booking.pk))

    assert Booking.objects.get().status == "PENDING"


def test_what_takes_locks_runs_only_inside_a_door(book, haircut, anna, ten_o_clock):
    booking = book()
    held = Hold(resource=anna, token_digest=b"")
    for work in (
        lambda: locking.lock_resources([anna.pk]),
        lambda: allocating.find_place(
            service=haircut, starts_at=ten_o_clock + HALF_AN_HOUR, minutes=30
        ),
        lambda: allocating.give_back(booking=booking),
        lambda: allocating.relabel(held, booking),
        lambda: allocating.end_holds([held.pk], ten_o_clock),
        lambda: status_service.locked(booking),
        lambda: customer_for(MIA, organization_id=haircut.organization_id),
    ):
        with pytest.raises(RuntimeError, match="inside in_one_transaction"):
            work()

    assert Allocation.objects.get().released_at is None


# --- what it says, and to whom -----------------------------------------------------------


def test_a_booking_locks_first_reads_what_is_busy_then_and_writes_in_one_statement(book):
    at = book().ends_at
    with proxied() as line:
        book(at=at)
        said = line.statements

    assert (said[0], said[-1]) == ("BEGIN", "COMMIT")
    (lock,) = [n for n, text in enumerate(said) if "FOR NO KEY UPDATE" in text]
    assert "ORDER BY" in said[lock]
    reads = [n for n, text in enumerate(said) if "bookings_allocation" in text]
    assert lock < reads[0] < len(said) - 2
    for table in ("bookings_booking", "bookings_allocation", "core_event"):
        writes = [n for n, text in enumerate(said) if f'INSERT INTO "{table}"' in text]
        assert writes == [len(said) - 2]
