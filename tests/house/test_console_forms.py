"""Whatever the console's pages ask for, asked with another organization's ids, takes nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction

from core.access import Role
from tests.console import Desk, desk_for
from tests.house.console_pages import addresses
from tests.house.crawling import Ask, Exchange, asks_on
from tests.house.test_console_walk import START, a_world, text_of

pytestmark = pytest.mark.django_db

SIGN_OUT = "/admin/logout/"


def is_done(answer: Any) -> bool:
    return answer.status_code == 302 and answer.url != START


def attempt(desk: Desk, ask: Ask, look: Callable[[], None] | None = None) -> tuple[Any, str]:
    """Return the answer to one request, of which nothing is kept, with its text.

    What it did is there to `look` at, when it did something.
    """
    transient = transaction.atomic()
    transient._from_testcase = True  # type: ignore[attr-defined]  # services open theirs in it
    with transient:
        answer = getattr(desk, ask.method)(ask.path, ask.fields)
        if look is not None and ask.method == "post" and is_done(answer):
            look()
        transaction.set_rollback(True)
    text = text_of(answer)
    desk.cookies.pop("messages", None)  # they tell an id again on the next page
    return answer, text


def test_nothing_that_a_page_sends_takes_another_organizations_id(clock, redis, settings):
    """Every link, and every form as it is filled in, with each of its ids in turn a foreign one."""
    settings.RATE_LIMIT_MAX_REQUESTS = 100_000
    ours, theirs = a_world("Quendel"), a_world("Elsewhere")
    desk, exchange = desk_for(theirs.organization, Role.OWNER), Exchange(theirs, ours)
    before, known, forged, done = ours.everything(), set(), 0, set()
    waiting = [Ask("get", at, {}) for one in addresses() for at in one.in_world(theirs)[:1]]

    def nothing_was_taken() -> None:
        assert theirs.rows_that_cross() == []
        assert ours.everything() == before

    while waiting:
        ask = waiting.pop()
        if ask.shape in known or ask.path == SIGN_OUT:
            continue
        known.add(ask.shape)
        redis.flushall()  # an export is for three requests a minute
        for wrong in exchange.forged(ask):
            if wrong.shape in known:
                continue
            known.add(wrong.shape)
            _, text = attempt(desk, wrong, nothing_was_taken)
            assert ours.told_in(text) <= ours.told_in(f"{wrong.path} {wrong.fields}"), wrong
            forged += 1
        answer, text = attempt(desk, ask)
        if is_done(answer) and ask.method == "post":
            done.add(ask.path.rstrip("/").rpartition("/")[2])
        waiting += asks_on(ask.path, text) if text.lstrip().startswith("<!") else []

    assert ours.everything() == before
    assert forged > 150
    # Without this it would pass with every form refused for another reason.
    assert done >= {"cancel", "reschedule", "join", "adjust", "revoke", "offer"}
