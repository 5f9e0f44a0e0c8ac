"""The organization's settings and its logo, over the API."""

import pytest

from core.models import Event, Logo
from tests.bookings.test_photos import picture
from tests.cast import a_key, client_with
from tests.core.file_server import say, serving
from tests.factories import OrganizationFactory

pytestmark = pytest.mark.django_db

HERE, LOGO = "/api/organization", "/api/organization/logo"


def put(client, content: bytes, kind: str = "image/png"):
    return client.generic("PUT", LOGO, content, content_type=kind)


def happened(name: str) -> list[dict]:
    found = Event.objects.filter(name=name).order_by("id")
    return list(found.values_list("data", flat=True))


def test_the_settings_are_read(desk, salon, django_assert_num_queries):
    read = desk.get(HERE)

    assert read.status_code == 200
    assert read.json()["data"] == {
        "id": str(salon.pk),
        "slug": "salon",
        "name": "Salon Soleil",
        "timezone": "Europe/Berlin",
        "locale": "en",
        "currency": "EUR",
        "accentColor": "#0f766e",
        "logoUrl": None,
        "contactEmail": "",
        "adminEmail": "desk@salon.example",
        "hasPage": True,
        "embedOrigins": [],
        "customerRetentionMonths": None,
        "messageRetentionDays": None,
    }
    with django_assert_num_queries(1):
        desk.get(HERE)


def test_they_are_changed_and_written_down_by_their_names(desk, salon):
    changes = {
        "name": "Salon Lune",
        "timezone": "Europe/Lisbon",
        "locale": "de",
        "accentColor": "#b45309",
        "contactEmail": "hello@salon.example",
        "embedOrigins": ["https://www.salon.example"],
        "customerRetentionMonths": 36,
    }

    changed = desk.patch(HERE, {**changes, "hasPage": True})

    assert changed.status_code == 200
    assert {name: changed.json()["data"][name] for name in changes} == changes
    assert desk.get(HERE).json() == changed.json()
    [data] = happened("organization.updated")
    assert data == {
        "fields": [
            "accent_color", "contact_email", "customer_retention_months", "embed_origins",
            "locale", "name", "timezone",
        ]
    }  # fmt: skip
    desk.patch(HERE, {"customerRetentionMonths": None})
    assert desk.get(HERE).json()["data"]["customerRetentionMonths"] is None
    desk.patch(HERE, {"name": "Salon Lune"})
    assert len(happened("organization.updated")) == 2


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"currency": "eur"}, "currency"),
        ({"accentColor": "red"}, "accentColor"),
        ({"contactEmail": "nobody"}, "contactEmail"),
        ({"embedOrigins": ["https://salon.example; script-src *"]}, "embedOrigins"),
        ({"locale": "tlh"}, "locale"),
        ({"customerRetentionMonths": 0}, "customerRetentionMonths"),
        ({"slug": "other"}, "slug"),
        ({"requiresSecondFactor": True}, "requiresSecondFactor"),
        ({"name": ""}, "name"),
    ],
)
def test_what_cannot_be_is_refused_by_name_and_nothing_is_saved(desk, salon, body, field):
    answer = desk.patch(HERE, {"currency": "CHF", **body})

    assert answer.status_code == 400
    [named] = answer.json()["error"]["details"]["fields"]
    assert named.startswith(field)
    salon.refresh_from_db()
    assert (salon.currency, happened("organization.updated")) == ("EUR", [])


def test_each_changes_its_own(desk, salon):
    other = OrganizationFactory(name="Elsewhere", slug="elsewhere")
    stranger = client_with(a_key(other, kind="secret"))

    stranger.patch(HERE, {"name": "Mine"})
    put(stranger, picture("PNG"))

    salon.refresh_from_db()
    other.refresh_from_db()
    assert (salon.name, salon.logo_path, other.name) == ("Salon Soleil", "", "Mine")
    assert other.logo_path


def test_a_logo_is_sent_shown_and_removed(desk, client, settings):
    sent = put(desk, picture("PNG"))

    assert sent.status_code == 200
    url = sent.json()["data"]["logoUrl"]
    shown = client.get(url.removeprefix(settings.PUBLIC_BASE_URL))
    assert (shown.status_code, shown["Content-Type"]) == (200, "image/png")
    assert desk.delete(LOGO).json()["data"]["logoUrl"] is None
    assert desk.delete(LOGO).status_code == 200
    assert happened("organization.logo_changed") == [{"is_shown": True}, {"is_shown": False}]


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"no picture", "image/png", 400),
        (b"", "application/octet-stream", 400),
        (b"<svg/>", "image/svg+xml", 415),
        (b'{"url": "https://www.example.com/"}', "application/json", 415),
        (b"x" * (5 * 1024 * 1024 + 1), "image/png", 413),
    ],
    ids=["no picture", "nothing", "svg", "json", "heavy"],
)
def test_what_is_no_picture_is_not_taken(desk, content, kind, status):
    assert put(desk, content, kind).status_code == status
    assert not Logo.objects.exists()


def test_a_logo_is_taken_from_an_address(at_home, desk):
    with serving(say(200, picture("PNG"), Content_Type="image/png")) as (port, asked):
        taken = desk.post(LOGO, {"url": f"http://127.0.0.1:{port}/logo.png"})

    assert taken.status_code == 200
    assert taken.json()["data"]["logoUrl"]
    assert len(asked) == 1
    assert happened("organization.logo_changed") == [{"is_shown": True}]


@pytest.mark.parametrize(
    "url",
    ["https://127.0.0.1/", "https://[::1]/", "http://localhost:6379/", "https://169.254.169.254/"],
)
def test_an_address_that_leads_inward_is_told_like_one_that_is_not_there(desk, url):
    answer = desk.post(LOGO, {"url": url})

    assert answer.status_code == 409
    error = answer.json()["error"]
    assert error["details"] == {"reason": "NOT_FETCHED"}
    assert error["message"] == "This address cannot be reached from here."
    assert not Logo.objects.exists()


def test_an_address_that_holds_a_password_is_none(desk, caplog):
    answer = desk.post(LOGO, {"url": "https://anna:geheim@www.example.com/logo.png"})

    assert answer.status_code == 400
    sentence = "Write an address like https://www.example.com/logo.png."
    assert answer.json()["error"]["details"]["fields"] == {"url": [sentence]}
    assert "geheim" not in caplog.text + answer.text
