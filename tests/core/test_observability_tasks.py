import pytest
import structlog
from celery import shared_task

from core.models import Organization
from core.observability import tasks as observed_tasks
from core.observability.context import current_request_id, request_id_of
from tests.core.log_lines import log_lines
from tests.core.test_observability_metrics import value_of

log = structlog.get_logger("a.task")
seen: list[str] = []


@shared_task
def inner():
    seen.append(current_request_id())
    log.info("Inside")


@shared_task
def outer():
    seen.append(current_request_id())
    inner.delay()
    seen.append(current_request_id())


@shared_task
def asks_the_database():
    Organization.objects.count()


@shared_task
def fails():
    raise ValueError


@pytest.fixture(autouse=True)
def _nothing_seen():
    seen.clear()


def test_a_task_stands_under_the_id_of_the_request_that_caused_it():
    with request_id_of("req-1"), log_lines() as lines:
        inner.delay()

    assert seen == ["req-1"]
    assert lines.of("a.task")[0]["requestId"] == "req-1"


def test_a_task_that_nobody_s_request_caused_gets_an_id_of_its_own():
    inner.delay()
    inner.delay()

    assert len(set(seen)) == 2
    assert all(seen)
    assert current_request_id() == ""


def test_a_task_inside_a_task_keeps_the_id_and_gives_it_back():
    with request_id_of("req-1"):
        outer.delay()

    assert seen == ["req-1", "req-1", "req-1"]


def test_the_id_travels_in_the_message_s_headers():
    headers: dict[str, str] = {}
    with request_id_of("req-1"):
        observed_tasks._send_the_request_id(headers=headers)

    assert headers == {"holdfast_request_id": "req-1"}


@pytest.mark.django_db
def test_tasks_their_ends_and_their_statements_are_counted():
    ended = f'holdfast_tasks_total{{outcome="success",task="{asks_the_database.name}"}}'
    queries = f'holdfast_database_queries_total{{route="{asks_the_database.name}"}}'
    before = value_of(ended), value_of(queries)
    asks_the_database.delay()

    assert (value_of(ended), value_of(queries)) == (before[0] + 1, before[1] + 1)


def test_a_task_that_fails_is_counted_by_its_error():
    ended = f'holdfast_tasks_total{{outcome="failure",task="{fails.name}"}}'
    error = f'holdfast_errors_total{{kind="ValueError",where="{fails.name}"}}'
    before = value_of(ended), value_of(error)
    fails.apply(throw=False)  # as in a worker, where an exception reaches nobody

    assert (value_of(ended), value_of(error)) == (before[0] + 1, before[1] + 1)
    assert current_request_id() == ""
