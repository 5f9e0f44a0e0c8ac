"""The organization's own settings."""

from html import unescape

import pytest

from core.access import Role
from core.models import Event
from tests.console import desk_for, said
from tests.factories import OrganizationFactory

pytestmark = pytest.mark.django_db

PAGE = "/admin/core/organization/"
SETTINGS = {
    "name": "Salon Soleil & Lune",
    "timezone": "Europe/Paris",
    "locale": "de",
    "currency": "CHF",
    "accent_color": "#b45309",
    "contact_email": "hello@salon.example",
    "admin_email": "desk@salon.example",
}


def test_the_menu_leads_to_the_own_settings(salon):
    desk = desk_for(salon, Role.ADMIN)

    assert desk.get(PAGE).url == f"{PAGE}{salon.pk}/change/"
    assert desk.get(desk.get(PAGE).url).status_code == 200


def test_settings_are_saved_and_written_down(salon):
    desk = desk_for(salon, Role.OWNER)

    answer = desk.post(f"{PAGE}{salon.pk}/change/", SETTINGS)

    assert said(answer) == ["The settings are saved."]
    salon.refresh_from_db()
    assert {name: getattr(salon, name) for name in SETTINGS} == SETTINGS
    event = Event.objects.get(name="organization.updated")
    assert (event.subject_id, event.actor_id) == (salon.pk, desk.user.pk)
    assert "hello@" not in str(event.data)


@pytest.mark.parametrize(
    "wrong",
    [
        {"timezone": "Mars/Olympus"},
        {"accent_color": "red"},
        {"currency": "eur"},
        {"locale": "tlh"},
        {"contact_email": "nobody"},
        {"name": ""},
    ],
)
def test_settings_that_cannot_be_are_refused(salon, wrong):
    page = desk_for(salon, Role.OWNER).post(f"{PAGE}{salon.pk}/change/", {**SETTINGS, **wrong})

    assert list(page.context["adminform"].form.errors) == list(wrong)
    salon.refresh_from_db()
    assert salon.name == "Salon Soleil"
    assert Event.objects.count() == 0


@pytest.mark.parametrize("role", [Role.MANAGER, Role.STAFF, Role.VIEWER])
def test_only_administrators_change_them(salon, role):
    desk = desk_for(salon, role)

    assert desk.get(f"{PAGE}{salon.pk}/change/").status_code == 403
    assert desk.post(f"{PAGE}{salon.pk}/change/", SETTINGS).status_code == 403
    salon.refresh_from_db()
    assert salon.name == "Salon Soleil"


def test_another_organizations_settings_are_not_there(salon):
    desk = desk_for(OrganizationFactory(name="Elsewhere"), Role.OWNER)

    assert desk.post(f"{PAGE}{salon.pk}/change/", SETTINGS).status_code == 302
    salon.refresh_from_db()
    assert salon.name == "Salon Soleil"


def test_even_the_administrator_of_the_installation_works_in_one_at_a_time(salon):
    other = OrganizationFactory(name="Another")
    desk = desk_for(None, is_superuser=True)
    desk.send("/admin/organizations/", organization=other.pk)

    assert desk.post(f"{PAGE}{salon.pk}/change/", SETTINGS).status_code == 302
    salon.refresh_from_db()
    assert salon.name == "Salon Soleil"


def test_the_settings_say_where_the_booking_page_is(salon, settings):
    settings.PUBLIC_BASE_URL = "https://book.salon.example"
    desk = desk_for(salon, Role.OWNER)
    page = f"{PAGE}{salon.pk}/change/"
    assert "https://book.salon.example/book/salon" in desk.get(page).text
    assert "iframe" not in desk.get(page).text

    origins = (
        "https://WWW.salon.example/\n\n https://salon.example:8443 \nhttps://www.salon.example"
    )
    desk.post(page, {**SETTINGS, "has_page": "on", "embed_origins": origins})

    salon.refresh_from_db()
    assert salon.embed_origins == ["https://www.salon.example", "https://salon.example:8443"]
    frame = (
        '<iframe src="https://book.salon.example/book/salon" title="Salon Soleil &amp; Lune" '
        'width="100%" height="900"></iframe>'
    )
    assert frame in unescape(desk.get(page).text)


def test_without_a_booking_page_nothing_is_said_of_it(salon):
    desk = desk_for(salon, Role.OWNER)

    desk.post(f"{PAGE}{salon.pk}/change/", SETTINGS)

    salon.refresh_from_db()
    assert not salon.has_page
    assert "/book/salon" not in desk.get(f"{PAGE}{salon.pk}/change/").text


@pytest.mark.parametrize(
    "origin",
    [
        "www.salon.example",
        "http://www.salon.example",
        "https://www.salon.example/book",
        "https://*",
        "https://salon.example; script-src *",
        "https://salon.example https://evil.example",
        "https://anna@salon.example",
        "'self'",
    ],
)
def test_only_an_origin_is_a_website(salon, origin):
    """It is written into the header that says who may show the page in a frame."""
    fields = {**SETTINGS, "embed_origins": f"https://www.salon.example\n{origin}"}

    page = desk_for(salon, Role.OWNER).post(f"{PAGE}{salon.pk}/change/", fields)

    errors = page.context["adminform"].form.errors
    assert errors == {"embed_origins": ["Write an origin like https://www.example.com."]}
    salon.refresh_from_db()
    assert salon.embed_origins == []
