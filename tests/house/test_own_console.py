"""Staff who are limited to their own resources walk every page of the console.

The pages are those of the tenant walk. Each of the two worlds belongs to one resource of the same
organization.
"""

from __future__ import annotations

import pytest
from django.utils import timezone

from bookings.models import Booking, Customer
from core import events
from core.access import Role
from core.models import Membership, Outbox
from tests.console import Desk
from tests.factories import MembershipFactory, OrganizationFactory
from tests.house.colleagues import GRANTS, a_colleague, limited_to
from tests.house.console_pages import addresses
from tests.house.test_console_walk import CLOSED, text_of
from tests.house.worlds import World, slot

pytestmark = pytest.mark.django_db

DAYS = [
    "/admin/?day=2026-11-24",
    "/admin/calendar/?day=2026-11-24",
    "/admin/calendar/?view=week&day=2026-11-24",
    "/admin/why-not/?day=2026-11-24",
    "/admin/bookings/booking/add/?day=2026-11-24",
]


@pytest.fixture
def theirs(clock, redis, settings) -> World:
    settings.RATE_LIMIT_MAX_REQUESTS = 10_000
    return a_colleague("Quendel", OrganizationFactory(name="Hill", slug="hill"))


@pytest.fixture
def mine(theirs) -> World:
    world = a_colleague("Basil", theirs.organization)
    # The database's clock, which says when an event is due, does not travel with ours.
    Outbox.objects.update(not_before=timezone.now())
    events.relay()
    return world


@pytest.fixture
def me(mine) -> Desk:
    return at_a_desk(limited_to(mine))


@pytest.fixture
def unlimited(mine) -> Desk:
    """Who may do the same, everywhere."""
    return at_a_desk(
        MembershipFactory(organization=mine.organization, role=Role.STAFF, grants=GRANTS)
    )


def at_a_desk(member: Membership) -> Desk:
    desk = Desk()
    desk.user = member.user
    desk.force_login(member.user)
    return desk


def test_no_page_opens_or_changes_what_is_a_colleagues(me, theirs, mine, redis):
    before, tried = theirs.everything(), 0

    for address in addresses():
        if address.about is None:
            continue
        for at in address.in_world(theirs):
            if not (asked := theirs.told_in(at)):
                continue  # it is mine, or the organization's
            redis.flushall()  # an export is for three requests a minute
            for answer in (me.get(at), me.post(at, {"post": "1"})):
                assert answer.status_code in CLOSED, (at, answer.status_code)
                assert theirs.told_in(text_of(answer)) <= asked, at
                me.cookies.pop("messages", None)  # they tell the id again on the next page
                tried += 1

    assert tried > 200
    assert theirs.everything() == before


def test_no_page_shows_what_is_a_colleagues(me, unlimited, theirs, mine):
    shown, told = 0, set()

    for address in addresses():
        at = f"/admin/{address.route}" if address.about is None else ""
        if at:
            answer = me.get(at)
            assert theirs.told_in(text_of(answer)) == set(), at
            shown += answer.status_code == 200
    for at in DAYS:
        assert theirs.told_in(text_of(me.get(at))) == set(), at
        if theirs.told_in(text_of(unlimited.get(at))):
            told.add(at)

    assert shown > 20
    assert told == set(DAYS)  # else it would pass with every page empty


def test_no_search_finds_what_is_a_colleagues(me, unlimited, theirs, mine):
    booking = Booking.objects.get(pk=theirs.ids["booking"])
    found = set()

    for address in addresses():
        if not address.name.endswith(("_changelist", "search")):
            continue
        for term in (theirs.word, booking.reference, theirs.person["email"], str(booking.pk)):
            at, asked = f"/admin/{address.route}", theirs.told_in(term)
            assert theirs.told_in(text_of(me.get(at, {"q": term}))) <= asked, (at, term)
            if theirs.told_in(text_of(unlimited.get(at, {"q": term}))) - asked:
                found.add(address.name)

    assert found >= {"search", "bookings_booking_changelist", "bookings_customer_changelist"}


def test_what_is_ticked_and_taken_along_is_ones_own(me, theirs, mine):
    before = theirs.everything()

    for action in ("confirm_them", "cancel_them", "swap_them"):
        ticked = {"action": action, "_selected_action": [theirs.ids["booking"]]}
        me.send("/admin/bookings/booking/", **ticked, reason="Because")
    exported = me.send("/admin/bookings/booking/export/", format="csv")

    assert theirs.everything()["Booking"] == before["Booking"]
    assert exported.status_code == 200
    assert mine.word in text_of(exported)
    assert theirs.told_in(text_of(exported)) == set()


def test_reports_about_everybody_are_closed_and_not_on_the_menu(me, unlimited, mine):
    assert me.get("/admin/credits/").status_code == 403
    assert "/admin/credits/" not in text_of(me.get("/admin/"))
    assert unlimited.get("/admin/credits/").status_code == 200
    assert "/admin/credits/" in text_of(unlimited.get("/admin/"))


def test_what_tells_of_all_that_a_customer_booked_is_closed(me, unlimited, mine):
    page = f"/admin/bookings/customer/{mine.ids['customer']}"

    assert me.get(f"{page}/change/").status_code == 200
    for verb in ("feed", "export"):
        assert me.get(f"{page}/{verb}/").status_code in (403, 405)
        assert me.post(f"{page}/{verb}/").status_code == 403
    assert unlimited.post(f"{page}/export/").status_code == 200


def test_whoever_books_with_them_becomes_theirs_with_that_booking_alone(me, theirs, mine):
    page = f"/admin/bookings/customer/{theirs.ids['customer']}/change/"
    assert me.get(page).status_code == 404
    customer = Customer.objects.get(pk=theirs.ids["customer"])

    made = mine.desk.post(
        "/api/bookings",
        {
            **mine.person,
            "name": customer.name,
            "email": customer.email,
            "serviceId": mine.ids["service"],
            "timeSlot": slot("30"),
        },
    ).json()["data"]

    text = text_of(me.get(page))
    assert made["id"] in text
    told = theirs.told_in(text)
    assert told <= {theirs.word, theirs.ids["customer"]}
    assert me.get(f"/admin/bookings/booking/{made['id']}/change/").status_code == 200
