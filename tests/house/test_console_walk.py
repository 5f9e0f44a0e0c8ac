"""Somebody of another organization walks every page of the console, and finds nothing.

The pages come from the URL configuration, whose rows they show from the models, and what can be
clicked and sent on them from the pages themselves: a new one is walked by existing.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.utils import timezone

from bookings.models import Booking
from core import events
from core.access import Role
from core.models import Outbox
from tests.console import Desk, desk_for, said
from tests.factories import MembershipFactory, OrganizationFactory
from tests.house.console_pages import Address, addresses
from tests.house.worlds import World

pytestmark = pytest.mark.django_db

# What a page may say to somebody whose row it is not. 302 is Django's "perhaps it was deleted".
CLOSED = {302, 403, 404, 405}
# Where every organization is named: to choose one, and to administer the installation.
NAMES_ALL = ("choose_organization", "installation")
# Pages that nobody gets, not even for their own rows: nothing is deleted or made by hand.
NOBODYS = ("_add", "_delete")
START = "/admin/"  # where Django leads who asks for a row that is not there


@pytest.fixture
def ours(clock, redis, settings) -> World:
    settings.RATE_LIMIT_MAX_REQUESTS = 10_000
    return a_world("Quendel")


@pytest.fixture
def theirs(ours) -> World:
    return a_world("Elsewhere")


def a_world(name: str) -> World:
    world = World(OrganizationFactory(name=name, slug=name.lower()))
    # The database's clock, which says when an event is due, does not travel with ours.
    Outbox.objects.update(not_before=timezone.now())
    events.relay()
    return world


def an_owner(ours: World, theirs: World) -> Desk:
    return desk_for(theirs.organization, Role.OWNER)


def an_owner_of_both(ours: World, theirs: World) -> Desk:
    """They could change to ours, and work in theirs."""
    desk = an_owner(ours, theirs)
    MembershipFactory(user=desk.user, organization=ours.organization, role=Role.OWNER)
    desk.send("/admin/organizations/", organization=ours.organization.pk)
    desk.send("/admin/organizations/", organization=theirs.organization.pk)
    return desk


def the_administrator(ours: World, theirs: World) -> Desk:
    """Of the installation, working in theirs."""
    desk = desk_for(None, is_superuser=True)
    desk.send("/admin/organizations/", organization=theirs.organization.pk)
    return desk


WHO = pytest.mark.parametrize("who", [an_owner, an_owner_of_both, the_administrator])
WHO_COULD_CHANGE = pytest.mark.parametrize("who", [an_owner_of_both, the_administrator])


def walked(desk: Desk) -> Iterator[Address]:
    """Return the pages that are one organization's."""
    may_change = desk.user.is_superuser or desk.user.memberships.count() > 1
    for address in addresses():
        if not may_change or not address.name.startswith(NAMES_ALL):
            yield address


def is_open(answer: Any) -> bool:
    is_elsewhere = answer.status_code == 302 and answer.url != START
    return is_elsewhere or answer.status_code in (200, 405)


def text_of(answer: Any) -> str:
    """Return all that an answer tells: its body, unpacked, and where it leads."""
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    if body.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(body)) as packed:
            body = b"".join(packed.read(name) for name in packed.namelist())
    return " ".join([body.decode(), *map(str, answer.headers.values()), *said(answer)])


def test_every_page_of_the_console_is_walked(ours, redis):
    """Each kind of page has a row here, which opens where it is one's own."""
    desk, shut, pages = desk_for(None, is_superuser=True), [], set()

    for address in addresses():
        pages.add(address.route.partition("{")[0])
        found = address.in_world(ours)
        assert found, f"{address.route}: no such row in tests/house/worlds.py"
        if not address.name.endswith(NOBODYS) and address.name != "login":
            redis.flushall()  # an export is for three requests a minute
            answers = [desk.get(at) for at in found[:2]]  # the second booking is one of a series
            if not any(is_open(answer) for answer in answers):
                shut.append(address.route)

    assert shut == []
    assert pages >= {
        f"{model._meta.app_label}/{model._meta.model_name}/" for model in admin.site._registry
    }


@WHO
def test_no_page_opens_or_changes_another_organizations_row(
    who: Callable[[World, World], Desk], ours, theirs, redis
):
    desk, before, tried = who(ours, theirs), (ours.everything(), theirs.everything()), 0

    for address in walked(desk):
        if address.about is None:
            continue
        for at in address.in_world(ours)[:2]:
            redis.flushall()  # an export is for three requests a minute
            asked = ours.told_in(at)
            for answer in (desk.get(at), desk.post(at, {"post": "1"})):
                assert answer.status_code in CLOSED, (address.route, answer.status_code)
                assert ours.told_in(text_of(answer)) <= asked, address.route
                desk.cookies.pop("messages", None)  # they tell the id again on the next page
                tried += 1

    assert tried > 200
    assert (ours.everything(), theirs.everything()) == before


@WHO_COULD_CHANGE
def test_no_page_shows_another_organizations_rows(
    who: Callable[[World, World], Desk], ours, theirs
):
    desk, shown = who(ours, theirs), 0

    for address in walked(desk):
        for at in address.in_world(theirs)[:1]:
            answer = desk.get(at)
            assert ours.told_in(text_of(answer)) == set(), address.route
            shown += answer.status_code == 200

    assert shown > 80


@WHO_COULD_CHANGE
def test_no_search_finds_another_organizations_rows(
    who: Callable[[World, World], Desk], ours, theirs
):
    desk = who(ours, theirs)
    booking = Booking.objects.for_organization(ours.organization.pk).first()

    for address in walked(desk):
        if not address.name.endswith(("_changelist", "search")):
            continue
        for term in (ours.word, booking.reference, ours.person["email"], str(booking.pk)):
            text = text_of(desk.get(f"/admin/{address.route}", {"q": term}))
            assert ours.told_in(text) <= ours.told_in(term), (address.route, term)
