"""The spine: what happened is told to whoever asked to know, at least once, whatever goes wrong."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import Event as Signal

import pytest
import structlog
import time_machine
from celery import current_app
from django.db import IntegrityError, transaction
from django.utils import timezone

from core import events
from core.db import in_one_transaction
from core.models import Event, Outbox
from core.observability.context import request_id_of
from core.tasks import relay_outbox
from tests.core.log_lines import log_lines
from tests.pg_proxy import AFTER, BEFORE, proxied
from tests.rivals import rivals, wait_until

pytestmark = pytest.mark.django_db

Handler = Callable[[Event], None]


@pytest.fixture(autouse=True)
def _no_nudges(settings):
    settings.QUEUE_NUDGES = False


@contextmanager
def listening(name: str, *handlers: Handler) -> Iterator[None]:
    """Let `handlers` hear of every event of that name, for a while."""
    for handler in handlers:
        events.handles(name)(handler)
    try:
        yield
    finally:
        del events._handlers[name]


@pytest.fixture
def ring(salon, staff) -> Callable[..., list[Event]]:
    """The bell rings: that many events, which nobody has heard of yet."""

    @in_one_transaction
    def ring(times: int = 1, **data: object) -> list[Event]:
        Outbox.objects.exclude(event__name__startswith="bell.").delete()
        rung = [
            events.build_for(salon.pk, "bell.rung", salon, caller=staff, number=number, **data)
            for number in range(times)
        ]
        return Event.objects.bulk_create(rung)

    return ring


@pytest.fixture
def answer(salon, staff) -> Handler:
    """A handler as it should be: it only writes a row, which says what it is about."""

    def answer(event: Event) -> None:
        answered = events.build_for(
            salon.pk, "bell.answered", salon, caller=staff, to=str(event.pk)
        )
        answered.save(force_insert=True)

    return answer


def answers() -> Counter[str]:
    """How often each ringing was answered."""
    rows = Event.objects.filter(name="bell.answered").order_by("id")
    return Counter(data["to"] for data in rows.values_list("data", flat=True))


def waiting() -> list[Outbox]:
    return list(Outbox.objects.filter(event__name="bell.rung").order_by("event_id"))


@contextmanager
def later(seconds: float) -> Iterator[None]:
    with time_machine.travel(timezone.now() + timedelta(seconds=seconds)):
        yield


# --- what is told ------------------------------------------------------------------------


def test_who_asked_for_an_event_hears_of_it_once(ring, answer):
    (event,) = ring()
    with listening("bell.rung", answer):
        assert events.relay() == 1
        events.relay()

    assert answers() == {str(event.pk): 1}
    assert waiting() == []


def test_everybody_who_asked_hears_it_and_nobody_else(ring):
    heard: list[str] = []
    ring()
    with (
        listening("bell.rung", lambda _: heard.append("Anna"), lambda _: heard.append("Ben")),
        listening("bell.broken", lambda _: heard.append("Mia")),
    ):
        events.relay()

    assert heard == ["Anna", "Ben"]


def test_what_nobody_asked_for_does_not_wait_for_ever(ring):
    ring()
    events.relay()

    assert waiting() == []
    assert Event.objects.filter(name="bell.rung").count() == 1


def test_events_are_told_in_the_order_in_which_they_happened(ring):
    heard: list[int] = []
    ring(5)
    with listening("bell.rung", lambda event: heard.append(event.data["number"])):
        events.relay()

    assert heard == [0, 1, 2, 3, 4]


def test_what_was_undone_never_happened(anna, staff):
    @transaction.atomic
    def ring_and_think_again() -> None:
        events.record("bell.rung", anna, caller=staff)
        raise KeyError

    with pytest.raises(KeyError):
        ring_and_think_again()

    assert not Event.objects.filter(name="bell.rung").exists()
    assert waiting() == []


def test_an_event_without_an_outbox_row_cannot_be(salon, staff):
    """Whoever writes one, by whatever way: the database itself puts it there."""
    event = events.build_for(salon.pk, "bell.rung", salon, caller=staff)
    event.save()

    assert [row.pk for row in waiting()] == [event.pk]
    with pytest.raises(IntegrityError), transaction.atomic():
        Outbox.objects.create(event=event)


def test_a_task_drains_everything_that_waits(ring, answer):
    ring(250)
    with listening("bell.rung", answer):
        relay_outbox()

    assert len(answers()) == 250
    assert waiting() == []


def test_a_nudge_that_was_lost_is_made_up_for_by_the_clock(ring, answer, settings):
    (event,) = ring()  # and nobody was nudged
    entry = settings.CELERY_BEAT_SCHEDULE["relay-outbox"]
    assert entry["schedule"] <= 5  # seconds
    with listening("bell.rung", answer):
        current_app.tasks[entry["task"]].apply()

    assert answers() == {str(event.pk): 1}


def test_what_a_handler_logs_stands_under_the_request_in_which_it_happened(ring):
    with request_id_of("a-request"):
        ring()
    ring()

    with (
        listening("bell.rung", lambda _: structlog.get_logger("a.handler").info("Heard")),
        request_id_of("a-task"),
        log_lines() as lines,
    ):
        events.relay()

    assert [line["requestId"] for line in lines.of("a.handler")] == ["a-request", "a-task"]


# --- what goes wrong in a handler --------------------------------------------------------


def test_a_handler_that_fails_holds_up_no_other_event(ring, answer):
    rung = ring(5)

    def fail(event: Event) -> None:
        if event.pk == rung[1].pk:
            raise ValueError("mia@example.com is no number")

    with listening("bell.rung", answer, fail):
        events.relay()

    told = [str(event.pk) for event in rung if event is not rung[1]]
    assert answers() == dict.fromkeys(told, 1)  # what was written for the other is undone
    (row,) = waiting()
    assert (row.event_id, row.attempts, row.last_error) == (rung[1].pk, 1, "ValueError")


def test_what_failed_is_told_again_until_it_succeeds(ring, answer):
    (event,) = ring()
    is_broken = True

    def fail_at_first(_: Event) -> None:
        if is_broken:
            raise ValueError

    with listening("bell.rung", answer, fail_at_first):
        events.relay()
        events.relay()  # not due yet
        assert [row.attempts for row in waiting()] == [1]
        with later(seconds=6):
            events.relay()
        assert [row.attempts for row in waiting()] == [2]
        is_broken = False
        with later(seconds=6 + 11):
            assert events.relay() == 1

    assert answers() == {str(event.pk): 1}
    assert waiting() == []


def test_it_waits_longer_each_time_but_never_more_than_half_an_hour(ring):
    ring()
    waits = []

    def fail(_: Event) -> None:
        raise ValueError

    with listening("bell.rung", fail), time_machine.travel(timezone.now(), tick=False) as clock:
        for _ in range(12):
            events.relay()
            (row,) = waiting()
            wait = (row.not_before - timezone.now()).total_seconds()
            waits.append(wait)
            clock.shift(wait)

    assert waits == [5, 10, 20, 40, 80, 160, 320, 640, 1280, 1800, 1800, 1800]


def test_one_bad_event_does_not_stop_the_task_from_draining_the_rest(ring, answer):
    rung = ring(150)

    def fail(event: Event) -> None:
        if event.data["number"] % 50 == 0:
            raise ValueError

    with listening("bell.rung", answer, fail):
        relay_outbox()

    assert len(answers()) == 147
    assert [row.event_id for row in waiting()] == [rung[n].pk for n in (0, 50, 100)]


# --- several at once, and lines that break -----------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_many_relays_at_once_tell_each_event_once(ring, answer):
    with rivals(4) as at_once, listening("bell.rung", answer):
        for number in range(1, 21):
            ring(30)
            told = at_once(*[lambda: events.relay(limit=20)] * 4)
            # Answers are events too, and some were in the way.
            wait_until(lambda: events.relay() == 0 and not waiting())

            assert all(isinstance(each, int) for each in told)
            assert set(answers().values()) == {1}
            assert len(answers()) == 30 * number


@pytest.mark.django_db(transaction=True)
def test_a_slow_relay_is_not_waited_for(ring):
    """What it has in hand is its own; another takes the rest."""
    first = ring(4)[0]
    is_in_hand, go_on = Signal(), Signal()
    heard: list[int] = []

    def hear(event: Event) -> None:
        if event.pk == first.pk:
            is_in_hand.set()
            assert go_on.wait(10)
        heard.append(event.data["number"])

    def relay_the_rest() -> int:
        assert is_in_hand.wait(10)
        told = events.relay()
        go_on.set()
        return told

    with rivals(2) as at_once, listening("bell.rung", hear):
        assert at_once(lambda: events.relay(limit=1), relay_the_rest) == [1, 3]

    assert heard == [1, 2, 3, 0]
    assert waiting() == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("when", [BEFORE, AFTER])
def test_a_connection_that_is_lost_while_it_commits_tells_nothing_twice(ring, answer, when):
    rung = ring(3)
    with proxied() as line, listening("bell.rung", answer):
        line.cut("COMMIT", when)
        events.relay()

    assert answers() == dict.fromkeys([str(event.pk) for event in rung], 1)
    assert waiting() == []


@pytest.mark.django_db(transaction=True)
def test_a_relay_that_dies_in_mid_handling_leaves_the_event_for_the_next(ring, answer):
    (event,) = ring()

    class Killed(BaseException):
        """As SIGKILL or a power cut: nothing more is written."""

    def die(_: Event) -> None:
        raise Killed

    with listening("bell.rung", answer, die), pytest.raises(Killed):
        events.relay()
    assert [row.attempts for row in waiting()] == [0]

    with listening("bell.rung", answer):
        events.relay()
    assert answers() == {str(event.pk): 1}
