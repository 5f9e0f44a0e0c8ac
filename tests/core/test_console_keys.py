"""API keys in the console: shown once, revoked at once."""

import re

import pytest

from core.access import SCOPES, Role
from core.admin.api_key_forms import MAY
from core.models import ApiKey, Event
from core.services.api_key import create_api_key
from tests.console import desk_for, said, shown
from tests.factories import OrganizationFactory

pytestmark = pytest.mark.django_db

PAGE = "/admin/core/apikey/"


@pytest.fixture
def desk(salon):
    return desk_for(salon, Role.OWNER)


@pytest.fixture
def key(salon, staff):
    return create_api_key(
        organization=salon, kind=ApiKey.Kind.SECRET, name="website", caller=staff
    )[0]


def key_in(page) -> str:
    return re.search(r'id="new-key"[^>]*>([^<]+)<', page.content.decode()).group(1)


def test_a_key_is_made_and_its_text_shown_this_once(desk, salon, client):
    page = desk.send(f"{PAGE}add/", name="website", kind="secret")

    text = key_in(page)
    assert "no-store" in page.headers["Cache-Control"]
    key = ApiKey.objects.get()
    assert (key.name, key.scopes, key.organization) == ("website", ["*"], salon)
    assert text.startswith(f"{key.prefix}_")
    answer = client.get("/api/bookings", headers={"Authorization": f"Bearer {text}"})
    assert answer.status_code == 200
    for path in (PAGE, f"{PAGE}{key.pk}/change/"):
        assert text not in shown(desk.get(path))
    assert Event.objects.get(name="api_key.created").actor_id == desk.user.pk


def test_a_key_may_be_good_for_little_and_not_for_ever(desk, clock):
    desk.send(
        f"{PAGE}add/",
        name="accounting",
        kind="secret",
        scopes=["bookings:read", "exports:read"],
        expires_at="2026-11-04",
    )

    key = ApiKey.objects.get()
    assert key.scopes == ["bookings:read", "exports:read"]
    assert key.expires_at.isoformat() == "2026-11-04T23:00:00+00:00"  # midnight in Berlin


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "n" * 81}, "name"),
        ({"kind": "master"}, "kind"),
        ({"scopes": ["everything"]}, "scopes"),
        ({"kind": "publishable", "scopes": ["bookings:read"]}, "scopes"),
        ({"expires_at": "2026-11-01"}, "expires_at"),
        ({"origins": "https://a.example"}, "origins"),
        ({"kind": "publishable", "origins": "a.example"}, "origins"),
        ({"requests_per_minute": "6001"}, "requests_per_minute"),
    ],
)
def test_a_key_that_cannot_be_is_refused_beside_its_field(desk, clock, fields, field):
    page = desk.send(f"{PAGE}add/", **{"name": "website", "kind": "secret", **fields})

    assert field in page.context["form"].errors
    assert ApiKey.objects.count() == Event.objects.count() == 0


def test_a_key_is_revoked_from_its_page(desk, key):
    assert f"{PAGE}{key.pk}/revoke/" in shown(desk.get(f"{PAGE}{key.pk}/change/"))
    assert "refused from this moment on" in shown(desk.get(f"{PAGE}{key.pk}/revoke/"))
    key.refresh_from_db()
    assert key.revoked_at is None

    answer = desk.send(f"{PAGE}{key.pk}/revoke/")

    key.refresh_from_db()
    assert key.revoked_at is not None
    assert said(answer) == [f"{key} is revoked."]
    assert Event.objects.get(name="api_key.revoked").actor_id == desk.user.pk
    assert f"{PAGE}{key.pk}/revoke/" not in shown(desk.get(f"{PAGE}{key.pk}/change/"))


def test_a_websites_key_is_bound_to_the_websites_that_are_written_one_in_a_line(desk):
    desk.send(
        f"{PAGE}add/",
        name="website",
        kind="publishable",
        origins="https://A.example/\nhttps://b.example",
        requests_per_minute="600",
    )

    key = ApiKey.objects.get()
    assert (key.origins, key.requests_per_minute) == (
        ["https://a.example", "https://b.example"],
        600,
    )
    assert "https://a.example, https://b.example" in shown(desk.get(f"{PAGE}{key.pk}/change/"))


def test_a_key_is_replaced_from_its_page_and_says_what_replaces_it(desk, key):
    assert f"{PAGE}{key.pk}/rotate/" in shown(desk.get(f"{PAGE}{key.pk}/change/"))

    page = desk.send(f"{PAGE}{key.pk}/rotate/", overlap_hours="24")

    successor = ApiKey.objects.get(replaces=key)
    assert key_in(page).startswith(f"{successor.prefix}_")
    assert "no-store" in page.headers["Cache-Control"]
    old = shown(desk.get(f"{PAGE}{key.pk}/change/"))
    assert f"{PAGE}{successor.pk}/change/" in old
    assert f"{PAGE}{key.pk}/rotate/" not in old
    assert str(key) in shown(desk.get(f"{PAGE}{successor.pk}/change/"))
    assert Event.objects.get(name="api_key.rotated").actor_id == desk.user.pk

    answer = desk.send(f"{PAGE}{key.pk}/rotate/", overlap_hours="24")

    assert said(answer) == ["This key cannot be replaced."]
    assert ApiKey.objects.count() == 2


def test_an_administrator_cannot_replace_an_owners_key(salon, key):
    desk = desk_for(salon, Role.ADMIN)

    assert f"{PAGE}{key.pk}/rotate/" not in shown(desk.get(f"{PAGE}{key.pk}/change/"))
    desk.send(f"{PAGE}{key.pk}/rotate/", overlap_hours="24")

    assert ApiKey.objects.count() == 1


@pytest.mark.parametrize("role", [Role.MANAGER, Role.STAFF, Role.VIEWER])
def test_who_may_not_see_keys_has_none_of_these_pages(salon, key, role):
    desk = desk_for(salon, role)

    of_it = [f"{PAGE}{key.pk}/{name}/" for name in ("change", "revoke", "rotate")]
    for path in (PAGE, f"{PAGE}add/", *of_it):
        assert desk.get(path).status_code == 403
        assert desk.send(path, name="mine", kind="secret").status_code == 403
    key.refresh_from_db()
    assert (key.revoked_at, ApiKey.objects.count()) == (None, 1)


def test_a_key_of_another_organization_is_not_there(key):
    elsewhere = desk_for(OrganizationFactory(name="Elsewhere"), Role.OWNER)

    assert elsewhere.get(PAGE).context["cl"].result_count == 0
    assert elsewhere.get(f"{PAGE}{key.pk}/change/").status_code == 404
    assert elsewhere.send(f"{PAGE}{key.pk}/revoke/").status_code == 404
    key.refresh_from_db()
    assert key.revoked_at is None


def test_the_page_says_of_each_scope_what_the_api_says():
    assert {scope: str(words) for scope, words in MAY.items()} == SCOPES
