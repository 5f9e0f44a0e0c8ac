"""What the console's templates share: times in words, and a word with a color and a shape."""

from datetime import date, datetime

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from core import times

register = template.Library()


@register.filter
def clock(moment: datetime) -> str:
    return times.clock(moment)


@register.filter
def moment(at: datetime | None) -> str:
    return times.moment(at) if at else ""


@register.filter
def short_day(day: date) -> str:
    return times.short_day(day)


@register.filter
def long_day(day: date) -> str:
    return times.long_day(day)


@register.filter
def span_until(starts_at: datetime, ends_at: datetime) -> str:
    return times.span(starts_at, ends_at)


@register.filter
def hours_until(starts_at: datetime, ends_at: datetime) -> str:
    return times.hours(starts_at, ends_at)


@register.filter
def zone_label(at: date, zone: str) -> str:
    """Return a zone by name and offset, as it is at a moment or throughout a day."""
    if isinstance(at, datetime):
        return times.zone_label(at, zone)
    return times.zone_label_of_day(at, zone)


@register.simple_tag
def pill(kind: str, icon: str, text: str, *, struck: bool = False) -> SafeString:
    """Return a word with a color (`kind`) and a shape (`icon`); see unfold's label."""
    return render_pill(kind, icon, text, struck=struck)


def render_pill(kind: str, icon: str, text: str, *, struck: bool = False) -> SafeString:
    context = {"kind": kind, "icon": icon, "text": text, "struck": struck}
    return render_to_string("admin/console/pill.html", context)
