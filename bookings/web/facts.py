"""A service and a booking in the few words that a visitor needs."""

from __future__ import annotations

from decimal import Decimal

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from bookings.models import Service


def facts_of(service: Service) -> list[str]:
    """Return which course it is, how long it takes, what it costs and where it is."""
    facts = [service.code] if service.code else []
    facts.append(lengths_of(service))
    if price := price_now(service):
        facts.append(price)
    if place := place_of(service.location_kind, service.location):
        facts.append(place)
    return facts


def lengths_of(service: Service) -> str:
    """Return `30 min`, or `15, 30 or 60 min`."""
    lengths = [str(minutes) for minutes in service.durations]
    if len(lengths) > 1:
        lengths = [
            _("%(first)s or %(last)s") % {"first": ", ".join(lengths[:-1]), "last": lengths[-1]}
        ]
    return _("%(minutes)s min") % {"minutes": lengths[0]}


def price_now(service: Service) -> str:
    """Return what one appointment of a service from `bookable_services` costs; empty if unsaid."""
    amount: Decimal | None = getattr(service, "price_of_one", service.price_amount)
    return "" if amount is None else price_of(amount, service.organization.currency)


def price_of(amount: Decimal, currency: str) -> str:
    return f"{number_format(amount, decimal_pos=2)} {currency}"


def place_of(kind: str, location: str) -> str:
    """Return where it takes place. How to get into a video call is told once it is booked."""
    if kind == Service.LocationKind.PHONE:
        return _("On the telephone")
    if kind == Service.LocationKind.VIDEO:
        return _("By video")
    if kind == Service.LocationKind.CUSTOMER:
        return _("Where you say")
    return location
