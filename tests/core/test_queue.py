"""Waking the workers: soon, seldom, and never at anybody's expense."""

import json
import os
import signal
from time import monotonic, sleep

import pytest
from celery import current_app
from django.db import transaction

from core import tasks
from core.models import Outbox
from core.queue import SECONDS_BETWEEN_NUDGES, after_commit, nudge
from tests.core.log_lines import log_lines
from tests.rivals import wait_until

RELAY, FORGET = "core.tasks.relay_outbox", "core.tasks.forget_old_answers"


@pytest.fixture
def queue(redis, settings):
    """The names of the tasks whose messages wait in Redis, oldest first."""
    settings.QUEUE_NUDGES = True
    was_eager = current_app.conf.task_always_eager
    current_app.conf.task_always_eager = False
    sleep(2 * SECONDS_BETWEEN_NUDGES)  # what an earlier test rang for has been sent by now
    redis.flushall()

    def queue() -> list[str]:
        return [message["headers"]["task"] for message in messages(redis)]

    yield queue
    sleep(2 * SECONDS_BETWEEN_NUDGES)
    current_app.conf.task_always_eager = was_eager


def messages(redis) -> list[dict]:
    return [json.loads(text) for text in reversed(redis.lrange("celery", 0, -1))]


@pytest.mark.django_db(transaction=True)
def test_a_worker_is_woken_once_the_change_is_committed_and_not_before(queue):
    with transaction.atomic():
        after_commit(tasks.relay_outbox)
        sleep(2 * SECONDS_BETWEEN_NUDGES)
        assert queue() == []

    wait_until(queue)
    assert queue() == [RELAY]


@pytest.mark.django_db(transaction=True)
def test_nobody_is_woken_for_what_was_undone(queue):
    @transaction.atomic
    def think_again() -> None:
        after_commit(tasks.relay_outbox)
        raise KeyError

    with pytest.raises(KeyError):
        think_again()
    sleep(3 * SECONDS_BETWEEN_NUDGES)
    assert queue() == []


def test_a_nudge_says_nothing_but_wake_up(queue, redis):
    nudge(RELAY)
    wait_until(queue)

    (message,) = messages(redis)
    headers = message["headers"]
    assert (headers["argsrepr"], headers["kwargsrepr"]) == ("()", "{}")
    assert (headers["eta"], headers["ignore_result"]) == (None, True)


def test_a_thousand_bookings_in_a_second_are_ten_nudges(queue):
    started, rung = monotonic(), 0
    while monotonic() - started < 10.5 * SECONDS_BETWEEN_NUDGES:
        nudge(RELAY)
        rung += 1
        sleep(0.001)
    sleep(2 * SECONDS_BETWEEN_NUDGES)

    elapsed = monotonic() - started
    assert rung > 100
    assert 2 <= len(queue()) <= 1 + elapsed / SECONDS_BETWEEN_NUDGES
    assert set(queue()) == {RELAY}


def test_the_last_nudge_is_never_swallowed(queue, redis):
    """What is rung for while another is being sent is sent after it."""
    for _ in range(5):
        nudge(RELAY)
        wait_until(queue)
        redis.delete("celery")


def test_each_task_is_woken_for_itself(queue):
    for name in (RELAY, FORGET, RELAY):
        nudge(name)
    wait_until(lambda: len(queue()) >= 2)
    sleep(2 * SECONDS_BETWEEN_NUDGES)

    assert set(queue()) == {RELAY, FORGET}
    assert len(queue()) <= 3


def seconds_for(work) -> float:
    started = monotonic()
    work()
    return monotonic() - started


def nudge_a_hundred_times() -> None:
    for _ in range(100):
        nudge(RELAY)


def test_without_redis_a_nudge_costs_nothing_and_leaves_a_line(queue, servers):
    servers.redis.stop()
    try:
        with log_lines() as lines:
            assert seconds_for(nudge_a_hundred_times) < 0.1
            wait_until(lambda: lines.of("core.queue"))
            sleep(3 * SECONDS_BETWEEN_NUDGES)
    finally:
        servers.use_redis()

    dropped = lines.of("core.queue")
    assert {line["message"] for line in dropped} == {"Nudge dropped"}
    assert len(dropped) <= 2  # a hundred were rung for, and one or two sent for them all
    nudge(RELAY)
    wait_until(queue)


@pytest.mark.django_db(transaction=True)
def test_a_booking_is_taken_while_redis_is_gone_and_told_when_it_is_back(
    queue, servers, desk, wish
):
    servers.redis.stop()
    try:
        assert seconds_for(lambda: booked(desk, wish)) < 1
    finally:
        servers.use_redis()
    assert Outbox.objects.filter(event__name="booking.created").count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_booking_is_taken_while_redis_hangs(queue, redis, desk, wish):
    """A server that takes connections and answers nothing, as a machine out of memory does."""
    server = redis.info()["process_id"]
    os.kill(server, signal.SIGSTOP)
    try:
        assert seconds_for(lambda: booked(desk, wish)) < 1.5
    finally:
        os.kill(server, signal.SIGCONT)
    wait_until(lambda: RELAY in queue())


def booked(desk, wish) -> None:
    assert desk.post("/api/bookings", wish).status_code == 201
