"""What a person may ask of whoever keeps their data: to have it."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from bookings.models import Customer
from bookings.selectors.privacy import everything_about
from core import events
from core.access import Caller
from core.db import in_one_transaction
from core.errors import NotFound


@in_one_transaction
def export_customer(customer: Customer, *, caller: Caller, kind: str) -> dict[str, Any]:
    """Return everything that is known of a customer (`everything_about`), and write down who took
    it, as customer.exported with its `kind` (`json` or `zip`). Raises NotFound, and Forbidden for
    whoever is limited to their own resources: it tells of all that they booked.
    """
    caller.require_whole_house()
    rows = Customer.objects.select_related("organization")
    fresh = rows.filter(pk=customer.pk, organization=customer.organization_id).first()
    if fresh is None:
        raise NotFound
    told = everything_about(fresh, now=timezone.now())
    events.record("customer.exported", fresh, caller=caller, format=kind)
    return told
