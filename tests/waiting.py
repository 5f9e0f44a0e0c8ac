"""People who wait for a time, as the tests need them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from bookings.models import Allocation, Booking, Hold, WaitlistEntry
from bookings.services.answering import Acceptance, accept_offer
from bookings.services.customer import CustomerDetails
from bookings.services.waitlist import WaitRequest, join_waitlist
from core.access import Caller, CallerKind
from core.ids import uuid7
from core.models import Event

HALF_AN_HOUR = timedelta(minutes=30)


def called(name: str) -> CustomerDetails:
    return CustomerDetails(name=name, email=f"{name.lower()}@example.com")


@pytest.fixture
def wait(clock, haircut, ten_o_clock, staff) -> Callable[..., WaitlistEntry]:
    """Let somebody wait for half an hour at ten and nothing else, unless told otherwise."""

    def wait(name: str, at: datetime = ten_o_clock, **changes: Any) -> WaitlistEntry:
        usual = WaitRequest(
            service=haircut,
            customer=called(name),
            from_at=at,
            to_at=at + HALF_AN_HOUR,
            minutes=30,
        )
        return join_waitlist(replace(usual, **changes), caller=staff)

    return wait


@pytest.fixture
def by_link(salon) -> Caller:
    """Who follows the link in a mail."""
    return Caller(CallerKind.CUSTOMER, salon.pk, scopes=frozenset())


@pytest.fixture
def accept(by_link):
    """Accept what was offered last, saying nothing but what the haircut wants to know."""

    def accept(entry: WaitlistEntry, *, offer: int | None = None, **said) -> Booking:
        entry = WaitlistEntry.objects.get(pk=entry.pk)
        return accept_offer(
            entry,
            offer=entry.offers if offer is None else offer,
            acceptance=Acceptance(**{"company": "Lea Ltd", "inquiry": "Short", **said}),
            caller=by_link,
            booking_id=uuid7(),
        )

    return accept


def offered(entry: WaitlistEntry) -> Hold:
    """The hold that keeps a time for somebody now."""
    entry.refresh_from_db()
    assert entry.status == "OFFERED"
    assert entry.hold is not None
    kept = Allocation.objects.get(hold=entry.hold, released_at=None)
    assert (kept.starts_at, kept.expires_at) == (entry.hold.starts_at, entry.hold.expires_at)
    return entry.hold


def state(*entries: WaitlistEntry) -> list[str]:
    """What has become of each, as the database says it."""
    rows = WaitlistEntry.objects.in_bulk([entry.pk for entry in entries])
    return [rows[entry.pk].status for entry in entries]


def happened(entry: WaitlistEntry) -> list[str]:
    rows = Event.objects.filter(subject_id=entry.pk).order_by("id")
    return [name.removeprefix("waitlist.") for name in rows.values_list("name", flat=True)]
