"""The booking page: what, with whom, when. It needs no key and no script.

A GET changes nothing. Choosing a time is a POST that keeps it and leads on to the details
(`booking`), whose POST books and leads on to what was booked (`booked`).
"""

from __future__ import annotations

from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from bookings.models import Service
from bookings.selectors.page import bookable_services, booking_made
from bookings.web.choosing import Choice, read_choice, read_start
from bookings.web.course import show_course
from bookings.web.framing import booking_page
from bookings.web.keeping import Refused, keep
from bookings.web.showing import show_services, show_times, show_with_whom
from bookings.web.tokens import Draft, draft_token, visit_in
from core.ids import uuid7
from core.models import Organization


@booking_page
@require_safe
def organization_page(request: HttpRequest, organization: Organization) -> HttpResponse:
    """What can be booked; straight to the times where it is only one thing."""
    services = list(bookable_services(organization))
    if len(services) == 1:
        query = request.META["QUERY_STRING"]
        address = reverse("book:service", args=[organization.slug, services[0].slug])
        return HttpResponseRedirect(f"{address}?{query}" if query else address)
    return show_services(request, organization, services)


@booking_page
@require_http_methods(["GET", "HEAD", "POST"])
def service_page(request: HttpRequest, organization: Organization, service: str) -> HttpResponse:
    """With whom, if there is a choice, or all of a course; then the day and the time.

    POST chooses a time.
    """
    services = list(bookable_services(organization))
    choice = read_choice(request, organization, service_among(services, service))
    with timezone.override(ZoneInfo(choice.zone)):
        if not choice.is_decided and choice.service.is_course:
            return show_course(request, choice, has_others=len(services) > 1)
        if not choice.is_decided:
            return show_with_whom(request, choice, has_others=len(services) > 1)
        if request.method == "POST":
            return _choose(request, choice)
        return show_times(request, choice, has_others=len(services) > 1)


def service_among(services: list[Service], slug: str) -> Service:
    """Return the service that an address names. Raises Http404."""
    for service in services:
        if service.slug == slug:
            return service
    raise Http404


def too_old(request: HttpRequest, choice: Choice) -> HttpResponse:
    """Show the times again to somebody whose page was made too long ago, or not by us."""
    sentence = _("This page was open for too long. Please choose the time again.")
    return show_times(request, choice, refused=sentence, status=400)


def _choose(request: HttpRequest, choice: Choice) -> HttpResponse:
    visit = visit_in(request.POST.get("visit", ""), choice.organization)
    start = read_start(request.POST.get("start", ""))
    if visit is None or start is None:
        return too_old(request, choice)
    draft = Draft(
        visit=_unused(visit, choice.organization),
        service_id=choice.service.pk,
        starts_at=start,
        minutes=choice.minutes,
        resource_id=choice.resource.pk if choice.resource else None,
        zone=choice.zone,
    )
    try:
        keep(request, draft, service=choice.service, resource=choice.resource)
    except Refused as refused:
        return show_times(request, choice, refused=refused.sentence, status=refused.status)
    return HttpResponseRedirect(details_address(choice.organization, choice.service, draft))


def details_address(organization: Organization, service: Service, draft: Draft) -> str:
    names = [organization.slug, service.slug, draft_token(organization, draft)]
    return reverse("book:details", args=names)


def _unused(visit: UUID, organization: Organization) -> UUID:
    """Return a new visit for somebody who has booked and went back to book once more."""
    made = booking_made(visit, organization_id=organization.pk)
    return uuid7() if made else visit
