"""The private address of a calendar: made, replaced and taken away."""

from __future__ import annotations

from typing import TypeVar

from bookings.models import Customer, Resource
from bookings.selectors.feeds import has_feed
from core import events
from core.access import Caller
from core.db import in_one_transaction
from core.errors import NotFound

O = TypeVar("O", Resource, Customer)  # noqa: E741  (an owner)


@in_one_transaction
def make_feed(owner: O, *, caller: Caller) -> O:
    """Give the calendar of a resource or a customer a new private address; an old one stops.

    Records resource.feed_made or customer.feed_made. Raises NotFound, and Forbidden for the
    calendar of a customer to whoever is limited to their own resources.
    """
    if isinstance(owner, Customer):
        caller.require_whole_house()
    owner = _locked(owner)
    return _turned(owner, 2 if has_feed(owner) else 1, "feed_made", caller)


@in_one_transaction
def revoke_feed(owner: O, *, caller: Caller) -> O:
    """Take the private address away: whoever has it finds nothing there. Twice is as good as
    once.

    Records resource.feed_revoked or customer.feed_revoked. Raises NotFound, Forbidden.
    """
    if isinstance(owner, Customer):
        caller.require_whole_house()
    owner = _locked(owner)
    return _turned(owner, 1, "feed_revoked", caller) if has_feed(owner) else owner


def _locked(owner: O) -> O:
    rows = type(owner).objects.select_for_update(no_key=True)
    found = rows.filter(pk=owner.pk).first()
    if found is None:
        raise NotFound
    return found


def _turned(owner: O, by: int, what: str, caller: Caller) -> O:
    owner.feed_generation += by
    owner.save(update_fields=["feed_generation"])  # what is known of them stays as old as it is
    events.record(f"{owner._meta.model_name}.{what}", owner, caller=caller)
    return owner
