"""What an organization keeps for a time, and what goes when it is over: people and messages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils import timezone

from bookings.selectors.retention import long_gone
from bookings.services.retention import erase_long_gone
from core import events
from core.access import Caller
from core.db import in_one_transaction
from core.models import Organization
from notifications.models import Delivery
from notifications.services.forgetting import forget_content

BATCH = 1_000
AT_A_TIME = 25  # customers whom somebody erases who waits for the answer


@dataclass(frozen=True)
class Retention:
    """How many customers are erased, and how many messages are emptied, of one organization."""

    organization: Organization
    customers: int
    messages: int


def what_would_go(organization: Organization, *, now: datetime) -> Retention:
    """Count what is due now. Changes nothing."""
    customers = long_gone(organization, now=now).count()
    return Retention(organization, customers, _old_messages(organization, now).count())


def apply_retention(organization: Organization) -> Retention:
    """Erase who is long gone and empty old messages, batch by batch, until nothing is due.

    Records retention.applied with the counts where anything was. Safe to stop and to repeat.
    """
    customers = sum(_until_nothing(lambda: erase_long_gone(organization)))
    messages = sum(_until_nothing(lambda: _forget_messages(organization)))
    done = Retention(organization, customers, messages)
    if customers or messages:
        _note(done, Caller.clock(organization.pk))
    return done


def remove_now(organization: Organization, *, caller: Caller) -> Retention:
    """Erase up to AT_A_TIME of who is long gone and empty up to BATCH old messages.

    For somebody who waits for it: what is left goes the next time, or at night. Records
    retention.applied with the counts where anything was. Raises Forbidden.
    """
    caller.require("customers:erase")
    customers = erase_long_gone(organization, limit=AT_A_TIME, caller=caller)
    done = Retention(organization, customers, _forget_messages(organization))
    if done.customers or done.messages:
        _note(done, caller)
    return done


def _until_nothing(batch: Callable[[], int]) -> Iterator[int]:
    while count := batch():
        yield count


def _old_messages(organization: Organization, now: datetime) -> QuerySet[Delivery]:
    rows = Delivery.objects.for_organization(organization.pk)
    days = organization.message_retention_days
    if days is None:
        return rows.none()
    ended = rows.exclude(status__in=Delivery.OPEN)
    return ended.filter(created_at__lt=now - timedelta(days=days), content__isnull=False)


@in_one_transaction
def _forget_messages(organization: Organization) -> int:
    old = _old_messages(organization, timezone.now()).order_by("pk").values("pk")[:BATCH]
    return forget_content(Delivery.objects.filter(pk__in=[row["pk"] for row in old]))


@in_one_transaction
def _note(done: Retention, caller: Caller) -> None:
    organization = done.organization
    events.build_for(
        organization.pk,
        "retention.applied",
        organization,
        caller=caller,
        customers=done.customers,
        messages=done.messages,
    ).save(force_insert=True)
    events.relay_after_commit()
