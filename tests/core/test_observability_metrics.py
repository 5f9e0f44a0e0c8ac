import re
import subprocess
from contextlib import contextmanager

import pytest
from django.urls import include, path, re_path

from core.health import urls
from core.models import Event, Organization, Outbox
from core.observability import metrics
from core.observability.metrics import Gauges, deliveries_total
from core.observability.scrape import metrics_page
from tests.core.log_lines import log_lines
from tests.core.processes import PROJECT, python
from tests.core.test_observability_requests import breaks, counts

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]

TOKEN = "a-token-of-at-least-32-characters"
urlpatterns = [
    *urls.urlpatterns,
    re_path(r"^api/(?:v1/)?", include([path("counts/<uuid:pk>", counts), path("breaks", breaks)])),
]
ID = "01934567-8901-7234-9876-0123456789ab"


def value_of(line):
    """What /metrics says for `name{labels}`; 0 when it does not say it."""
    for text in metrics_page().decode().splitlines():
        if text.startswith(f"{line} "):
            return float(text.rpartition(" ")[2])
    return 0.0


def test_requests_are_counted_and_timed_by_pattern_so_that_ids_make_no_new_series(client):
    counted = 'holdfast_requests_total{method="GET",route="/api/counts/{pk}",status="200"}'
    timed = 'holdfast_request_seconds_count{method="GET",route="/api/counts/{pk}"}'
    queries = 'holdfast_database_queries_total{route="/api/counts/{pk}"}'
    before = [value_of(line) for line in (counted, timed, queries)]
    for number in range(3):
        client.get(f"/api/v1/counts/{ID[:-1]}{number}")

    assert [value_of(line) for line in (counted, timed, queries)] == [n + 3 for n in before]
    assert ID[:-1] not in metrics_page().decode()


def test_errors_are_counted_by_route_and_kind(client):
    client.raise_request_exception = False
    line = 'holdfast_errors_total{kind="ValueError",where="/api/breaks"}'
    before = value_of(line)
    with log_lines():
        client.get("/api/breaks")

    assert value_of(line) == before + 1


def test_paths_that_nobody_knows_are_one_series_and_so_are_unknown_methods(client):
    for number in range(3):
        client.generic(f"PROPFIND{number}", f"/nowhere/{number}")

    page = metrics_page().decode()
    assert 'method="OTHER",route="unmatched",status="404"' in page
    assert "PROPFIND" not in page
    assert "/nowhere" not in page


def test_whoever_sends_something_counts_it_by_channel_and_outcome(client):
    line = 'holdfast_deliveries_total{channel="email",outcome="sent"}'
    before = value_of(line)
    deliveries_total.labels("email", "sent").inc()

    assert value_of(line) == before + 1


def test_the_age_of_the_outbox_is_read_when_it_is_asked_for(salon, time_machine):
    assert value_of("holdfast_outbox_age_seconds") == 0
    Event.objects.create(
        organization=salon, name="a.b", subject_type="a", subject_id=salon.pk, actor_kind="command"
    )
    put_in_at = Outbox.objects.get().created_at
    time_machine.move_to(put_in_at.timestamp() + 90, tick=False)

    assert value_of("holdfast_outbox_age_seconds") == pytest.approx(90, abs=0.001)
    assert value_of("holdfast_outbox_waiting") == 1


def test_an_app_registers_its_own_gauges_and_one_that_fails_takes_no_other_with_it(monkeypatch):
    mine = Gauges()
    mine.register("holdfast_broken", "Breaks", lambda: 1 / 0)
    mine.register("holdfast_mine", "Mine", lambda: {("email",): 2.0, ("sms",): 3.0}, ("channel",))
    monkeypatch.setattr("core.observability.scrape.gauges", mine)
    with log_lines() as lines:
        page = metrics_page().decode()

    assert 'holdfast_mine{channel="email"} 2.0' in page
    assert 'holdfast_mine{channel="sms"} 3.0' in page
    assert "holdfast_broken" not in page
    assert lines.all[0]["context"]["gauge"] == "holdfast_broken"


def test_prometheus_reads_with_its_token_and_nobody_without(client, settings):
    settings.METRICS_TOKEN = TOKEN
    good = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert good.status_code == 200
    assert good["Content-Type"].startswith("text/plain; version=")
    assert b"holdfast_requests_total" in good.content

    for wrong in ({}, {"Authorization": f"Bearer {TOKEN}x"}, {"Authorization": f"Basic {TOKEN}"}):
        refused = client.get("/metrics", headers=wrong)
        assert refused.status_code == 401
        assert b"holdfast_requests_total" not in refused.content


def test_without_a_token_in_the_settings_no_token_opens(client, settings):
    settings.METRICS_TOKEN = ""
    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 401


def test_the_numbers_can_still_be_read_when_the_database_cannot(monkeypatch):
    monkeypatch.setattr(Organization.objects, "count", lambda: 1 / 0)
    gauge = metrics.gauges.known["holdfast_outbox_waiting"]
    monkeypatch.setitem(
        metrics.gauges.known, "holdfast_outbox_waiting", (*gauge[:2], lambda: 1 / 0)
    )
    deliveries_total.labels("email", "failed").inc()

    assert re.search(r"^holdfast_deliveries_total\{", metrics_page().decode(), re.MULTILINE)


@contextmanager
def counting(folder, how_many):
    """A process that has counted so many deliveries and lives on; what it finds in all."""
    command = python("-m", "tests.core.counting", str(folder), str(how_many))
    process = subprocess.Popen(
        command, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdout is not None
        yield int(process.stdout.readline())
        process.communicate("go\n")


def test_processes_share_their_numbers_and_those_of_the_dead_still_count(tmp_path):
    with counting(tmp_path, 3) as alone:
        assert alone == 3
        with counting(tmp_path, 4) as both:
            assert both == 7
        with counting(tmp_path, 1) as after_one_ended:
            assert after_one_ended == 8


def test_numbers_begin_again_when_nobody_of_before_is_left(tmp_path):
    with counting(tmp_path, 3) as before:
        assert before == 3
    with counting(tmp_path, 1) as again:
        assert again == 1
