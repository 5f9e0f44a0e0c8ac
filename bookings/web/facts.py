"""A service and a booking in the few words that a visitor needs."""

from __future__ import annotations

from decimal import Decimal

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from bookings.models import Service


def facts_of(service: Service) -> list[str]:
    """Return how long it takes, what it costs and where it is."""
    facts = [lengths_of(service)]
    if service.price_amount is not None:
        facts.append(price_of(service.price_amount, service.organization.currency))
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
