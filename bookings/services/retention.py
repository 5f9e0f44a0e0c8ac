"""Forgetting who has not been here for as long as an organization wants to know people."""

from __future__ import annotations

from django.utils import timezone

from bookings.models import Customer
from bookings.selectors.retention import long_gone
from bookings.services.erasing import erase_customer
from core.access import Caller
from core.db import in_one_transaction
from core.models import Organization

BATCH = 200


def erase_long_gone(
    organization: Organization, *, limit: int = BATCH, caller: Caller | None = None
) -> int:
    """Erase up to `limit` customers whose time is over, each in a transaction of their own.

    Without a `caller` it is the clock who does it. Returns how many. Whoever books at this
    moment stays.
    """
    caller = caller or Caller.clock(organization.pk)
    due = long_gone(organization, now=timezone.now()).order_by("pk")
    return sum(_erase_if_gone(organization, customer, caller) for customer in list(due[:limit]))


@in_one_transaction
def _erase_if_gone(organization: Organization, customer: Customer, caller: Caller) -> bool:
    """Ask once more while nobody else can book for them."""
    Customer.objects.select_for_update(of=["self"]).filter(pk=customer.pk).first()
    if not long_gone(organization, now=timezone.now()).filter(pk=customer.pk).exists():
        return False
    erase_customer(customer, caller=caller)
    return True
