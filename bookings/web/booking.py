"""The third step: who books, what about, and the booking itself."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import ceil
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from bookings.models import Booking, Resource, Service
from bookings.selectors.page import bookable_services, booking_made, choosable_resources
from bookings.services.booking import BookingRequest
from bookings.services.visiting import kept_for
from bookings.web.book import details_address, too_old
from bookings.web.booked import booked_address
from bookings.web.choosing import ANYONE, read_choice, read_start
from bookings.web.details import DetailsForm, typed
from bookings.web.facts import price_now
from bookings.web.framing import booking_page
from bookings.web.keeping import Refused, book, keep
from bookings.web.sentences import moment_beside
from bookings.web.tokens import Draft, draft_in, visit_token
from core import times
from core.models import Organization


@dataclass(frozen=True)
class Step:
    """What the third step is about."""

    request: HttpRequest
    organization: Organization
    service: Service
    resource: Resource | None
    draft: Draft


@booking_page
@require_http_methods(["GET", "HEAD", "POST"])
def details_page(
    request: HttpRequest, organization: Organization, service: str, draft: str
) -> HttpResponse:
    """Ask who books. POST books; with `start` it keeps another time and asks on."""
    found = bookable_services(organization).filter(slug=service).first()
    if found is None:
        raise Http404
    read = draft_in(draft, organization)
    if read is None or read.service_id != found.pk:
        choice = read_choice(request, organization, found)
        with timezone.override(ZoneInfo(choice.zone)):
            return too_old(request, choice)
    if (made := booking_made(read.visit, organization_id=organization.pk)) is not None:
        return HttpResponseRedirect(booked_address(made))
    step = Step(request, organization, found, _resource_of(read, found), read)
    with timezone.override(ZoneInfo(read.zone)):
        if request.method != "POST":
            return _ask(step, DetailsForm(service=found))
        if start := read_start(request.POST.get("start", "")):
            return _take_instead(step, start)
        return _book(step)


def _book(step: Step) -> HttpResponse:
    form = DetailsForm(step.request.POST, service=step.service)
    if not form.is_valid():
        return _ask(step, form, status=400)
    wanted = BookingRequest(
        service=step.service,
        customer=form.customer(step.draft.zone),
        starts_at=step.draft.starts_at,
        minutes=step.draft.minutes,
        inquiry=form.cleaned_data["inquiry"],
        answers=form.answers(),
        location=form.cleaned_data.get("location", ""),
        resource=step.resource,
        timezone=step.draft.zone,
        source=Booking.Source.PAGE,
        consents=form.consents(),
    )
    try:
        booking = book(step.request, step.draft, wanted)
    except Refused as refused:
        if general := form.take(refused.fields):
            refused.sentence = " ".join(general)
        return _ask(step, form, refused=refused, status=refused.status)
    return HttpResponseRedirect(booked_address(booking))


def _take_instead(step: Step, start: datetime) -> HttpResponse:
    """Keep another time in place of the one that is gone. What was typed stays."""
    form = typed(step.request.POST, step.service)
    draft = replace(step.draft, starts_at=start)
    try:
        keep(step.request, draft, service=step.service, resource=step.resource)
    except Refused as refused:
        return _ask(step, form, refused=refused, status=refused.status)
    return _ask(replace(step, draft=draft), form)


def _ask(
    step: Step, form: DetailsForm, *, refused: Refused | None = None, status: int = 200
) -> HttpResponse:
    form.mark_what_is_wrong()
    draft = step.draft
    context: dict[str, Any] = {
        "organization": step.organization,
        "service": step.service,
        "resource": step.resource,
        "step": 3,
        "form": form,
        "refused": refused.sentence if refused else "",
        "instead": [
            (start.isoformat(), moment_beside(draft.starts_at, start))
            for start in (refused.free if refused else [])
        ],
        "day": times.long_day(times.local(draft.starts_at).date()),
        "hours": times.hours(draft.starts_at, draft.ends_at),
        "zone_label": times.zone_label(draft.starts_at, draft.zone, until=draft.ends_at),
        **_kept(draft, step.organization),
        "address": details_address(step.organization, step.service, draft),
        "times_address": _times_address(step),
        "price": price_now(step.service),
    }
    return render(step.request, "book/details.html", context, status=status)


def _kept(draft: Draft, organization: Organization) -> dict[str, Any]:
    """Say until when the time is kept for this visit, if it is."""
    hold = kept_for(draft.visit, organization_id=organization.pk)
    if hold is None or (hold.starts_at, hold.ends_at) != (draft.starts_at, draft.ends_at):
        return {}
    minutes = ceil((hold.expires_at - timezone.now()) / timedelta(minutes=1))
    return {"minutes_kept": minutes, "kept_until": times.clock(hold.expires_at)}


def _times_address(step: Step) -> str:
    """Return where another time is chosen; what is kept for this visit is offered there too."""
    draft = step.draft
    path = reverse("book:service", args=[step.organization.slug, step.service.slug])
    query = {
        "with": str(step.resource.pk) if step.resource else ANYONE,
        "minutes": str(draft.minutes),
        "zone": draft.zone,
        "day": times.local(draft.starts_at).date().isoformat(),
        "visit": visit_token(step.organization, draft.visit),
    }
    return f"{path}?{urlencode(query)}"


def _resource_of(draft: Draft, service: Service) -> Resource | None:
    """Return who was chosen. Raises Http404 when they are not there to be chosen any more."""
    if draft.resource_id is None:
        return None
    for resource in choosable_resources(service):
        if resource.pk == draft.resource_id:
            return resource
    raise Http404
