"""What a link or an address of the public pages opens is its own, and nothing else of anybody.

The pages come from the URL configuration: a new one without its case here fails.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from bookings.models import Booking, Customer, CustomerLink, Service, WaitlistEntry
from bookings.selectors.feeds import feed_url
from bookings.selectors.manage import manage_token
from bookings.selectors.own_view import link_url
from bookings.selectors.waitlist import waitlist_token
from bookings.services.customer_link import send_link
from bookings.services.feed import make_feed
from bookings.web.own_link import COOKIE
from bookings.web.tokens import Draft, booked_token, draft_token, visit_token
from core.access import Caller, CallerKind
from core.invitations import invitation_url
from core.models import Invitation, Membership, PasswordReset
from core.password_links import password_reset_url
from core.services.passwords import request_reset
from tests.factories import OrganizationFactory
from tests.house.worlds import World

pytestmark = pytest.mark.django_db

# For everybody, or of nobody: health, pictures of whom anybody can book, a color, the start.
OPEN = {
    "accent",
    "console-colors",
    "health",
    "health-load-balancer",
    "home",
    "logo",
    "metrics",
    "password-forgotten",
    "photo",
}
ELSEWHERE = ("^api/", "admin/", "mailbox/")  # the API, the console, development's mails
# What no cache and no page may tell apart: it is made anew for every answer.
NONCE = re.compile(r'nonce="[^"]*"|name="(?:visit|csrfmiddlewaretoken)" value="[^"]*"')
# What each page answers to a good token a year later. 410: it was one, and is over.
AFTER_A_YEAR = {
    "book:booked": 404,
    "book:calendar": 404,
    "book:details": 400,  # the times again, to choose anew
    "feed": 200,
    "invitation": 410,
    "manage:booking": 404,
    "manage:calendar": 404,
    "manage:cancel": 404,
    "manage:move": 404,
    "own:open": 410,
    "password-reset": 410,
    "waitlist": 200,
}
STAYS_GOOD = {"feed", "waitlist"}


@pytest.fixture
def ours(clock, redis, settings) -> World:
    settings.RATE_LIMIT_MAX_REQUESTS = 10_000
    return World(OrganizationFactory(name="Quendel", slug="quendel", has_page=True))


@pytest.fixture
def theirs(ours) -> World:
    return World(OrganizationFactory(name="Elsewhere", slug="elsewhere", has_page=True))


def tokens_of(world: World) -> dict[str, str]:
    """Return a good token of each kind."""
    caller = Caller(CallerKind.COMMAND, world.organization.pk)
    booking = Booking.objects.get(pk=world.ids["booking"])
    customer = Customer.objects.get(pk=world.ids["customer"])
    request_reset(Membership.objects.get(pk=world.ids["member"]).user.email)
    draft = Draft(
        visit=UUID(world.ids["hold"]),
        service_id=booking.service_id,
        starts_at=datetime(2026, 11, 27, 9, tzinfo=UTC),
        minutes=30,
        resource_id=booking.resource_id,
        zone="Europe/Berlin",
    )
    urls = {
        "feed": feed_url(make_feed(customer, caller=caller)).removesuffix(".ics"),
        "invitation": invitation_url(Invitation.objects.get(pk=world.ids["invitation"])),
        "link": link_url(send_link(customer, caller=caller)),
        "reset": password_reset_url(PasswordReset.objects.get(organization=world.organization)),
    }
    return {
        "booked": booked_token(world.organization, booking.pk),
        "draft": draft_token(world.organization, draft),
        "manage": manage_token(booking),
        "visit": visit_token(world.organization),
        "waitlist": waitlist_token(WaitlistEntry.objects.get(pk=world.ids["waiting"])),
        **{kind: url.rpartition("/")[2] for kind, url in urls.items()},
    }


# Which token opens a page, by its name.
OPENED_BY = {
    "book:booked": "booked",
    "book:calendar": "booked",
    "book:details": "draft",
    "feed": "feed",
    "invitation": "invitation",
    "manage:booking": "manage",
    "manage:calendar": "manage",
    "manage:cancel": "manage",
    "manage:move": "manage",
    "own:open": "link",
    "password-reset": "reset",
    "waitlist": "waitlist",
}
BY_SLUG = {
    "book:organization",
    "book:place",
    "book:service",
    "book:wait",
    "own:consents",
    "own:out",
    "own:own",
}


def public_pages() -> Iterator[tuple[str, set[str]]]:
    """Return each page's name, with the names of what stands in its address."""

    def walk(patterns: Any, path: str, space: str, names: set[str]) -> Any:
        for one in patterns:
            here, parts = path + str(one.pattern), set(names)
            if here.startswith(ELSEWHERE):
                continue
            regex = one.pattern.regex
            parts |= set(regex.groupindex)
            if isinstance(one, URLResolver):
                inner = f"{one.namespace}:" if one.namespace else space
                yield from walk(one.url_patterns, here, inner, parts)
            elif isinstance(one, URLPattern):
                yield space + (one.name or here), parts

    yield from walk(get_resolver().url_patterns, "", "", set())


def address(page: str, parts: set[str], world: World, token: str = "") -> str:
    """Return a page's address, with a world's slugs and ids in it."""
    is_course = page == "book:place"
    service = Service.objects.get(pk=world.ids["course" if is_course else "service"])
    slug = world.organization.slug
    known = {"organization": slug, "slug": slug, "service": service.slug}
    known |= {"session": world.ids["session"], "token": token, "draft": token}
    return reverse(page, kwargs={part: known[part] for part in parts})


def pages_of_a_token() -> list[tuple[str, set[str]]]:
    return [(page, parts) for page, parts in public_pages() if page in OPENED_BY]


def told(answer: Any) -> str:
    """Return a page without what is made anew for each answer."""
    return NONCE.sub("", answer.content.decode())


def test_every_public_page_has_its_case():
    for page, parts in public_pages():
        if parts & {"token", "draft", "key"}:
            assert page in OPENED_BY, f"{page}: whose token is this?"
        else:
            assert page in OPEN | BY_SLUG, f"{page}: who may see this?"


def test_each_token_opens_its_own_pages(ours):
    """Without this the tests below would pass with every page broken."""
    tokens, browser = tokens_of(ours), Client()

    opened = {
        page: browser.get(address(page, parts, ours, tokens[OPENED_BY[page]])).status_code
        for page, parts in pages_of_a_token()
    }

    assert opened == dict.fromkeys(OPENED_BY, 200)


def test_no_page_opens_to_another_kind_of_token_or_to_a_spoiled_one(ours, redis):
    """A GET and a POST of each, and of whatever is wrong with a token nothing is told."""
    tokens, browser = tokens_of(ours), Client()
    before, tried = ours.everything(), 0

    for page, parts in pages_of_a_token():
        kind, answers = OPENED_BY[page], set()
        good = tokens[kind]
        other_letter = "B" if good.endswith("A") else "A"
        spoiled = (good[:-1], good[1:], "A" + good, good[:-1] + other_letter, "x" * 43)
        others = [token for other, token in tokens.items() if other != kind]
        for token in (*others, *spoiled, ours.ids["booking"]):
            at = address(page, parts, ours, token)
            redis.flushall()  # a page is for so many requests a minute
            for answer in (browser.get(at), browser.post(at, {"answer": "leave"})):
                if answer.status_code == 405 or (answer.status_code == 400 and kind == "draft"):
                    assert kind in ("booked", "draft", "feed", "manage")
                    continue  # a draft that is none leads back to choosing a time
                assert answer.status_code == 404, (page, token)
                assert ours.person["name"] not in answer.content.decode()
                answers.add(told(answer).replace(token, ""))
                tried += 1
        assert len(answers) <= 1, f"{page} says more of one wrong token than of another"

    assert tried > 200
    assert ours.everything() == before


def test_a_token_opens_nothing_at_another_organizations_address(ours, theirs):
    tokens, browser = tokens_of(ours), Client()
    before = (ours.everything(), theirs.everything())

    for page, parts in pages_of_a_token():
        if parts & {"organization", "slug"}:
            at = address(page, parts, theirs, tokens[OPENED_BY[page]])
            for answer in (browser.get(at), browser.post(at, ours.person)):
                assert answer.status_code in (400, 404, 405), page
                assert ours.told_in(answer.content.decode()) <= ours.told_in(at), page

    assert (ours.everything(), theirs.everything()) == before


def test_no_page_of_an_organization_shows_or_takes_what_is_anothers(ours, theirs):
    """By a slug in the address, an id in it, or one in the query."""
    browser, visit = Client(), visit_token(ours.organization)
    their_visit = visit_token(theirs.organization)
    before = ours.everything()

    for page, parts in public_pages():
        if page not in BY_SLUG:
            continue
        ours_at, theirs_at = address(page, parts, ours), address(page, parts, theirs)
        mixed = ours_at.replace("/quendel", "/elsewhere")
        swapped = theirs_at.replace(theirs.ids["session"], ours.ids["session"])
        sent = {**theirs.person, "start": "2026-11-27T10:00:00+01:00"}
        sent |= {"session": ours.ids["session"], "resource": ours.ids["resource"]}
        asked = {"with": ours.ids["resource"], "visit": visit, "day": "2026-11-24"}
        answers = [browser.get(at, asked) for at in {mixed, swapped, theirs_at}]
        answers += [browser.post(at, {**sent, "visit": visit}) for at in {mixed, theirs_at}]
        if swapped != theirs_at:
            answers.append(browser.post(swapped, {**sent, "visit": their_visit}))
        for answer in answers:
            text = answer.content.decode()
            assert answer.status_code in (200, 302, 400, 404, 405), page
            assert ours.told_in(text) <= ours.told_in(f"{sent} {asked}"), page

    assert ours.everything() == before
    assert theirs.rows_that_cross() == []


def test_who_is_in_at_one_organization_is_not_in_at_another(ours, theirs):
    """The cookie of a customer who opened their link, sent to another's address."""
    browser, token = Client(), tokens_of(ours)["link"]
    browser.post(f"/my/open/{token}")
    assert ours.told_in(browser.get("/my/quendel").content.decode())
    assert COOKIE in browser.cookies  # this browser sends it to every path
    before = list(CustomerLink.objects.values())

    shown, out = browser.get("/my/elsewhere"), browser.post("/my/elsewhere/out")

    assert shown.status_code == 200
    assert ours.told_in(shown.content.decode()) == set()
    assert out.status_code == 302
    assert list(CustomerLink.objects.values()) == before


def test_a_link_is_over_when_its_time_is(ours, clock):
    """What was one of ours says that it is over, and of what; a calendar's address stays good."""
    tokens, browser = tokens_of(ours), Client()
    before = ours.everything()
    clock.shift(timedelta(days=365))

    answers = {
        page: browser.get(address(page, parts, ours, tokens[OPENED_BY[page]]))
        for page, parts in pages_of_a_token()
    }

    assert {page: answer.status_code for page, answer in answers.items()} == AFTER_A_YEAR
    for page, answer in answers.items():
        if page not in STAYS_GOOD:
            assert ours.person["name"] not in answer.content.decode(), page
    assert ours.everything() == before


def test_no_link_of_a_closed_organization_opens(ours):
    tokens, browser = tokens_of(ours), Client()
    ours.organization.is_active = False
    ours.organization.save()
    before = ours.everything()

    for page, parts in public_pages():
        if page in OPEN or page == "password-reset":  # a person's, who may work elsewhere too
            continue
        at = address(page, parts, ours, tokens.get(OPENED_BY.get(page, ""), ""))
        for answer in (browser.get(at), browser.post(at, ours.person)):
            assert answer.status_code in (404, 405), page
            assert ours.told_in(answer.content.decode()) <= ours.told_in(at), page

    assert ours.everything() == before
