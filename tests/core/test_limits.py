"""What is too much is refused, in the shape of its door, and changes nothing."""

from __future__ import annotations

import json
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from core.access import Role
from core.models import Event, PasswordReset
from tests.console import desk_for
from tests.core.refusals import BOOKINGS, refused

pytestmark = pytest.mark.django_db

MIB = 1024 * 1024
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
FILES = "multipart/form-data; boundary=x"


class Unread(BytesIO):
    """A body of which nobody has read a byte."""

    def read(self, *args: object) -> bytes:
        raise AssertionError("It is read.")


def say_only(client: Client, path: str, length: int, kind: str = JSON):
    """Announce a body of this length, and send none."""
    more = {"CONTENT_LENGTH": str(length), "wsgi.input": Unread()}
    return client.generic("POST", path, b"", kind, **more)


@pytest.mark.usefixtures("nothing_changes")
class TestTheApi:
    @pytest.mark.parametrize(
        ("body", "status"),
        [
            (b'{"name": "' + b"x" * MIB + b'"}', 413),
            (b'{"name": "' + b"x" * 7 * MIB + b'"}', 413),
            (b'{"name":' * 2_000 + b"1" + b"}" * 2_000, 400),
            (json.dumps({f"a{number}": 1 for number in range(5_001)}).encode(), 400),
            (json.dumps({"name": [[1] * 100] * 50}).encode(), 400),
        ],
        ids=["over 1 MiB", "over 6 MiB", "2000 deep", "5001 fields", "5051 values"],
    )
    def test_a_body(self, desk, body, status):
        response = desk.generic("POST", BOOKINGS, body, JSON)

        code = {413: "PAYLOAD_TOO_LARGE", 400: "VALIDATION_ERROR"}[status]
        assert refused(response, status, code) == {}
        assert len(response.content) < 500

    @pytest.mark.parametrize("kind", [JSON, FILES, "image/jpeg"])
    @pytest.mark.parametrize("path", [BOOKINGS, "/api/auth/login", "/api/nothing"])
    def test_a_length_beyond_everything_is_refused_unread(self, desk, path, kind):
        refused(say_only(desk, path, 10**12, kind), 413, "PAYLOAD_TOO_LARGE")

    def test_a_length_that_is_none_is_no_body(self, desk):
        response = desk.generic("POST", BOOKINGS, b"{}", JSON, CONTENT_LENGTH="much")

        refused(response, 400, "VALIDATION_ERROR")

    def test_a_query(self, desk):
        refused(desk.get(f"{BOOKINGS}?search={'x' * 20_000}"), 400, "VALIDATION_ERROR")
        refused(desk.get(f"{BOOKINGS}?{'a' * 20_000}=1"), 400, "VALIDATION_ERROR")

    @pytest.mark.parametrize("name", ["Authorization", "X-API-Key", "Cookie", "X-Organization"])
    def test_a_header_that_says_who_asks(self, client, name):
        response = client.get(BOOKINGS, headers={name: "x" * 50_000})

        refused(response, 401, "UNAUTHORIZED")
        assert "x" * 100 not in response.text

    def test_a_header_that_says_how(self, desk, mias):
        much = "x" * 50_000
        unmatched = desk.delete(mias, headers={"If-Match": much})
        unkept = desk.post(BOOKINGS, {}, headers={"Idempotency-Key": much})

        assert list(refused(unmatched, 400, "VALIDATION_ERROR")) == ["If-Match"]
        assert list(refused(unkept, 400, "VALIDATION_ERROR")) == ["Idempotency-Key"]

    def test_a_request_id_that_is_too_long_is_not_taken_over(self, desk):
        response = desk.get(BOOKINGS, headers={"X-Request-ID": "x" * 50_000})

        assert len(response["X-Request-ID"]) == 36


class TestPages:
    @pytest.mark.parametrize(
        ("path", "length"),
        [
            ("/password/forgotten", MIB + 1),
            ("/book/salon", MIB + 1),
            ("/nothing", MIB + 1),
            ("/admin/login/", 16 * MIB + 1),
        ],
    )
    @pytest.mark.parametrize("kind", [FORM, FILES])
    def test_a_body_is_refused_unread(self, client, salon, path, length, kind):
        response = say_only(client, path, length, kind)

        assert response.status_code == 413
        assert "This is too large" in response.text

    @pytest.mark.parametrize(
        ("sent", "status"),
        [
            ({"email": "x" * (MIB + 1)}, 413),
            ({"email": "x" * 255}, 400),
            ({f"a{number}": "1" for number in range(1_001)}, 400),
            ({f"a{n}": SimpleUploadedFile("a", b"a") for n in range(6)}, 400),
        ],
        ids=["over 1 MiB", "255 letters", "1001 fields", "6 files"],
    )
    def test_a_form(self, client, salon, sent, status):
        assert client.post("/password/forgotten", sent).status_code == status
        assert not PasswordReset.objects.exists()

    @pytest.mark.parametrize(
        ("name", "content", "kind"),
        [
            ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", "image/svg+xml"),
            ("a.png", b"<html><script>alert(1)</script>", "image/png"),
            ("a.gif", b"GIF89a" + b"\0" * 50, "image/png"),
            ("a.jpg", b"\xff\xd8" + b"\0" * (5 * MIB + 1), "image/jpeg"),
        ],
        ids=["svg", "html called png", "gif called png", "over 5 MB"],
    )
    def test_a_picture_is_judged_by_its_bytes_and_its_size(self, salon, name, content, kind):
        desk = desk_for(salon, Role.OWNER)
        file = SimpleUploadedFile(name, content, kind)

        answer = desk.post(f"/admin/core/organization/{salon.pk}/logo/", {"logo": file})

        assert answer.status_code in (200, 422)
        salon.refresh_from_db()
        assert salon.logo_path == ""
        assert not Event.objects.filter(name__startswith="organization.").exists()
