"""A place in a group session: taken by a visitor, or waited for where the session is full."""

from __future__ import annotations

from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from bookings.models import Booking, GroupSession
from bookings.selectors.page import bookable_services, session_of
from bookings.selectors.waitlist import waitlist_token
from bookings.services.place import PlaceRequest
from bookings.services.place_waiting import PlaceWait, wait_for_place
from bookings.services.visiting import join_for_visitor
from bookings.web.book import service_among
from bookings.web.booked import booked_address
from bookings.web.choosing import Choice, read_choice
from bookings.web.course import facts_of_session, session_address
from bookings.web.details import PlaceForm
from bookings.web.framing import booking_page, caller_for
from bookings.web.keeping import Refused, count_visit
from bookings.web.sentences import sentence_of
from bookings.web.tokens import visit_in, visit_token
from core import times
from core.api.errors import STATUS_OF
from core.errors import DomainError
from core.models import Organization
from core.rates import RateClass

WAIT = "wait"


@booking_page
@require_http_methods(["GET", "HEAD", "POST"])
def place_page(
    request: HttpRequest, organization: Organization, service: str, session: str
) -> HttpResponse:
    """Ask who comes; a POST takes a place, or one in line where there is none."""
    course = service_among(list(bookable_services(organization)), service)
    found = session_of(course, UUID(session))
    if found is None:
        raise Http404
    choice = read_choice(request, organization, course)
    with timezone.override(ZoneInfo(choice.zone)):
        if request.method != "POST":
            form = PlaceForm(service=course, asks_consent=found.places_left > 0)
            return _ask(request, choice, found, form)
        return _answer(request, choice, found)


def _answer(request: HttpRequest, choice: Choice, session: GroupSession) -> HttpResponse:
    waits = request.POST.get("answer") == WAIT
    form = PlaceForm(request.POST, service=choice.service, asks_consent=not waits)
    visit = visit_in(request.POST.get("visit", ""), choice.organization)
    if visit is None:
        refused = _("This page was open for too long. Please send it again.")
        return _ask(request, choice, session, form, refused=refused, status=400)
    if not form.is_valid():
        return _ask(request, choice, session, form, visit=visit, status=400)
    try:
        count_visit(request, RateClass.PAGE_BOOKING, choice.organization)
        if waits:
            return _wait(choice, session, form)
        return _join(choice, session, form, visit)
    except Refused as error:
        refused, status = error.sentence, error.status
    except DomainError as error:
        refused, status = sentence_of(error, choice.organization), STATUS_OF[error.code]
    session = session_of(choice.service, session.pk) or session
    return _ask(request, choice, session, form, visit=visit, refused=refused, status=status)


def _join(choice: Choice, session: GroupSession, form: PlaceForm, visit: UUID) -> HttpResponse:
    request = PlaceRequest(
        session=session,
        customer=form.customer(choice.zone),
        timezone=choice.zone,
        source=Booking.Source.PAGE,
        consents=form.consents(),
    )
    caller = caller_for(choice.organization)
    return HttpResponseRedirect(
        booked_address(join_for_visitor(request, visit=visit, caller=caller))
    )


def _wait(choice: Choice, session: GroupSession, form: PlaceForm) -> HttpResponse:
    request = PlaceWait(session=session, customer=form.customer(choice.zone))
    entry = wait_for_place(request, caller=caller_for(choice.organization))
    return HttpResponseRedirect(f"{reverse('waitlist', args=[waitlist_token(entry)])}?done=joined")


def _ask(
    request: HttpRequest,
    choice: Choice,
    session: GroupSession,
    form: PlaceForm,
    *,
    visit: UUID | None = None,
    refused: str = "",
    status: int = 200,
) -> HttpResponse:
    form.mark_what_is_wrong()
    day = times.long_day(times.local(session.starts_at).date())
    context = {
        "organization": choice.organization,
        "service": choice.service,
        "step": 3,
        "form": form,
        "refused": refused,
        "session": facts_of_session(choice, session),
        "day": day,
        "hours": times.hours(session.starts_at, session.ends_at),
        "zone_label": times.zone_label(session.starts_at, choice.zone, until=session.ends_at),
        "is_over": session.status not in (GroupSession.Status.OPEN, GroupSession.Status.FULL)
        or session.starts_at <= timezone.now(),
        "is_cancelled": session.cancelled_at is not None,
        "wait": WAIT,
        "visit": visit_token(choice.organization, visit),
        "address": session_address(choice, session),
        "course_address": reverse(
            "book:service", args=[choice.organization.slug, choice.service.slug]
        ),
    }
    return render(request, "book/place.html", context, status=status)
