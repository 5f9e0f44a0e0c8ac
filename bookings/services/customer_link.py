"""The one-time link by which a customer sees everything of their own: asked for, opened, ended."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from bookings.errors import LinkOver
from bookings.models import Customer, CustomerLink
from bookings.selectors.own_view import asking_customer
from core import events
from core.access import Caller
from core.db import in_one_transaction, insert_together
from core.models import Organization

# However often somebody asks in an address's name, its mailbox is not flooded.
MOST_IN_AN_HOUR = 5
AN_HOUR = timedelta(hours=1)


@in_one_transaction
def ask_for_link(organization: Organization, email: str, *, caller: Caller) -> None:
    """Send the customer with this address their link, if there is one.

    Whoever asks must not learn whether there is: a known and an unknown address cost the same one
    read and one write. What is not granted (an address that nobody has, or that had
    MOST_IN_AN_HOUR links) is the event customer_link.declined, without the address.
    """
    now = timezone.now()
    found = asking_customer(organization, email, since=now - AN_HOUR)
    if found is not None and found.links_lately < MOST_IN_AN_HOUR:
        _send(found.customer, now, caller)
        return
    why = "UNKNOWN" if found is None else "TOO_OFTEN"
    event = events.build_for(
        organization.pk, "customer_link.declined", organization, caller=caller, why=why
    )
    insert_together(event)
    events.relay_after_commit()


@in_one_transaction
def send_link(customer: Customer, *, caller: Caller) -> CustomerLink:
    """Send a customer their link, because the business wants them to have it.

    Records customer_link.requested; the mail that follows from it is what carries the link.
    """
    return _send(customer, timezone.now(), caller)


@in_one_transaction
def open_link(link: CustomerLink, *, caller: Caller) -> CustomerLink:
    """Use a link up; from then on its customer is let in for CUSTOMER_VISIT_HOURS.

    Of two who open it at once one is let in. Raises LinkOver.
    """
    now = timezone.now()
    ends_at = now + timedelta(hours=settings.CUSTOMER_VISIT_HOURS)
    fresh = CustomerLink.objects.filter(
        pk=link.pk, used_at=None, revoked_at=None, expires_at__gt=now
    )
    if not fresh.update(used_at=now, ends_at=ends_at, updated_at=now):
        raise LinkOver
    link.used_at, link.ends_at = now, ends_at
    events.record("customer_link.opened", link, caller=caller, ends_at=ends_at)
    return link


@in_one_transaction
def end_visit(link: CustomerLink, *, caller: Caller) -> None:
    """Let nobody in by this link any more. Twice is as good as once."""
    now = timezone.now()
    open_one = CustomerLink.objects.filter(pk=link.pk, revoked_at=None)
    if open_one.update(revoked_at=now, updated_at=now):
        events.record("customer_link.revoked", link, caller=caller)


def _send(customer: Customer, now: datetime, caller: Caller) -> CustomerLink:
    link = CustomerLink(
        organization_id=customer.organization_id,
        customer=customer,
        expires_at=now + timedelta(minutes=settings.CUSTOMER_LINK_MINUTES),
    )
    requested = events.build(
        "customer_link.requested",
        link,
        caller=caller,
        customer_id=customer.pk,
        expires_at=link.expires_at,
    )
    insert_together(link, requested)
    events.relay_after_commit()
    return link
