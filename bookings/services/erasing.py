"""Forgetting a person: what was booked stays for the books, and nothing says whose it was."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db.models import F, QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from bookings.keepers import keepers
from bookings.models import (
    Allocation,
    Booking,
    BundlePurchase,
    ChangeReason,
    CreditEntry,
    Customer,
    CustomerLink,
    Series,
    WaitlistEntry,
)
from bookings.selectors.feeds import has_feed
from bookings.services.answering import leave_waitlist
from bookings.services.locking import lock_resources
from bookings.services.status import cancel_booking
from core import events
from core.access import Caller
from core.db import ChangedMeanwhile, in_one_transaction
from core.errors import NotFound
from core.languages import first_spoken
from core.models import IdempotentRequest

# What a repeated request is answered whose first answer was about somebody who is forgotten.
FORGOTTEN_ANSWER = '{"success":true,"data":null}'


@in_one_transaction
def erase_customer(customer: Customer, *, caller: Caller) -> Customer:
    """Take everything that says who somebody is out of the database; twice is as good as once.

    What is ahead of them is cancelled, and their places on waitlists are given up: the business
    is told, they are not written to any more. Who should hear of it is told before, by
    cancel_and_tell. Names, addresses, texts, answers and reasons go
    from their bookings, places on waitlists, ledgers, messages and kept answers, with what those
    are found by; every link and private calendar stops. What was booked, when and for how much
    stays. Records customer.erased with how many rows it concerned. Whoever books with the same
    address afterwards is somebody new. Raises NotFound, Forbidden, Busy.
    """
    caller.require("customers:erase")
    now = timezone.now()
    if _is_erased(customer):
        return _read(customer)
    cancelled = _cancel_what_is_open(customer, caller, now, is_erased=True)
    # Whoever books with this address at this moment has a share of the row, or waits for it.
    fresh = Customer.objects.select_for_update(of=["self"]).filter(pk=customer.pk).first()
    if fresh is None:
        raise NotFound
    if _open_bookings(fresh, now).exists() or _open_entries(fresh).exists():
        raise ChangedMeanwhile
    fresh = _read(customer)
    bookings = _forget_bookings(fresh, now)
    entries = _forget_waitlist(fresh, now)
    CreditEntry.objects.filter(bundle__customer=fresh).update(reason="")
    CustomerLink.objects.filter(customer=fresh, revoked_at=None).update(
        revoked_at=now, updated_at=now
    )
    kept = {keeper.name: keeper.forget(fresh) for keeper in keepers()}
    kept["answers"] = _forget_answers(fresh)
    _forget_person(fresh, now)
    events.record(
        "customer.erased",
        fresh,
        caller=caller,
        bookings=bookings,
        cancelled=cancelled,
        waitlist=entries,
        **kept,
    )
    return fresh


@in_one_transaction
def cancel_and_tell(customer: Customer, *, caller: Caller) -> int:
    """Cancel what is ahead of somebody before they are erased, and return how many that were.

    As any cancellation: they and the business are told. Their places on waitlists are given up.
    Raises Forbidden, Busy.
    """
    caller.require("customers:erase")
    return _cancel_what_is_open(customer, caller, timezone.now(), is_erased=False)


def unsaid_to(customer: Customer) -> int:
    """Count what they were promised to be told and an erasure would leave unsaid."""
    return sum(keeper.unsaid(customer) for keeper in keepers())


def _is_erased(customer: Customer) -> bool:
    return Customer.objects.filter(pk=customer.pk, erased_at__isnull=False).exists()


def _read(customer: Customer) -> Customer:
    return Customer.objects.select_related("organization").get(pk=customer.pk)


def _open_bookings(customer: Customer, now: datetime) -> QuerySet[Booking]:
    return Booking.objects.filter(customer=customer, status__in=Booking.OPEN, ends_at__gt=now)


def _open_entries(customer: Customer) -> QuerySet[WaitlistEntry]:
    return WaitlistEntry.objects.filter(customer=customer, status__in=WaitlistEntry.OPEN)


def _cancel_what_is_open(
    customer: Customer, caller: Caller, now: datetime, *, is_erased: bool
) -> int:
    """Cancel what has not ended yet and leave every line; return how many bookings that were.

    Everything that is given back is locked first, in one sorted statement. The events say
    whether it is because they are erased.
    """
    entries = list(_open_entries(customer).order_by("pk"))
    open_ones = list(_open_bookings(customer, now).order_by("group_session_id", "pk"))
    busy = Allocation.objects.filter(booking__in=open_ones, released_at=None)
    resources = {booking.resource_id for booking in open_ones}
    resources |= set(busy.values_list("lane__resource_id", flat=True))
    if resources:
        lock_resources(resources, freeing=resources)
    for entry in entries:
        leave_waitlist(entry, caller=caller)
    for booking in open_ones:
        if is_erased:
            cancel_booking(booking, caller=caller, erased=True)
        else:
            cancel_booking(booking, caller=caller)
    return len(open_ones)


def _forget_bookings(customer: Customer, now: datetime) -> int:
    theirs = Booking.objects.filter(customer=customer)
    ChangeReason.objects.filter(booking__customer=customer).delete()
    return theirs.update(
        **_nobody(customer),
        inquiry="",
        notes="",
        cancel_reason="",
        answers=None,
        location="",
        email_index=b"",
        phone_index=None,
        name_index=[],
        manage_generation=F("manage_generation") + 1,
        updated_at=now,
    )


def _forget_waitlist(customer: Customer, now: datetime) -> int:
    theirs = WaitlistEntry.objects.filter(customer=customer)
    return theirs.update(**_nobody(customer), inquiry="", offers=F("offers") + 1, updated_at=now)


def _nobody(customer: Customer) -> dict[str, str]:
    """Return what stands for a person who is forgotten, in the organization's language."""
    with translation.override(first_spoken(customer.organization.locale)):
        return {"name": _("Erased"), "company": "", "email": "", "phone": ""}


def _forget_person(customer: Customer, now: datetime) -> None:
    for name, value in _nobody(customer).items():
        setattr(customer, name, value)
    customer.timezone = customer.locale = ""
    # Unique, and the digest of nothing.
    customer.email_index = customer.pk.bytes
    customer.phone_index, customer.name_index = None, []
    customer.feed_generation += 1 if has_feed(customer) else 0
    customer.erased_at = now
    customer.save()


def _forget_answers(customer: Customer) -> int:
    """Empty what is kept to be answered again to a repeated request, where it names them."""
    names = {str(row_id) for row_id in _ids_of(customer)}
    rows = IdempotentRequest.objects.filter(organization=customer.organization_id)
    found = [
        row_id
        for row_id, body in rows.values_list("pk", "body").iterator()
        if any(name in body for name in names)
    ]
    return IdempotentRequest.objects.filter(pk__in=found).update(body=FORGOTTEN_ANSWER)


def _ids_of(customer: Customer) -> Collection[UUID]:
    found = {customer.pk}
    for model in (Booking, WaitlistEntry, BundlePurchase, Series):
        found |= set(model.objects.filter(customer=customer).values_list("pk", flat=True))
    return found
