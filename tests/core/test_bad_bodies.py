"""Bodies that no generator thinks of: always the envelope, the right code, nothing changed."""

import gzip

import pytest

from tests.core.refusals import BOOKINGS, refused

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("nothing_changes")]
DEEP = 100_000


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b'"text"',
        b"17",
        b"{}{}",
        b'{"name": "Mia"',
        b"{'name': 'Mia'}",
        b'{"name": Infinity}',
        b'{"name": "\xc3\x28"}',
        b'\xef\xbb\xbf{"name": "Mia"}',
        '{"name": "Mia"}'.encode("utf-16"),
        b'{"name": "a\nb"}',
        gzip.compress(b'{"name": "Mia"}', mtime=0),
        b"[" * DEEP + b"]" * DEEP,
        b'{"name":' * DEEP + b"1" + b"}" * DEEP,
        b'{"name": ' + b"[" * 1000 + b"]" * 1000 + b"}",
        b'{"timeSlot": {"duration": 1e400}}',
        b'{"timeSlot": {"duration": ' + b"9" * 5000 + b"}}",
        b'{"timeSlot": {"duration": -0.5e-400}}',
    ],
    ids=lambda body: body[:24].decode("latin-1"),
)
def test_a_body_that_is_no_booking_is_refused(desk, body):
    refused(desk.generic("POST", BOOKINGS, body, "application/json"), 400, "VALIDATION_ERROR")


@pytest.mark.parametrize("duration", ["1e3", "1e308", "9" * 30, "-1", "0", "1.5", "true", '"30"'])
def test_a_number_that_is_no_duration_is_named(desk, duration):
    slot = f'{{"startTime": "2026-11-16T10:00:00+01:00", "duration": {duration}}}'
    body = f'{{"name": "Mia", "email": "mia@example.com", "timeSlot": {slot}}}'.encode()

    fields = refused(
        desk.generic("POST", BOOKINGS, body, "application/json"), 400, "VALIDATION_ERROR"
    )

    assert "timeSlot.duration" in fields


def test_a_name_given_twice_is_refused_by_name(desk, mias):
    body = b'{"status": "CONFIRMED", "status": "CANCELLED"}'

    fields = refused(desk.generic("PATCH", mias, body, "application/json"), 400, "VALIDATION_ERROR")

    assert fields == {"status": ["Give this once."]}


@pytest.mark.parametrize(
    "name", ["__proto__", "constructor", "", "na\u0000me", "n\u0430me", "Name"]
)
def test_a_field_that_is_unknown_is_refused_by_name(desk, wish, name):
    fields = refused(desk.post(BOOKINGS, {**wish, name: "x"}), 400, "VALIDATION_ERROR")

    assert list(fields) == [name]


@pytest.mark.parametrize(
    "media_type",
    [
        "text/plain",
        "text/json",
        "application/xml",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/merge-patch+json",
        "application/jsonx",
        "json",
        "/",
        ";;;",
        "application/json\\",
    ],
)
def test_only_json_is_read(desk, mias, media_type):
    response = desk.generic("PATCH", mias, b'{"status": "CONFIRMED"}', media_type)

    refused(response, 415, "UNSUPPORTED_MEDIA_TYPE")


@pytest.mark.parametrize("accept", ["text/html", "application/xml", "image/*;q=1", "x", ";;;"])
def test_only_json_is_answered(desk, accept):
    refused(desk.get(BOOKINGS, headers={"Accept": accept}), 406, "NOT_ACCEPTABLE")
