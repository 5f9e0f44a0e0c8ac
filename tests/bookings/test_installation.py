"""Who administers the installation opens organizations in the console, closes and reopens them."""

import pytest

from bookings.models import Service
from core.access import CallerKind, Role
from core.models import Event, Organization
from tests.cast import a_key, client_with
from tests.console import desk_for, said, shown

pytestmark = pytest.mark.django_db

PAGE = "/admin/installation/"
STUDIO = {
    "name": "Studio Luna",
    "slug": "studio",
    "timezone": "Europe/Lisbon",
    "locale": "en",
    "currency": "EUR",
    "contact_email": "hello@luna.example",
}


@pytest.fixture
def administrator():
    return desk_for(None, is_superuser=True)


def test_an_organization_is_opened_can_be_booked_and_is_worked_in(administrator, client, clock):
    answer = administrator.send(f"{PAGE}new/", **STUDIO)

    studio = Organization.objects.get()
    assert answer.url == "/admin/core/membership/"
    assert "Studio Luna is open" in said(answer)[0]
    assert (studio.slug, studio.timezone, studio.contact_email) == (
        "studio",
        "Europe/Lisbon",
        "hello@luna.example",
    )
    assert administrator.get("/admin/").wsgi_request.caller.organization_id == studio.pk
    assert Service.objects.get(organization=studio).is_default
    assert client.get("/book/studio/appointment").status_code == 200
    created = Event.objects.get(name="organization.created")
    assert (created.actor_kind, created.actor_id) == (CallerKind.USER, administrator.user.pk)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"slug": "salon"}, "slug"),
        ({"slug": "two words"}, "slug"),
        ({"timezone": "Europe/Atlantis"}, "timezone"),
        ({"currency": "eu"}, "currency"),
        ({"name": ""}, "name"),
        ({"admin_email": "nobody"}, "admin_email"),
    ],
)
def test_one_that_cannot_be_is_refused_beside_its_field(administrator, salon, changed, field):
    page = administrator.send(f"{PAGE}new/", **{**STUDIO, **changed})

    assert list(page.context["form"].errors) == [field]
    assert list(Organization.objects.all()) == [salon]


def test_a_closed_one_is_shut_to_everybody_and_as_it_was_when_it_is_opened_again(
    administrator, salon, haircut, client, django_capture_on_commit_callbacks
):
    key = client_with(a_key(salon, kind="secret"))
    owner = desk_for(salon, Role.OWNER)
    assert key.get("/api/bookings").status_code == 200
    assert "Nothing is deleted" in shown(administrator.get(f"{PAGE}{salon.pk}/close/"))

    with django_capture_on_commit_callbacks(execute=True):
        administrator.send(f"{PAGE}{salon.pk}/close/")

    assert key.get("/api/bookings").status_code == 401
    assert client.get("/book/salon/haircut").status_code == 404
    assert owner.get("/admin/").status_code == 302
    assert "Closed" in shown(administrator.get(PAGE))

    with django_capture_on_commit_callbacks(execute=True):
        answer = administrator.send(f"{PAGE}{salon.pk}/reopen/")

    assert said(answer)[-1] == "Salon Soleil is open again."
    assert key.get("/api/bookings").status_code == 200
    assert client.get("/book/salon/haircut").status_code == 200
    told = Event.objects.filter(name__in=["organization.closed", "organization.reopened"])
    assert [event.actor_id for event in told] == [administrator.user.pk] * 2


def test_an_owner_has_none_of_these_pages(salon):
    desk = desk_for(salon, Role.OWNER)

    for path in ("", "new/", f"{salon.pk}/close/", f"{salon.pk}/reopen/"):
        assert desk.get(f"{PAGE}{path}").status_code == 403
        assert desk.send(f"{PAGE}{path}", **STUDIO).status_code == 403
    assert "installation" not in shown(desk.get("/admin/organizations/"))
    salon.refresh_from_db()
    assert (salon.is_active, Organization.objects.count()) == (True, 1)
