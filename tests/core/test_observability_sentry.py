import json
from typing import Any

import pytest
import sentry_sdk
from django.db import IntegrityError
from django.http import HttpResponse
from django.urls import path

from core.models import User
from core.observability import sentry
from tests.core.sentry_server import reporting_to_us
from tests.factories import UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]

PERSON = {"email": "anna.muster@example.com", "name": "Anna Muster"}


def saves_twice(request, token):
    secret_name = PERSON["name"]
    UserFactory(**PERSON)
    User.objects.create(**PERSON)
    return HttpResponse(secret_name)


urlpatterns = [path("save/<str:token>", saves_twice)]


@pytest.fixture
def reporting(settings):
    with reporting_to_us(settings) as server:
        yield server


def test_without_an_address_nothing_is_reported():
    sentry.start()

    assert not sentry_sdk.get_client().is_active()


def test_an_error_is_reported_with_where_and_what_and_nobody_s_data(reporting, client):
    with pytest.raises(IntegrityError):
        client.post(
            "/save/secrettoken?email=anna.muster@example.com",
            data={"name": "Anna Muster"},
            content_type="application/json",
            headers={"X-Request-ID": "req-1", "Authorization": "Bearer sk_secret_key"},
        )
    sentry_sdk.flush(5)

    events = [json.loads(part) for told in reporting.told for part in told.splitlines()]
    [event] = [part for part in events if "exception" in part]
    kinds = [value["type"] for value in event["exception"]["values"]]
    assert kinds == ["UniqueViolation", "IntegrityError"]
    assert "saves_twice" in json.dumps(event["exception"])
    assert event["tags"]["request_id"] == "req-1"
    assert event["release"] == "0.1.0"

    told = "\n".join(reporting.told)
    for never in ("Muster", "anna", "secrettoken", "sk_secret", "DETAIL", '"vars"', "cookies"):
        assert never not in told, never


def test_whatever_an_integration_adds_to_a_report_stays_in_the_house():
    frame = {"function": "save", "vars": {"name": "Anna Muster"}}
    error = {"type": "ValueError", "value": "bad: 'Anna Muster' of anna@example.com"}
    sent: Any = sentry.before_send(
        {
            "event_id": "e-1",
            "request": {"url": "/save?name=Anna", "data": {"name": "Anna Muster"}},
            "user": {"email": "anna@example.com"},
            "extra": {"sys.argv": ["Anna Muster"]},
            "breadcrumbs": {"values": [{"message": "Anna Muster"}]},
            "contexts": {"runtime": {"name": "CPython"}, "celery-job": {"args": ["Anna Muster"]}},
            "exception": {"values": [{**error, "stacktrace": {"frames": [frame]}}]},
            "logentry": {"message": "%s", "params": ["Anna"], "formatted": "to anna@example.com"},
        },
        {},
    )

    assert "Anna" not in str(sent)
    assert "anna@" not in str(sent)
    assert set(sent) == {"event_id", "contexts", "exception", "logentry", "tags"}
    assert sent["contexts"] == {"runtime": {"name": "CPython"}}
    assert sent["exception"]["values"][0]["value"] == "bad: '…' of [hidden]"
    assert sent["logentry"] == {"message": "to [hidden]"}
