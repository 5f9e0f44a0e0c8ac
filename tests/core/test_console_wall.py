"""No page of the console opens another organization's row. New pages are covered by existing."""

from collections.abc import Iterator
from datetime import time
from decimal import Decimal

import pytest
from django.contrib import admin
from django.urls import URLPattern
from django.utils import timezone

from bookings.models import Booking
from bookings.services.session_template import TemplateDetails, create_template
from core import events
from core.access import Role
from core.models import ApiKey, Event, Membership, Outbox
from core.services.api_key import create_api_key
from notifications.models import Delivery
from tests.console import desk_for
from tests.factories import (
    CourseFactory,
    GroupSessionFactory,
    MembershipFactory,
    OrganizationFactory,
)

pytestmark = pytest.mark.django_db

# What a page may say to somebody whose row it is not. 302 is Django's "perhaps it was deleted".
CLOSED = {302, 403, 404, 405}
SHORT = "<path:object_id>/"  # Django's way to "change/", whatever the id: it reads no row


@pytest.fixture
def rows(salon, book, staff, wait, bundle):
    """A row of each kind that the console shows, all of them the salon's."""
    booking = book()
    # The database's clock, which says when an event is due, does not travel with ours.
    Outbox.objects.update(not_before=timezone.now())
    events.relay()
    key, _ = create_api_key(
        organization=salon, kind=ApiKey.Kind.SECRET, name="website", caller=staff
    )
    member = MembershipFactory(organization=salon)
    kind = booking.resource.type
    own = [booking, booking.customer, booking.service, booking.resource, kind, salon, key, member]
    algebra = CourseFactory(organization=salon, resources=[booking.resource])
    own.append(GroupSessionFactory(service=algebra, resource=booking.resource))
    every_week = TemplateDetails(
        service=algebra,
        resource=booking.resource,
        weekday=2,
        starts_at_time=time(9),
        ends_at_time=time(10),
        capacity=3,
        price_amount=Decimal("15.00"),
    )
    own.append(create_template(every_week, caller=staff))
    own.append(bundle)
    own += [Delivery.objects.first(), Event.objects.filter(organization=salon).first()]
    return {type(row): row for row in [*own, wait("Lea")]}


def pages_of_a_row(rows) -> Iterator[tuple[str, str]]:
    """Return each address below a row's, by the pattern that it comes from."""
    for model, page in admin.site._registry.items():
        label, name = model._meta.app_label, model._meta.model_name
        for pattern in page.get_urls():
            assert isinstance(pattern, URLPattern)
            route = str(pattern.pattern)
            if "<" not in route or route == SHORT:
                continue
            path = route.replace("<path:object_id>", "{pk}").replace("<uuid:pk>", "{pk}")
            path = path.replace("<slug:message>", "booking_cancelled")
            assert "<" not in path, f"{route}: what is this?"
            about = Booking if "preview" in path else model
            yield route, f"/admin/{label}/{name}/{path.format(pk=rows[about].pk)}"


def everything(rows) -> list[dict[str, object]]:
    """Return all columns of all rows, to see that nothing has changed."""
    return [type(row).objects.filter(pk=row.pk).values().get() for row in rows.values()]


def test_every_kind_of_row_is_tried(rows):
    assert set(rows) == set(admin.site._registry)
    assert len(list(pages_of_a_row(rows))) > 30


@pytest.mark.parametrize("who", ["an owner elsewhere", "the administrator, working elsewhere"])
def test_no_page_opens_or_changes_another_organizations_row(rows, who):
    elsewhere = OrganizationFactory(name="Elsewhere")
    if who == "an owner elsewhere":
        desk = desk_for(elsewhere, Role.OWNER)
    else:
        desk = desk_for(None, is_superuser=True)
        desk.send("/admin/organizations/", organization=elsewhere.pk)
    before, happened = everything(rows), Event.objects.count()

    for route, path in pages_of_a_row(rows):
        for answer in (
            desk.get(path),
            desk.post(path, {"go": "role", "role": "owner", "post": "1"}),
        ):
            assert answer.status_code in CLOSED, f"{route} answers {answer.status_code}"
            if answer.status_code == 302:  # back to their own list, or to the start
                assert str(rows[Booking].pk) not in answer.url, route

    assert everything(rows) == before
    assert Event.objects.count() == happened
    assert Membership.objects.filter(organization=elsewhere).count() <= 1


def test_the_same_pages_open_for_the_organizations_own_owner(salon, rows):
    """Without this the test above would pass with every page broken."""
    desk = desk_for(salon, Role.OWNER)

    opened = {route for route, path in pages_of_a_row(rows) if desk.get(path).status_code == 200}

    assert {"<path:object_id>/change/", "<uuid:pk>/cancel/", "<uuid:pk>/hours/"} <= opened
