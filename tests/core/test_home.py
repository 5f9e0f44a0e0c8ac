"""The first page leads on."""

import pytest

from tests.factories import OrganizationFactory

pytestmark = pytest.mark.django_db


def test_it_leads_to_the_booking_page_of_the_only_organization(client, salon):
    assert 'href="/book/salon"' in client.get("/").text


def test_of_several_organizations_none_is_shown_to_the_others_customers(client, salon):
    OrganizationFactory(name="Elsewhere")

    assert "/book/" not in client.get("/").text
    assert "Elsewhere" not in client.get("/").text


def test_an_organization_without_a_page_is_not_shown(client, salon):
    salon.has_page = False
    salon.save()

    assert "/book/" not in client.get("/").text


def test_the_first_page_is_there_without_any_organization(client):
    assert client.get("/").status_code == 200
