"""Why a booking is with whom it is: the choice that was written down, in a sentence."""

from __future__ import annotations

from django.utils.translation import gettext as _

from bookings.models import Booking, Resource


def why_with(booking: Booking) -> str:
    """Return how `booking.resource` was chosen; nothing where somebody asked for them."""
    known = booking.assignment or {}
    match known.get("rule"):
        case "FAIR":
            return _fairly(known)
        case "PRIORITY":
            sentence = _("The first in the service's list, of %(among)s who were free.")
            return sentence % {"among": known["among"]}
        case "COLLECTIVE":
            return _("Everybody who offers this service does it together.")
        case "ONLY_ONE":
            return _("Nobody else was free.")
        case _:
            return ""


def takes_besides(booking: Booking) -> list[str]:
    """Return the names of what a booking keeps busy besides who it is with. One query."""
    busy = Resource.objects.filter(
        lanes__allocations__booking=booking, lanes__allocations__released_at=None
    )
    others = busy.exclude(pk=booking.resource_id).order_by("name", "id").distinct()
    return list(others.values_list("name", flat=True))


def _fairly(known: dict[str, object]) -> str:
    words = {"among": known["among"], "minutes": known["bookedMinutes"], "days": known["days"]}
    if known["tie"]:
        sentence = _(
            "Of %(among)s who were free, several had the least work, %(minutes)s minutes in the "
            "%(days)s days around: whoever was given something the longest ago."
        )
    else:
        sentence = _(
            "Of %(among)s who were free, the least work for their share: %(minutes)s minutes in "
            "the %(days)s days around."
        )
    return sentence % words
