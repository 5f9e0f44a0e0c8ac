"""Everything that is known of one customer, as it is handed to them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

from bookings.keepers import keepers
from bookings.models import (
    Booking,
    BundlePurchase,
    ChangeReason,
    ConsentEntry,
    CreditEntry,
    Customer,
    CustomerLink,
    Series,
    WaitlistEntry,
)
from bookings.selectors.consent import consents_of
from core.models import Event

Json = dict[str, Any]
Row = TypeVar("Row")
Key = TypeVar("Key", bound=Hashable)


def everything_about(customer: Customer, *, now: datetime) -> Json:
    """Return it as plain values with names of the wire, oldest first.

    Twelve queries at most and those of the keepers (`bookings.keepers`), however much there is.
    """
    bookings = bookings_of(customer)
    reasons = _by(
        ChangeReason.objects.filter(booking__customer=customer).order_by("version"),
        lambda reason: reason.booking_id,
    )
    told: dict[str, Any] = {
        "exportedAt": now,
        "organization": {"name": customer.organization.name, "slug": customer.organization.slug},
        "customer": _person(customer) | {"id": customer.pk, "createdAt": customer.created_at},
        "bookings": [_booking(one, reasons[one.pk]) for one in bookings],
        "series": [_series(one) for one in _rows(Series, customer)],
        "waitlist": [_entry(one) for one in _rows(WaitlistEntry, customer)],
        "bundles": _bundles(customer),
        "links": [
            {"sentAt": one.created_at, "openedAt": one.used_at}
            for one in CustomerLink.objects.for_organization(customer.organization_id)
            .filter(customer=customer)
            .order_by("id")
        ],
        "consents": [_consent(one) for one in consents_of(customer)],
        **{keeper.name: keeper.tell(customer) for keeper in keepers()},
    }
    subjects = [customer.pk, *(one.pk for one in bookings)]
    subjects += [one["id"] for part in ("waitlist", "bundles") for one in told[part]]
    happened = (
        Event.objects.for_organization(customer.organization_id)
        .filter(subject_id__in=subjects)
        .order_by("id")
    )
    return told | {
        "history": [
            {"at": at, "event": name, "subjectId": subject}
            for at, name, subject in happened.values_list("created_at", "name", "subject_id")
        ]
    }


def bookings_of(customer: Customer) -> list[Booking]:
    """Return all that a customer ever booked, with what is told of it, the oldest first."""
    rows = Booking.objects.for_organization(customer.organization_id).filter(customer=customer)
    return list(rows.select_related("service", "resource", "organization").order_by("id"))


def _rows(model: Any, customer: Customer) -> Any:
    rows = model.objects.for_organization(customer.organization_id).filter(customer=customer)
    return rows.select_related("service").order_by("id")


def _person(row: Customer | Booking | WaitlistEntry) -> Json:
    return {
        "name": row.name,
        "email": row.email,
        "company": row.company,
        "phone": row.phone or None,
        "timezone": row.timezone or None,
    } | ({"locale": row.locale or None} if isinstance(row, Customer) else {})


def _money(amount: Decimal | None, currency: str) -> Json | None:
    return None if amount is None else {"amount": f"{amount:.2f}", "currency": currency}


def _booking(booking: Booking, reasons: list[ChangeReason]) -> Json:
    return _person(booking) | {
        "id": booking.pk,
        "reference": booking.reference,
        "status": booking.status,
        "service": booking.service.name,
        "resource": booking.resource.name,
        "startsAt": booking.starts_at,
        "endsAt": booking.ends_at,
        "inquiry": booking.inquiry,
        "notes": booking.notes,
        "answers": [
            {"question": question, "answer": answer} for question, answer in booking.told()
        ],
        "location": booking.location,
        "cancelReason": booking.cancel_reason,
        "changeReasons": [{"version": one.version, "text": one.text} for one in reasons],
        "price": _money(booking.price_amount, booking.price_currency),
        "fee": _money(booking.fee_amount, booking.price_currency),
        "source": booking.source,
        "createdAt": booking.created_at,
        "cancelledAt": booking.cancelled_at,
    }


def _series(series: Series) -> Json:
    return {
        "id": series.pk,
        "service": series.service.name,
        "recurrence": series.recurrence,
        "startsAt": series.starts_at,
        "createdAt": series.created_at,
    }


def _consent(entry: ConsentEntry) -> Json:
    return {
        "at": entry.created_at,
        "kind": entry.kind,
        "key": entry.text.key,
        "version": entry.text.version,
        "texts": [
            {"locale": code, "text": text} for code, text in sorted(entry.text.texts.items())
        ],
        "door": entry.door,
        "bookingId": entry.booking_id,
    }


def _entry(entry: WaitlistEntry) -> Json:
    return _person(entry) | {
        "id": entry.pk,
        "status": entry.status,
        "service": entry.service.name,
        "from": entry.from_at,
        "to": entry.to_at,
        "inquiry": entry.inquiry,
        "createdAt": entry.created_at,
    }


def _bundles(customer: Customer) -> list[Json]:
    entries = (
        CreditEntry.objects.for_organization(customer.organization_id)
        .filter(bundle__customer=customer)
        .order_by("number")
    )
    ledgers = _by(entries, lambda entry: entry.bundle_id)
    bought = (
        BundlePurchase.objects.for_organization(customer.organization_id)
        .filter(customer=customer)
        .select_related("product", "service")
    )
    return [
        {
            "id": bundle.pk,
            "product": bundle.product.name,
            "course": bundle.service.name,
            "totalSessions": bundle.total_sessions,
            "remainingSessions": bundle.remaining_sessions,
            "validFrom": bundle.valid_from_at,
            "validTo": bundle.valid_to_at,
            "price": _money(bundle.price_amount, bundle.price_currency),
            "boughtAt": bundle.created_at,
            "ledger": [
                {
                    "at": entry.created_at,
                    "kind": entry.kind,
                    "amount": entry.amount,
                    "balance": entry.balance,
                    "reason": entry.reason,
                }
                for entry in ledgers[bundle.pk]
            ],
        }
        for bundle in bought.order_by("id")
    ]


def _by(rows: Iterable[Row], key: Callable[[Row], Key]) -> defaultdict[Key, list[Row]]:
    found: defaultdict[Key, list[Row]] = defaultdict(list)
    for row in rows:
        found[key(row)].append(row)
    return found
