"""What the tests of bundles ask a ledger."""

import pytest

from bookings.models import (
    Allocation,
    Booking,
    BundlePurchase,
)

WHEN_REFUSED = (Booking, Allocation)


def ledger_of(bundle: BundlePurchase) -> list[tuple[int, str, int, int]]:
    return list(bundle.ledger.values_list("number", "kind", "amount", "balance"))


def left_of(bundle: BundlePurchase) -> int:
    bundle.refresh_from_db()
    return bundle.remaining_sessions


def refused(of: BundlePurchase, error: type[Exception], work, /, *args, **kwargs) -> Exception:
    """Nothing is booked, and nothing is taken from the bundle."""
    before = [model.objects.count() for model in WHEN_REFUSED], ledger_of(of)
    with pytest.raises(error) as raised:
        work(*args, **kwargs)
    assert ([model.objects.count() for model in WHEN_REFUSED], ledger_of(of)) == before
    assert left_of(of) == before[1][-1][-1]
    return raised.value
