"""People who wait for a time, as the tests need them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from bookings.models import WaitlistEntry
from bookings.services.customer import CustomerDetails
from bookings.services.waitlist import WaitRequest, join_waitlist
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


def state(*entries: WaitlistEntry) -> list[str]:
    """What has become of each, as the database says it."""
    rows = WaitlistEntry.objects.in_bulk([entry.pk for entry in entries])
    return [rows[entry.pk].status for entry in entries]


def happened(entry: WaitlistEntry) -> list[str]:
    rows = Event.objects.filter(subject_id=entry.pk).order_by("id")
    return [name.removeprefix("waitlist.") for name in rows.values_list("name", flat=True)]
