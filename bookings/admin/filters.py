"""Filters of the lists of bookings and sessions: day, status, service, staff."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.admin import ListFilter, ModelAdmin
from django.contrib.admin.views.main import SEARCH_VAR, ChangeList
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext_lazy as _

from bookings.availability.rules import midnight
from bookings.models import Booking, GroupSession, Resource, Service
from bookings.selectors.group_session import is_in
from bookings.templatetags.booking_console import ON_NOW
from core import times
from core.admin.context import caller_of, desk_of
from core.admin.filters import MOST_CHOICES, ChoiceFilter, RelatedFilter

NOT_CANCELLED = "NOT_CANCELLED"
UPCOMING, PAST, ALL = "upcoming", "past", "all"


class DayFilter(ListFilter):
    """`day` (one day), `day_from` and `day_to` (both included), or `days`: upcoming, past, all.

    Without any of them the list begins today; a search looks everywhere. Days are the
    organization's. Something that is no date finds nothing.
    """

    title = _("Day")
    template = "admin/console/day_filter.html"
    names = ("day", "day_from", "day_to", "days")

    def __init__(
        self, request: HttpRequest, params: Any, model: type[Model], model_admin: Any
    ) -> None:
        super().__init__(request, params, model, model_admin)
        self.request = request
        for name in self.names:
            if name in params:
                value = params.pop(name)[-1]
                if value:
                    self.used_parameters[name] = value

    def has_output(self) -> bool:
        return True

    def expected_parameters(self) -> list[str | None]:
        return list(self.names)

    def choices(self, changelist: ChangeList) -> Iterator[dict[str, Any]]:
        used = self.used_parameters
        day = used.get("day", "")
        yield {
            "first": used.get("day_from", day),
            "last": used.get("day_to", day),
            "days": "" if day else used.get("days", ""),
        }

    @property
    def span(self) -> str:
        """Which of the open-ended stretches is shown; empty for dates."""
        if {"day", "day_from", "day_to"} & self.used_parameters.keys():
            return ""  # dates say more than a stretch without end
        usual = ALL if self.request.GET.get(SEARCH_VAR) else UPCOMING
        return str(self.used_parameters.get("days", usual))

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        zone = desk_of(request).zone
        if self.span:
            return _of_span(queryset, self.span, zone)
        try:
            first, last = self.dates()
        except ValueError:
            return queryset.none()
        if first is not None:
            queryset = queryset.filter(starts_at__gte=midnight(first, zone))
        if last is not None:
            queryset = queryset.filter(starts_at__lt=midnight(last + timedelta(days=1), zone))
        return queryset

    def dates(self) -> tuple[date | None, date | None]:
        """Return the first and the last day. Raises ValueError for what is no date."""
        found = {
            name: _day(str(text)) for name, text in self.used_parameters.items() if name != "days"
        }
        day = found.get("day")
        return (day, day) if day else (found.get("day_from"), found.get("day_to"))


def shown_days(request: HttpRequest) -> dict[str, Any]:
    """Return which of the usual choices the list shows, for marking it."""
    asked = DayFilter(request, dict(request.GET.lists()), Booking, None)
    try:
        first, last = asked.dates()
    except ValueError:
        first = last = None
    return {"days_shown": asked.span, "day_shown": first if first == last else None}


def _of_span(queryset: QuerySet[Any], span: str, zone: ZoneInfo) -> QuerySet[Any]:
    if span == ALL:
        return queryset
    today = midnight(times.today(), zone)
    if span == UPCOMING:
        return queryset.filter(starts_at__gte=today)
    return queryset.filter(starts_at__lt=today) if span == PAST else queryset.none()


def _day(text: str) -> date:
    day = parse_date(text)
    if day is None or not 1 < day.year < 9999:  # the calendar's ends have no neighbours
        raise ValueError(text)
    return day


class StatusFilter(ChoiceFilter):
    title = _("Status")
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> list[tuple[str, Any]]:
        return [*Booking.Status.choices, (NOT_CANCELLED, _("Not cancelled"))]

    def chosen(self, queryset: QuerySet[Any], value: str) -> QuerySet[Any]:
        if value == NOT_CANCELLED:
            return queryset.exclude(status=Booking.Status.CANCELLED)
        return queryset.filter(status=value)


class ServiceFilter(RelatedFilter):
    title = _("Service")
    parameter_name = "service"
    related, column = Service, "service_id"


class ResourceFilter(RelatedFilter):
    title = _("With")
    parameter_name = "resource"
    related, column = Resource, "resource_id"


AHEAD = (GroupSession.Status.OPEN, GroupSession.Status.FULL)


class SessionStatusFilter(ChoiceFilter):
    title = _("State")
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> list[tuple[str, Any]]:
        return [*GroupSession.Status.choices, ("ON_NOW", ON_NOW)]

    def chosen(self, queryset: QuerySet[Any], value: str) -> QuerySet[Any]:
        now = timezone.now()
        if value == "ON_NOW":
            return queryset.filter(cancelled_at=None, starts_at__lte=now, ends_at__gt=now)
        found = queryset.filter(is_in(GroupSession.Status(value), now=now))
        return found.filter(starts_at__gt=now) if value in AHEAD else found


class OfCourseFilter(RelatedFilter):
    title = _("Course")
    parameter_name = "course"
    related, column = Service, "service_id"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> list[tuple[Any, str]]:
        rows = self.related.objects.for_caller(caller_of(request))
        courses = rows.exclude(code="").order_by("name", "id")
        return [(str(row.pk), str(row)) for row in courses[:MOST_CHOICES]]


class RunningFilter(ChoiceFilter):
    title = _("State")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> list[tuple[str, Any]]:
        return [("running", _("Every week")), ("stopped", _("Stopped"))]

    def chosen(self, queryset: QuerySet[Any], value: str) -> QuerySet[Any]:
        return queryset.filter(is_active=value == "running")
