"""Days off and other hours: of one resource, or of everybody in the organization.

One page shows what is ahead and lets it be added, changed and taken back; each form of it
calls one service.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseRedirect, QueryDict
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from bookings.admin.ahead import entries_of
from bookings.admin.changing_days import WORK, chosen
from bookings.admin.drafting import parse_day
from bookings.admin.outside import ask
from bookings.admin.recurring import CHOICES, KEPT, in_words, shown_in_a_form
from bookings.availability.closures import country_names, region_names
from bookings.errors import BookingsOutside
from bookings.models import DateOverride, Resource, TimeOff
from bookings.selectors.days_off import days_off_ahead, observed
from bookings.selectors.hours import hours_on
from bookings.services.date_override import LONGEST_NOTE
from bookings.services.time_off import LONGEST_REASON
from core import times
from core.admin.context import desk_of, organization_of
from core.admin.panels import panel
from core.admin.refusals import whole_sentence_of
from core.errors import DomainError
from core.models import Organization

if TYPE_CHECKING:
    from bookings.admin.resource import ResourceAdmin

STRETCHES = 2  # pairs of fields of a date at least; there is always an empty one


def days_off(
    admin: ResourceAdmin, request: HttpRequest, pk: UUID | None = None
) -> HttpResponseBase:
    """Show what is not as usual; a POST changes it. Without `pk` it is everybody's."""
    desk = desk_of(request)
    if not desk.may("schedules:read"):
        raise PermissionDenied
    resource: Resource | None = admin.row(request, pk) if pk else None
    if request.method != "POST":
        return _show(admin, request, resource, _prefilled(request, resource))
    if not desk.may("schedules:write"):
        raise PermissionDenied
    work = WORK.get(request.POST.get("go", "").partition(":")[0])
    if work is None:
        raise Http404
    try:
        done = work(request, resource)
    except BookingsOutside as refusal:
        return ask(admin, request, refusal, **_up(resource))
    except DomainError as error:
        typed = _typed(request.POST)
        return _show(admin, request, resource, typed, refused=whole_sentence_of(error))
    admin.message_user(request, done)
    return HttpResponseRedirect(request.path)


@panel("organization.page")
def to_closed_days(request: HttpRequest, *, organization: Organization) -> SafeString:
    """Lead from the settings to the public holidays, and say which are observed."""
    country, region = organization.holiday_country, organization.holiday_region
    context = {
        "country": country_names().get(country, ""),
        "region": region_names(country).get(region, ""),
    }
    return render_to_string("admin/bookings/to_closed_days.html", context, request=request)


def _typed(sent: QueryDict) -> dict[str, Any]:
    """Return what was typed, to be shown again."""
    pairs = list(zip(sent.getlist("opens"), sent.getlist("closes"), strict=False))
    return {**sent.dict(), "stretches": _filled_up(pairs)}


def _prefilled(request: HttpRequest, resource: Resource | None) -> dict[str, Any]:
    """Return the fields of what the address names: a date's hours, or time off to change."""
    day = parse_day(request.GET.get("date", ""))
    if day is not None:
        return _of_date(request, resource, day)
    row = chosen(TimeOff, request, resource, request.GET.get("change", ""))
    fields: dict[str, Any] = {"stretches": _filled_up([]), "kind": TimeOff.Kind.VACATION}
    if row is None:
        return fields
    repeats = shown_in_a_form(row.recurrence)
    return {
        **fields,
        "forms": ["off"],
        "changes": str(row.pk),
        "kind": row.kind,
        "starts_on": row.starts_on.isoformat(),
        "starts_at": f"{row.starts_at_time:%H:%M}" if row.starts_at_time else "",
        "ends_on": row.ends_on.isoformat(),
        "ends_at": f"{row.ends_at_time:%H:%M}" if row.ends_at_time else "",
        "every": repeats.every,
        "kept": in_words(row.recurrence) if repeats.every == KEPT else "",
        "until": repeats.until,
        "reason": row.reason,
    }


def _of_date(request: HttpRequest, resource: Resource | None, day: date) -> dict[str, Any]:
    organization, row_id = organization_of(request), resource.pk if resource else None
    hours = hours_on(organization.pk, [(row_id, day)]).get((row_id, day), [])
    rows = DateOverride.objects.for_organization(organization.pk)
    row = rows.filter(resource=resource, on=day).first()
    return {
        "forms": ["open"],
        "date": day.isoformat(),
        "stretches": _filled_up([(f"{a:%H:%M}", f"{b:%H:%M}") for a, b in hours]),
        "note": row.note if row else "",
        "kind": TimeOff.Kind.VACATION,
    }


def _filled_up(pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return pairs + [("", "")] * max(STRETCHES - len(pairs), 1)


def _up(resource: Resource | None) -> dict[str, str]:
    if resource is None:
        url = reverse("admin:bookings_resource_changelist")
        return {"up_url": url, "up_title": _("Staff and resources")}
    url = reverse("admin:bookings_resource_change", args=[resource.pk])
    return {"up_url": url, "up_title": resource.name}


def _show(
    admin: ResourceAdmin,
    request: HttpRequest,
    resource: Resource | None,
    fields: dict[str, Any],
    **context: Any,
) -> HttpResponseBase:
    organization, today = organization_of(request), times.today()
    language = (get_language() or "en").partition("-")[0]
    ahead = days_off_ahead(
        organization,
        resource,
        today=today,
        language="en_US" if language == "en" else language,
    )
    country, region = observed(organization, resource)
    everything = ["close", "open", "off"] if resource else ["close", "open", "off", "holidays"]
    return admin.page(
        request,
        "admin/bookings/days_off.html",
        title=_("Days off and other hours") if resource else _("Closed days"),
        resource=resource,
        entries=entries_of(ahead, resource, today=today),
        holidays=ahead.holidays.items(),
        forms=fields.pop("forms", everything),
        fields=fields,
        kinds=TimeOff.Kind.choices,
        choices=CHOICES.items(),
        countries=country_names().items(),
        regions=region_names(country).items(),
        country=country,
        region=region,
        may_change=desk_of(request).may("schedules:write"),
        longest_note=LONGEST_NOTE,
        longest_reason=LONGEST_REASON,
        **_up(resource),
        **context,
    )
