"""What was sold in advance, used and is still outstanding, month by month."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Case, Count, DateField, Min, Q, Sum, When
from django.db.models.functions import Cast, TruncMonth

from bookings.availability.rules import midnight
from bookings.models import CreditEntry, Product

Kind = CreditEntry.Kind
ZERO = Decimal("0.00")


class Sold(NamedTuple):
    """What a line is about: a product, in the currency in which it was sold then."""

    course: str
    course_code: str
    product: str
    kind: str
    currency: str


@dataclass(frozen=True)
class Movement:
    """What happened to credits, and what was `outstanding` afterwards. All are numbers of
    sessions, except `bundles` (sold) and `money` (their price in a currency). `used`, `returned`
    and `expired` count up; `adjusted` has a sign.
    """

    bundles: int = 0
    sold: int = 0
    money: Decimal = ZERO
    used: int = 0
    returned: int = 0
    expired: int = 0
    adjusted: int = 0
    outstanding: int = 0

    @property
    def change(self) -> int:
        return self.sold - self.used + self.returned - self.expired + self.adjusted


@dataclass(frozen=True)
class Line:
    """What happened to the credits of one product in one month (its first day)."""

    month: date
    what: Sold
    moved: Movement


def month_of(moment: datetime, zone: ZoneInfo) -> date:
    return moment.astimezone(zone).date().replace(day=1)


def month_after(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def months_between(first: date, last: date) -> Iterator[date]:
    """Yield the first day of each month, both included."""
    while first <= last:
        yield first
        first = month_after(first)


def first_month(organization_id: UUID, *, zone: ZoneInfo) -> date | None:
    """Return the month of the first line in the ledger; None while there is none. One query."""
    entries = CreditEntry.objects.for_organization(organization_id)
    earliest = entries.aggregate(earliest=Min("created_at"))["earliest"]
    return month_of(earliest, zone) if earliest else None


def credit_report(organization_id: UUID, first: date, last: date, *, zone: ZoneInfo) -> list[Line]:
    """Return each month from `first` to `last` (first days of months of `zone`, both included)
    by product. A product without movement stands there as long as something is outstanding.

    One query over the ledger up to then: what is outstanding is all that was ever moved.
    """
    months: dict[Any, dict[date | None, Movement]] = defaultdict(dict)
    what: dict[Any, Sold] = {}
    for row in _moved(organization_id, first, last, zone):
        key = row["bundle__product"], row["bundle__price_currency"]
        what[key] = Sold(
            course=row["bundle__service__name"],
            course_code=row["bundle__service__code"],
            product=row["bundle__product__name"],
            kind=row["bundle__product__kind"],
            currency=row["bundle__price_currency"],
        )
        months[key][row["month"]] = Movement(**{name: row[name] for name in NUMBERS})
    order = list(Product.Kind.values)
    in_order = sorted(what, key=lambda key: (*what[key][:2], order.index(what[key].kind), *key[1:]))
    outstanding = {key: months[key].get(None, Movement()).change for key in what}
    lines = []
    for month in months_between(first, last):
        for key in in_order:
            moved = months[key].get(month)
            if moved is None and not outstanding[key]:
                continue
            moved = moved or Movement()
            outstanding[key] += moved.change
            lines.append(Line(month, what[key], _with(moved, outstanding[key])))
    return lines


NUMBERS = {
    "bundles": Count("id", filter=Q(kind=Kind.GRANTED)),
    "sold": Sum("amount", filter=Q(kind=Kind.GRANTED), default=0),
    "money": Sum("bundle__price_amount", filter=Q(kind=Kind.GRANTED), default=ZERO),
    "used": -Sum("amount", filter=Q(kind=Kind.SPENT), default=0),
    "returned": Sum("amount", filter=Q(kind=Kind.RETURNED), default=0),
    "expired": -Sum("amount", filter=Q(kind=Kind.EXPIRED), default=0),
    "adjusted": Sum("amount", filter=Q(kind=Kind.ADJUSTED), default=0),
}


def _moved(organization_id: UUID, first: date, last: date, zone: ZoneInfo) -> Iterable[Any]:
    """Return the sums by product and month; what was before the first month has month None."""
    begins, ends = midnight(first, zone), midnight(month_after(last), zone)
    month = Cast(TruncMonth("created_at", output_field=DateField(), tzinfo=zone), DateField())
    return (
        CreditEntry.objects.for_organization(organization_id)
        .filter(created_at__lt=ends)
        .order_by()
        .values(
            "bundle__product",
            "bundle__product__name",
            "bundle__product__kind",
            "bundle__service__name",
            "bundle__service__code",
            "bundle__price_currency",
            month=Case(When(created_at__gte=begins, then=month)),
        )
        .annotate(**NUMBERS)
    )


def totals_of(lines: Iterable[Line]) -> dict[str, Movement]:
    """Return the sums of a report by currency; outstanding is what it was at its end."""
    by_currency: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        by_currency[line.what.currency].append(line)
    return {currency: _sum(group) for currency, group in sorted(by_currency.items())}


def _sum(lines: list[Line]) -> Movement:
    last = max(line.month for line in lines)
    sums = {name: sum(getattr(line.moved, name) for line in lines) for name in NUMBERS}
    outstanding = sum(line.moved.outstanding for line in lines if line.month == last)
    return Movement(**{**sums, "money": ZERO + sums["money"]}, outstanding=outstanding)


def _with(moved: Movement, outstanding: int) -> Movement:
    numbers = {name: getattr(moved, name) for name in NUMBERS}
    return Movement(**numbers, outstanding=outstanding)
