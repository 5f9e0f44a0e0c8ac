"""Others in the way: deadlocks, collisions, locks that nobody gives up. Every one is real."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date
from typing import Any

import pytest
from django.db import connection, transaction
from psycopg import IsolationLevel

from bookings.models import Booking
from bookings.services.customer import customer_for
from bookings.services.date_override import set_date_hours
from bookings.services.locking import lock_resources
from bookings.services.status import confirm_booking
from core import db
from core.access import Caller
from core.models import Event
from tests.bookings.exactly_once import (
    WITH_AND_WITHOUT_KEY,
    nothing_was_booked,
    one_booking,
    repeated,
)
from tests.cast import MIA
from tests.core.log_lines import Lines, log_lines
from tests.rivals import close_its_own_connection, wait_until, waiting_for_a_lock

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
def lines() -> Iterator[Lines]:
    with log_lines() as lines:
        yield lines


@contextmanager
def rival(work: Callable[[Callable[[], None]], object]) -> Iterator[Future]:
    """Do `work` in a transaction of another connection; it calls what it gets once it is ready."""
    is_ready: list[bool] = []

    def in_its_transaction() -> object:
        try:
            with transaction.atomic():
                return work(lambda: is_ready.append(True))
        finally:
            is_ready.append(True)
            close_its_own_connection()

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(in_its_transaction)
        wait_until(lambda: is_ready)
        yield running
        running.result()


def ask(question: str, *parameters: Any) -> object:
    with connection.cursor() as cursor:
        cursor.execute(question, parameters)
        return cursor.fetchone()


@WITH_AND_WITHOUT_KEY
def test_a_server_process_that_is_ended_in_mid_transaction_costs_nothing(
    desk, wish, anna, quickly, lines, headers
):
    def end_whoever_waits_for_anna(ready):
        lock_resources([anna.pk])
        ready()
        (pid,) = wait_until(waiting_for_a_lock)
        ask("SELECT pg_terminate_backend(%s)", pid)
        wait_until(lambda: not waiting_for_a_lock())

    with rival(end_whoever_waits_for_anna):
        response = desk.post(BOOKINGS, wish, headers=headers)

    assert response.status_code == 201
    assert response.json()["data"]["id"] == str(one_booking().pk)
    assert repeated(lines) == ["57P01"]


@WITH_AND_WITHOUT_KEY
def test_a_deadlock_is_repeated_and_nobody_notices(desk, wish, anna, lines, headers):
    """We hold Anna and wait for the customer; somebody else the other way round."""

    def make_the_customer_first(ready):
        customer_for(MIA, organization_id=anna.organization_id)
        ready()
        wait_until(waiting_for_a_lock)
        lock_resources([anna.pk])

    with rival(make_the_customer_first):
        response = desk.post(BOOKINGS, wish, headers=headers)

    assert response.status_code == 201
    assert response.json()["data"]["id"] == str(one_booking().pk)
    assert repeated(lines) == ["40P01"]


def test_a_deadlock_over_a_cancellation_is_repeated_too(desk, wish, anna, lines):
    booking = desk.post(BOOKINGS, wish).json()["data"]

    def lock_the_booking_first(ready):
        Booking.objects.select_for_update().get(pk=booking["id"])
        ready()
        wait_until(waiting_for_a_lock)
        lock_resources([anna.pk])

    with rival(lock_the_booking_first):
        response = desk.delete(f"{BOOKINGS}/{booking['id']}")

    assert response.status_code == 200
    assert Event.objects.filter(name="booking.cancelled").count() == 1
    assert repeated(lines) == ["40P01"]


def test_a_serialization_failure_is_repeated(book, staff, lines, monkeypatch):
    """READ COMMITTED knows none; an installation may be stricter."""
    booking = book()
    options = connection.settings_dict["OPTIONS"]
    monkeypatch.setitem(options, "isolation_level", IsolationLevel.REPEATABLE_READ)
    connection.close()

    def write_the_same_row(ready):
        Booking.objects.filter(pk=booking.pk).update(reminder_sent=True)
        ready()
        wait_until(waiting_for_a_lock)

    with rival(write_the_same_row):
        confirmed = confirm_booking(booking, caller=staff)

    connection.close()
    assert (confirmed.status, confirmed.version) == ("CONFIRMED", 2)
    assert Booking.objects.get().reminder_sent is True
    assert repeated(lines) == ["40001"]


@pytest.fixture
def impatient(desk, monkeypatch):
    """Nobody waits longer than a fifth of a second for a lock, instead of three."""
    options = connection.settings_dict["OPTIONS"]
    monkeypatch.setitem(options, "options", f"{options['options']} -c lock_timeout=200ms")
    connection.close()
    yield
    connection.close()


@WITH_AND_WITHOUT_KEY
def test_who_waits_too_long_for_a_lock_is_told_so_at_once(
    impatient, desk, wish, anna, lines, headers
):
    def keep_anna(ready):
        lock_resources([anna.pk])
        ready()
        wait_until(waiting_for_a_lock)
        wait_until(lambda: not waiting_for_a_lock())

    with rival(keep_anna):
        response = desk.post(BOOKINGS, wish, headers=headers)

    assert (response.status_code, response["Retry-After"]) == (503, "1")
    assert response.json()["error"]["errorCode"] == "DATABASE_ERROR"
    assert repeated(lines) == []
    assert nothing_was_booked()


def test_who_waits_for_a_lock_until_the_requests_time_is_over_is_told_so(
    desk, wish, anna, settings
):
    settings.REQUEST_TIMEOUT_SECONDS = 0.5

    def keep_anna(ready):
        lock_resources([anna.pk])
        ready()
        wait_until(waiting_for_a_lock)
        wait_until(lambda: not waiting_for_a_lock())

    with rival(keep_anna):
        response = desk.post(BOOKINGS, wish)

    assert response.status_code == 503
    assert response.json()["error"]["errorCode"] == "TIMEOUT"
    assert nothing_was_booked()


def test_who_waits_while_the_day_is_closed_is_judged_by_the_new_hours(desk, wish, anna, salon):
    day = date(2026, 11, 16)

    def close_the_day(ready):
        close = set_date_hours.__wrapped__  # in the rival's transaction instead of its own
        caller = Caller.command(salon.pk)
        close(organization_id=salon.pk, resource=anna, on=day, stretches=[], caller=caller)
        ready()
        wait_until(waiting_for_a_lock)

    with rival(close_the_day):
        answer = desk.post(BOOKINGS, wish)

    error = answer.json()["error"]
    assert (answer.status_code, error["details"]["reason"]) == (409, "OUTSIDE_HOURS")
    assert not Booking.objects.exists()
