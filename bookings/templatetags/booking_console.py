"""A status as people see it: a word, a color and a shape, never one of them alone."""

from typing import NamedTuple

from django import template
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from bookings.models import Booking, GroupSession
from core.templatetags.console import render_pill

register = template.Library()


class Look(NamedTuple):
    color: str
    icon: str


LOOKS = {
    Booking.Status.PENDING: Look("amber", "hourglass_top"),
    Booking.Status.CONFIRMED: Look("green", "check_circle"),
    Booking.Status.COMPLETED: Look("slate", "done_all"),
    Booking.Status.NO_SHOW: Look("red", "person_off"),
    Booking.Status.CANCELLED: Look("grey", "cancel"),
}

SESSION_LOOKS = {
    GroupSession.Status.OPEN: Look("green", "group_add"),
    GroupSession.Status.FULL: Look("blue", "groups"),
    GroupSession.Status.COMPLETED: Look("slate", "done_all"),
    GroupSession.Status.CANCELLED: Look("grey", "cancel"),
}


@register.filter
def status_pill(status: str) -> SafeString:
    look = LOOKS[Booking.Status(status)]
    label = str(Booking.Status(status).label)
    is_cancelled = status == Booking.Status.CANCELLED
    return render_pill(look.color, look.icon, label, struck=is_cancelled)


@register.filter
def status_color(status: str) -> str:
    return LOOKS[Booking.Status(status)].color


@register.filter
def status_icon(status: str) -> str:
    return LOOKS[Booking.Status(status)].icon


@register.filter
def session_pill(session: GroupSession) -> SafeString:
    status = session.status
    look, is_cancelled = SESSION_LOOKS[status], status == GroupSession.Status.CANCELLED
    return render_pill(look.color, look.icon, str(status.label), struck=is_cancelled)


@register.filter
def session_color(session: GroupSession) -> str:
    return SESSION_LOOKS[session.status].color


@register.filter
def places(session: GroupSession) -> str:
    """Return how many places are taken, those that are kept for somebody included: `3 of 8`."""
    words = {"taken": session.taken + session.held, "capacity": session.capacity}
    return _("%(taken)d of %(capacity)d") % words
