import re
import time
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.db import OperationalError, connection
from django.http import FileResponse, HttpResponse, StreamingHttpResponse
from django.urls import include, path, re_path

from core.access import Caller
from core.api.envelope import error_response
from core.deadline import deadline_of, remaining_seconds
from core.errors import TimedOut
from core.models import ApiKey, Organization
from core.observability.context import current_request_id
from core.services.api_key import create_api_key
from tests.core.doors import Books
from tests.core.log_lines import log_lines
from tests.factories import UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


def counts(request, **ids):
    return HttpResponse(str(Organization.objects.count()))


def breaks(request):
    return HttpResponse(int(WHO))


def refuses(request):
    return error_response(status=503, code="DATABASE_ERROR", message="Away")


def takes_too_long(request):
    with deadline_of(0.0):
        Organization.objects.count()


def loses_the_database(request):
    raise OperationalError("server closed the connection unexpectedly")


def streams(request):
    def rows():
        for _ in range(2):
            yield f"{current_request_id()} {(remaining_seconds() or 0) > 0}\n"
            Organization.objects.count()

    return StreamingHttpResponse(rows())


def knows_the_person(request):
    return HttpResponse(str(request.user.is_authenticated))


def left(request):
    return HttpResponse(str(remaining_seconds()))


def sends_a_file(request):
    return FileResponse(Path(__file__).open("rb"))


WHO = "Anna Muster"
nested = [path("counts/<uuid:pk>", counts), re_path(r"^tokens/(?P<token>[^/.]+)/?$", counts)]
urlpatterns = [
    re_path(r"^api/(?:v1/)?", include(nested)),
    re_path(r"^api/(?:v1/)?books$", Books.as_view()),
    path("api/slow", takes_too_long),
    path("api/lost", loses_the_database),
    path("lost", loses_the_database),
    path("breaks", breaks),
    path("refuses", refuses),
    path("streams", streams),
    path("who", knows_the_person),
    path("left", left),
    path("file", sends_a_file),
    path("static/a.css", counts),
]
ID = "01934567-8901-7234-9876-0123456789ab"


@pytest.fixture
def line(client):
    """Make a request; return its one line, with the answer."""

    def ask(url, method="get", **more):
        client.raise_request_exception = False
        with log_lines() as lines:
            response = getattr(client, method)(url, **more)
            text = b"".join(response).decode()
        found = lines.of("core.request")
        assert len(found) == 1
        return {
            **found[0]["context"],
            "line": found[0],
            "response": response,
            "text": text,
            "lines": lines,
        }

    return ask


@pytest.mark.parametrize("offered", ["req-1", "A.b_c-9", "x" * 128, ID])
def test_a_well_formed_request_id_is_taken_over_and_answered(line, offered):
    seen = line("/left", headers={"X-Request-ID": offered})

    assert seen["response"]["X-Request-ID"] == offered
    assert seen["line"]["requestId"] == offered


@pytest.mark.parametrize("offered", [None, "", "x" * 129, "a b", "a@b", "ä", "a\x00", "{}", "a/b"])
def test_any_other_is_replaced_by_one_of_ours(line, offered):
    seen = line("/left", headers={} if offered is None else {"X-Request-ID": offered})

    made = seen["response"]["X-Request-ID"]
    assert made != offered
    assert UUID(made).version == 7
    assert seen["line"]["requestId"] == made


def test_every_answer_carries_an_id_the_errors_too(line):
    ids = {line(url)["response"]["X-Request-ID"] for url in ("/nothing", "/breaks", "/refuses")}

    assert len(ids) == 3


def test_an_error_s_body_and_its_header_name_the_same_request(line):
    response = line("/refuses", headers={"X-Request-ID": "req-1"})["response"]

    assert response.json()["error"]["requestId"] == response["X-Request-ID"] == "req-1"


def test_nothing_of_a_request_is_left_behind_it(line):
    line("/left", headers={"X-Request-ID": "req-1"})

    assert current_request_id() == ""
    assert remaining_seconds() is None


def test_a_request_has_one_line_with_what_it_was_and_what_it_took(line):
    seen = line(f"/api/v1/counts/{ID}?email=anna@example.com&page=2")

    assert seen["line"]["message"] == "GET /api/counts/{pk} 200"
    assert seen["line"]["level"] == "info"
    assert 0 < seen["duration"] < 5_000
    shown = {key: seen[key] for key in ("method", "route", "status", "queries", "ids")}
    assert shown == {
        "method": "GET",
        "route": "/api/counts/{pk}",
        "status": 200,
        "queries": 1,
        "ids": {"pk": ID},
    }
    assert "anna" not in seen["lines"].everything
    assert "page=2" not in seen["lines"].everything


def test_a_token_in_a_path_never_gets_into_the_log(line):
    seen = line("/api/tokens/secretsecret")

    assert seen["route"] == "/api/tokens/{token}"
    assert "secretsecret" not in seen["lines"].everything


def test_a_path_that_nobody_knows_is_shown_as_far_as_it_is_plain_words(line):
    seen = line("/api/customers/Anna%20Muster/0151234567")

    assert seen["line"]["message"] == "GET /api/customers/… 404"
    assert "Muster" not in seen["lines"].everything


def test_neither_a_body_nor_a_credential_gets_into_the_log(line):
    seen = line(
        "/breaks",
        "post",
        data={"name": "Anna Muster"},
        content_type="application/json",
        headers={"Authorization": "Bearer sk_secret_key"},
    )

    assert seen["status"] == 500
    assert "Muster" not in seen["lines"].everything
    assert "sk_secret" not in seen["lines"].everything


def test_a_bug_is_two_lines_under_one_id_the_request_and_what_went_wrong(line):
    seen = line("/breaks", headers={"X-Request-ID": "req-1"})

    assert (seen["line"]["level"], seen["cause"]) == ("error", "ValueError")
    [failure] = seen["lines"].of("django.request")
    assert failure["message"] == "Unexpected error while answering a request"
    assert failure["requestId"] == "req-1"
    assert failure["context"]["exception"]["type"] == "ValueError"
    assert "in breaks" in failure["context"]["exception"]["traceback"]


def test_django_adds_no_line_of_its_own_to_a_404_or_a_503(line):
    assert [item["context"]["logger"] for item in line("/nothing")["lines"].all] == ["core.request"]
    refused = line("/refuses")
    assert refused["line"]["level"] == "warn"
    assert [item["context"]["logger"] for item in refused["lines"].all] == ["core.request"]


def test_who_asked_stands_in_the_line_as_an_id(line, salon):
    key, text = create_api_key(
        organization=salon, kind=ApiKey.Kind.SECRET, name="till", caller=Caller.command(salon.pk)
    )
    seen = line("/api/books", headers={"X-API-Key": text})

    assert seen["callerKind"] == "key"
    assert seen["userId"] == str(key.pk)
    assert seen["organizationId"] == str(salon.pk)
    assert text not in seen["lines"].everything


def test_a_person_is_an_id_too_and_nobody_is_looked_up_for_the_log(line, client):
    person: Any = UserFactory()
    client.force_login(person)

    seen = line("/who")
    assert (seen["callerKind"], seen["userId"]) == ("user", str(person.pk))
    assert person.email not in seen["lines"].everything

    unasked = line("/left")
    assert unasked["queries"] == 0
    assert "userId" not in unasked


def test_a_static_file_has_no_line(client):
    with log_lines() as lines:
        assert client.get("/static/a.css").status_code == 200

    assert lines.of("core.request") == []


def test_a_streamed_answer_keeps_id_and_deadline_to_its_end_and_is_written_down_there(line):
    seen = line("/streams", headers={"X-Request-ID": "req-1"})

    assert seen["text"] == "req-1 True\nreq-1 True\n"
    assert seen["queries"] == 2


def test_a_file_is_sent_as_it_is(line):
    assert "sends_a_file" in line("/file")["text"]


def test_a_request_has_thirty_seconds(line):
    assert 29.5 < float(line("/left")["response"].content) <= 30


def test_after_its_time_a_request_is_a_503_timeout(line):
    seen = line("/api/slow")

    response = seen["response"]
    assert response.status_code == 503
    assert response["Retry-After"] == "5"
    assert response.json()["error"]["errorCode"] == "TIMEOUT"
    assert seen["cause"] == "TimedOut"


def test_a_lost_database_is_a_503_for_people_and_for_programs(line):
    assert line("/lost")["response"].content.decode().startswith("The database cannot be reached")
    assert line("/lost")["response"].status_code == 503
    refused = line("/api/lost")["response"]
    assert (refused.status_code, refused.json()["error"]["errorCode"]) == (503, "DATABASE_ERROR")


def test_less_than_ten_seconds_left_become_the_statement_s_own_limit():
    started = time.monotonic()
    with deadline_of(0.3), pytest.raises(TimedOut), connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(5)")

    assert 0.2 < time.monotonic() - started < 2


def test_a_readable_route_is_the_same_with_and_without_the_version(line):
    routes = {line(f"{start}/counts/{ID}")["route"] for start in ("/api", "/api/v1")}

    assert routes == {"/api/counts/{pk}"}
    assert not re.search(r"[\^$?()\\]", routes.pop())
