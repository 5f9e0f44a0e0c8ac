"""A status as people see it: a word, a color and a shape, never one of them alone."""

from typing import NamedTuple

from django import template
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

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
ON_NOW, ON_NOW_LOOK = pgettext_lazy("a group session", "On now"), Look("blue", "play_circle")


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
    look, is_cancelled = _look_of(session), session.cancelled_at is not None
    return render_pill(look.color, look.icon, session_word(session), struck=is_cancelled)


@register.filter
def session_color(session: GroupSession) -> str:
    return _look_of(session).color


@register.filter
def session_word(session: GroupSession) -> str:
    """Return its status; of one that has begun and is not over, that it is on."""
    return str(ON_NOW if session.is_on else session.status.label)


def _look_of(session: GroupSession) -> Look:
    return ON_NOW_LOOK if session.is_on else SESSION_LOOKS[session.status]


@register.filter
def places(session: GroupSession) -> str:
    """Return how many places are taken, those that are kept for somebody included: `3 of 8`."""
    words = {"taken": session.taken + session.held, "capacity": session.capacity}
    return _("%(taken)d of %(capacity)d") % words
