"""Methods, paths, queries and headers that no generator thinks of: always the envelope, the
right code, nothing changed."""

import pytest

from tests.core.refusals import BOOKINGS, refused

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("nothing_changes")]


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("TRACE", BOOKINGS, "GET, POST, HEAD"),
        ("OPTIONS", BOOKINGS, "GET, POST, HEAD"),
        ("CONNECT", BOOKINGS, "GET, POST, HEAD"),
        ("PROPFIND", BOOKINGS, "GET, POST, HEAD"),
        ("get", "/api/holds", "POST"),
        ("DELETE", BOOKINGS, "GET, POST, HEAD"),
        ("POST", "{mias}", "GET, PUT, PATCH, DELETE, HEAD"),
        ("POST", "/api/docs", "GET, HEAD"),
        ("DELETE", "/api/docs/ui", "GET, HEAD"),
        ("POST", "/api/health", "GET, HEAD"),
        ("PUT", "/api/health/db/", "GET, HEAD"),
    ],
)
def test_a_method_that_is_none_of_the_paths_is_refused(desk, mias, method, path, allowed):
    response = desk.generic(method, path.format(mias=mias), b"{}", "application/json")

    refused(response, 405, "METHOD_NOT_ALLOWED")
    assert set(response["Allow"].split(", ")) == set(allowed.split(", "))


def test_head_is_get_without_a_body(desk, mias):
    response = desk.head(mias)

    assert (response.status_code, response.content) == (200, b"")
    assert response["ETag"] == '"1"'


@pytest.mark.parametrize(
    "header", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override", "X-Original-Method"]
)
def test_a_header_does_not_change_the_method(desk, mias, header):
    assert desk.get(mias, headers={header: "DELETE"}).status_code == 200


@pytest.mark.parametrize(
    "tail",
    [
        "%00",
        "%ff",
        "%ff%fe",
        "%c0%ae%c0%ae",
        "%0d%0aX-Injected:%201",
        "%2e%2e",
        "..%2f..%2fadmin",
        "%E2%80%AE",
        "{id}",
        "0",
        "-1",
        "null",
        "1' OR '1'='1",
        "x" * 20_000,
        "%00" * 2_000,
        "a/b/c",
        "00000000000000000000000000000000",
        "{00000000-0000-0000-0000-000000000000}",
        "urn:uuid:00000000-0000-0000-0000-000000000000",
        "01a1f90c-32de-7306-bd10-4ca72e14c6d3",
    ],
    ids=lambda tail: tail[:24],
)
def test_a_path_that_leads_nowhere_is_absent(desk, tail):
    response = desk.get(f"{BOOKINGS}/{tail}")

    refused(response, 404, "NOT_FOUND")
    assert "X-Injected" not in response


@pytest.mark.parametrize("path", ["/api/", "/api/%ff", "/api/v9/bookings", "/api/v1/v1/bookings"])
def test_a_path_of_no_call_is_absent_for_everyone(client, path):
    refused(client.get(path), 404, "NOT_FOUND")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("page=%00", "page"),
        ("page=1_0", "page"),
        ("page=%D9%A1", "page"),
        ("page=1e1", "page"),
        ("page=99999999999999999999", "page"),
        ("page=%2B1", "page"),
        ("limit=", "limit"),
        ("limit=20.0", "limit"),
        ("cursor=%ff%fe", "cursor"),
        ("cursor=WzEsMSwxXQ", "cursor"),
        ("cursor=" + "A" * 501, "cursor"),
        ("search=%00", "search"),
        ("search=", "search"),
        ("search=%20%20", "search"),
        ("%00=1", ""),
        ("status=pending", "status"),
        ("status[]=PENDING", "status[]"),
        ("dateFrom=2026-11-16T10:00:00", "dateFrom"),
        ("dateFrom=2026-W47-1", "dateFrom"),
        ("dateFrom=20261116T100000Z", "dateFrom"),
        ("dateFrom=2026-11-16T10Z", "dateFrom"),
        ("dateFrom=0000-00-00", "dateFrom"),
        ("dateFrom=9999-12-31", "dateFrom"),
        ("email=mia@example.com%0d%0a", "email"),
        ("email=%20mia@example.com", "email"),
        ("serviceId=%7B00000000-0000-0000-0000-000000000000%7D", "serviceId"),
        ("_method=DELETE", "_method"),
        ("format=json", "format"),
        ("format=xml", "format"),
    ],
)
def test_a_query_that_is_none_is_refused_by_name(desk, query, field):
    fields = refused(desk.get(f"{BOOKINGS}?{query}"), 400, "VALIDATION_ERROR")

    assert list(fields) == [field]


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_a_query_on_a_call_that_has_none_is_refused_by_name(desk, wish, mias, method):
    path = BOOKINGS if method == "post" else mias
    body = {"post": wish, "patch": {"status": "CONFIRMED"}}.get(method, {})

    response = getattr(desk, method)(f"{path}?dryRun=1", body)

    assert list(refused(response, 400, "VALIDATION_ERROR")) == ["dryRun"]


def test_a_thousand_parameters_are_too_many(desk):
    query = "&".join(f"a{number}=1" for number in range(2_000))

    refused(desk.get(f"{BOOKINGS}?{query}"), 400, "VALIDATION_ERROR")


@pytest.mark.parametrize(
    ("header", "value", "status", "code"),
    [
        ("X-API-Key", "k" * 100_000, 401, "UNAUTHORIZED"),
        ("X-API-Key", "sk_ü", 401, "UNAUTHORIZED"),
        ("X-API-Key", "", 401, "UNAUTHORIZED"),
        ("Authorization", "Bearer", 401, "UNAUTHORIZED"),
        ("Authorization", "Bearer a b", 401, "UNAUTHORIZED"),
        ("Authorization", "Bearer another-key", 401, "UNAUTHORIZED"),
        ("Idempotency-Key", "", 400, "VALIDATION_ERROR"),
        ("Idempotency-Key", "k" * 256, 400, "VALIDATION_ERROR"),
        ("Idempotency-Key", "two words", 400, "VALIDATION_ERROR"),
        ("Idempotency-Key", "schlüssel", 400, "VALIDATION_ERROR"),
    ],
)
def test_a_header_that_is_none_is_refused(desk, wish, header, value, status, code):
    refused(desk.post(BOOKINGS, wish, headers={header: value}), status, code)


@pytest.mark.parametrize("tag", ["", " ", "1", '"1', "W/1", '"1", "2"', '"\x00"', "None"])
def test_an_if_match_that_is_none_is_refused(desk, mias, tag):
    fields = refused(desk.delete(mias, headers={"If-Match": tag}), 400, "VALIDATION_ERROR")

    assert list(fields) == ["If-Match"]


@pytest.mark.parametrize("value", ["", "x" * 10_000, "two words", "a\tb", "ü", "<script>"])
def test_a_request_id_that_is_none_is_replaced(desk, mias, value):
    response = desk.get(mias, headers={"X-Request-ID": value})

    assert response.status_code == 200
    assert len(response["X-Request-ID"]) == 36


def test_another_host_is_none_of_ours(desk):
    refused(desk.get(BOOKINGS, headers={"Host": "evil.example"}), 400, "VALIDATION_ERROR")


@pytest.mark.parametrize("length", ["-1", "abc", "0"])
def test_a_length_that_lies_is_no_body(desk, wish, length):
    response = desk.generic("POST", BOOKINGS, b"{}", "application/json", CONTENT_LENGTH=length)

    refused(response, 400, "VALIDATION_ERROR")
