import threading
import time

import httpx
import pytest
from celery.exceptions import AlwaysEagerIgnored

from config.celery import app
from core.health import checks
from core.observability.context import request_id_of
from tests.core.processes import environment, free_port, python, running, wait_until_it_answers

pytestmark = pytest.mark.journey

TOKEN = "a-token-of-at-least-32-characters"
STEPS = ["Asked to stop: health says so, what runs is finished", "Stopped, the database left last"]


@pytest.fixture
def told(servers, tmp_path):
    """What the processes of a test are told."""

    def told(**more: str) -> dict[str, str]:
        return environment(
            database=servers.postgres.url, redis=servers.redis.url, var=tmp_path, **more
        )

    return told


@pytest.fixture
def web(told):
    """A web process with two workers; its address."""
    port = free_port()
    told_web = told(
        PORT=str(port), WEB_PROCESSES="2", DRAIN_SECONDS="1.5", METRICS_TOKEN=TOKEN, DEBUG="0"
    )
    with running(python("-m", "config.web"), told_web) as process:
        process.url = f"http://127.0.0.1:{port}"
        wait_until_it_answers(f"{process.url}/health/lb")
        yield process


def ask_until(url, status):
    """Ask over new connections until one is answered with `status`; the answer.

    Of two workers with one thread each, the one that is busy answers nobody else meanwhile.
    """
    until = time.monotonic() + 5
    while time.monotonic() < until:
        try:
            answer = httpx.get(url, timeout=0.1)
            if answer.status_code == status:
                return answer
        except httpx.HTTPError:
            pass
    raise AssertionError(f"no {status}")


def test_a_web_process_sends_load_balancers_away_at_once_and_finishes_what_runs(web):
    answers = []
    asking = threading.Thread(
        target=lambda: answers.append(httpx.get(f"{web.url}/slow/2500", timeout=20))
    )
    asking.start()
    time.sleep(0.3)
    web.terminate()
    told_at = time.monotonic()
    refused = ask_until(f"{web.url}/health/lb", 503)

    assert time.monotonic() - told_at < 1.5
    assert refused.json()["reason"] == "shutting_down"
    assert ask_until(f"{web.url}/slow/0", 200).text == "finished"  # visitors are still served
    assert web.wait() == 0
    assert time.monotonic() - told_at < 10
    asking.join()
    assert (answers[0].status_code, answers[0].text) == (200, "finished")

    assert [text for text in web.texts if not text.startswith("{")] == []
    assert {line["service"] for line in web.lines} == {"web"}
    for step in STEPS:
        assert web.messages.count(step) == 2  # one of each worker
    [finished] = [line for line in web.lines if line["message"] == "GET /slow/{milliseconds} 200"
                  and line["context"]["duration"] >= 2500]  # fmt: skip
    assert web.lines.index(finished) < max(
        number for number, line in enumerate(web.lines) if line["message"] == STEPS[1]
    )


def test_the_numbers_of_all_web_workers_are_one_page(web):
    for _ in range(40):
        httpx.get(f"{web.url}/slow/0")  # a new connection each, so both workers get some
    headers = {"Authorization": f"Bearer {TOKEN}"}
    pages = [httpx.get(f"{web.url}/metrics", headers=headers).text for _ in range(6)]

    counted = 'holdfast_requests_total{method="GET",route="/slow/{milliseconds}",status="200"} 40.0'
    for page in pages:
        assert counted in page
    writers = {line["context"]["logger"] for line in web.lines}
    assert "core.request" in writers


def test_a_worker_finishes_its_task_and_leaves_the_database_last(told):
    command = python("-m", "celery", "--app", "config.celery", "--quiet", "worker")
    command += ["--concurrency", "1", "--include", "tests.core.served"]
    port = free_port()
    with running(command, told(METRICS_PORT=str(port))) as worker:
        worker.wait_for("Worker ready")
        assert checks.worker() == {}
        # As a request would put it on the queue; the warning is that this test run is eager.
        with request_id_of("req-1"), pytest.warns(AlwaysEagerIgnored):
            app.send_task("tests.core.served.slow_task", [2000])
        worker.wait_for("Task began")
        worker.terminate()
        refused = ask_until(f"http://127.0.0.1:{port}/health/lb", 503)
        assert worker.wait() == 0

    assert refused.json()["reason"] == "shutting_down"
    assert {line["service"] for line in worker.lines} == {"worker"}
    ours = [line for line in worker.lines if line["context"]["logger"] == "a.task"]
    assert [(line["message"], line["requestId"]) for line in ours] == [
        ("Task began", "req-1"), ("Task finished", "req-1"),
    ]  # fmt: skip
    assert worker.messages.index(STEPS[0]) < worker.messages.index("Task finished")
    left = [line for line in worker.lines if line["message"] == STEPS[1]]
    assert sum(line["context"]["connectionsClosed"] for line in left) >= 0
    assert worker.messages.index("Task finished") < worker.messages.index(STEPS[1])


def test_a_task_that_takes_too_long_goes_back_to_the_queue_and_the_worker_ends(told):
    command = python("-m", "celery", "--app", "config.celery", "--quiet", "worker")
    command += ["--concurrency", "1", "--include", "tests.core.served"]
    with running(command, told(TASKS_MAY_TAKE_SECONDS="1")) as worker:
        worker.wait_for("Worker ready")
        with request_id_of("req-1"), pytest.warns(AlwaysEagerIgnored):
            app.send_task("tests.core.served.slow_task", [20_000])
        worker.wait_for("Task began")
        worker.terminate()
        told_at = time.monotonic()
        worker.wait()
        assert time.monotonic() - told_at < 10
    assert "Tasks still run: they go back to the queue" in worker.messages
    assert "Task finished" not in worker.messages

    with running(command, told()) as another:
        assert another.wait_for("Task began")["requestId"] == "req-1"


def test_a_clock_says_each_step_too(told):
    port = free_port()
    command = python("-m", "celery", "--app", "config.celery", "--quiet", "beat", "--pidfile", "")
    told_clock = told(METRICS_PORT=str(port))
    command += ["--schedule", f"{told_clock['VAR_DIR']}/schedule"]
    with running(command, told_clock) as clock:
        clock.wait_for("Clock ready")
        wait_until_it_answers(f"http://127.0.0.1:{port}/health/lb")
        assert httpx.get(f"http://127.0.0.1:{port}/admin/").status_code == 404
        clock.terminate()
        assert clock.wait() == 0

    assert {line["service"] for line in clock.lines} == {"clock"}
    assert clock.messages[-2:] == STEPS


def send(servers, request_id, milliseconds):
    """Put the task on the queue that the worker reads, as a request would."""
    url = "redis+socket://" + servers.redis.url.removeprefix("unix://").replace(
        "?db", "?virtual_host"
    )
    with request_id_of(request_id), app.connection_for_write(url) as connection:
        app.send_task("tests.core.served.slow_task", [milliseconds], connection=connection)
