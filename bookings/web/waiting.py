"""Behind the link of somebody on the waitlist: their place, and the time that is offered to them.

A GET changes nothing, because mail scanners follow links too. The address is the credential, as
on the pages of `managed`.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from bookings.errors import HoldLapsed
from bookings.models import WaitlistEntry
from bookings.selectors.manage import manage_token
from bookings.selectors.waitlist import entry_opened_by, generation_of, positions_of, waitlist_token
from bookings.services.answering import Acceptance, accept_offer, decline_offer, leave_waitlist
from bookings.web.details import TRAP, DetailsForm
from bookings.web.facts import price_of
from bookings.web.framing import framed, language_for
from bookings.web.managed import guarded
from bookings.web.sentences import fields_in, sentence_of
from core import times
from core.access import Caller, CallerKind
from core.api.errors import STATUS_OF
from core.api.throttling import limited
from core.db import retrying
from core.errors import DomainError, NotFound
from core.ids import uuid7
from core.rates import RateClass

KNOWN_ALREADY = ("name", "email", TRAP)
DONE = ("joined", "declined", "left")
Status = WaitlistEntry.Status


class AcceptForm(DetailsForm):
    """What is asked of who accepts; who they are is known, and a place in a session asks no more
    than how to reach them.
    """

    def __init__(self, sent: Any = None, *, entry: WaitlistEntry) -> None:
        known = {"phone": entry.phone, "company": entry.company, "inquiry": entry.inquiry}
        super().__init__(sent, service=entry.service, initial=known)
        of_a_session = entry.group_session_id is not None
        asked = set(self.fields) - set(KNOWN_ALREADY)
        if of_a_session:
            asked = {"phone", *self.consent_fields}
        self.fields = {name: field for name, field in self.fields.items() if name in asked}

    def acceptance(self) -> Acceptance:
        data = self.cleaned_data
        return Acceptance(
            company=data.get("company"),
            phone=data["phone"],
            inquiry=data.get("inquiry"),
            location=data.get("location", ""),
            answers=self.answers(),
            consents=self.consents(),
        )


@limited(RateClass.LENIENT)
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def waitlist_page(request: HttpRequest, token: str) -> HttpResponseBase:
    """Show the place in line or the offer; a POST accepts, declines or leaves."""
    try:
        entry = retrying(entry_opened_by, token)
    except NotFound:
        with translation.override(language_for(request, None)):
            return guarded(render(request, "manage/nothing_here.html", status=404))
    caller = Caller(
        CallerKind.CUSTOMER, entry.organization_id, id=entry.customer_id, scopes=frozenset()
    )
    request.caller = caller  # type: ignore[attr-defined]  # for the log lines
    zone = entry.timezone or entry.organization.timezone
    language = language_for(request, entry.organization)
    with translation.override(language), timezone.override(times.zone_of(zone)):
        if request.method == "POST":
            answer = _answer(request, entry, token, caller)
        else:
            answer = _show(request, entry)
        # Whoever joins on a booking page in a frame arrives here in that frame.
        return framed(request, guarded(answer), entry.organization)


def _answer(
    request: HttpRequest, entry: WaitlistEntry, token: str, caller: Caller
) -> HttpResponseBase:
    offer = generation_of(token, entry) or 0
    answer = request.POST.get("answer", "")
    try:
        if answer == "leave":
            leave_waitlist(entry, caller=caller)
            return _back(entry, "left")
        if answer == "decline":
            decline_offer(entry, offer=offer, caller=caller)
            return _back(entry, "declined")
        return _accept(request, entry, offer, caller)
    except DomainError as error:
        fresh = retrying(entry_opened_by, token)
        refused = sentence_of(error, entry.organization)
        if isinstance(error, HoldLapsed) and entry.group_session_id:
            refused = _("This place is no longer kept for you. Nothing was booked.")
        elif isinstance(error, HoldLapsed):
            refused = _("This time is no longer kept for you. Nothing was booked.")
        return _show(request, fresh, refused=refused, status=STATUS_OF[error.code])


def _accept(
    request: HttpRequest, entry: WaitlistEntry, offer: int, caller: Caller
) -> HttpResponseBase:
    form = AcceptForm(request.POST, entry=entry)
    if entry.status != Status.OFFERED:
        said = Acceptance()
    elif form.is_valid():
        said = form.acceptance()
    else:
        return _show(request, entry, form=form, status=400)
    try:
        booking = accept_offer(
            entry, offer=offer, acceptance=said, caller=caller, booking_id=uuid7()
        )
    except DomainError as error:
        wrong = fields_in(error)
        if not wrong:
            raise
        refused = " ".join(form.take(wrong))
        return _show(request, entry, form=form, refused=refused, status=400)
    return HttpResponseRedirect(reverse("manage:booking", args=[manage_token(booking)]))


def _show(
    request: HttpRequest,
    entry: WaitlistEntry,
    *,
    form: AcceptForm | None = None,
    refused: str = "",
    status: int = 200,
) -> HttpResponse:
    done = request.GET.get("done", "")
    zone = entry.timezone or entry.organization.timezone
    is_offered, hold = False, entry.hold
    if entry.status == Status.OFFERED and hold is not None:
        is_offered = hold.ended_at is None and hold.expires_at > timezone.now()
    session = entry.group_session
    at = hold.starts_at if is_offered and hold else entry.from_at
    until = hold.ends_at if is_offered and hold else entry.to_at
    context: dict[str, Any] = {
        "organization": entry.organization,
        "entry": entry,
        "refused": refused,
        "done": done if done in DONE else "",
        "is_offered": is_offered,
        "is_waiting": entry.status == Status.WAITING,
        "position": positions_of([entry]).get(entry.pk),
        "window": times.stretch(entry.from_at, entry.to_at),
        "day": times.long_day(times.local(at).date()),
        "hours": times.hours(at, until),
        "zone_label": times.zone_label(at, zone, until=until),
        "session": session,
        "price": price_of(session.price_amount, session.price_currency) if session else "",
        "address": reverse("waitlist", args=[waitlist_token(entry)]),
        "again_address": reverse("book:organization", args=[entry.organization.slug])
        if entry.organization.has_page
        else "",
    }
    if is_offered and hold:
        form = form or AcceptForm(entry=entry)
        form.mark_what_is_wrong()
        context |= {
            "form": form,
            "resource": hold.resource,
            "kept_until": times.moment(hold.expires_at),
        }
    elif entry.status == Status.ACCEPTED and entry.booking is not None:
        context["booking_address"] = reverse("manage:booking", args=[manage_token(entry.booking)])
    return render(request, "waitlist/place.html", context, status=status)


def _back(entry: WaitlistEntry, done: str) -> HttpResponseRedirect:
    """Lead to the page as it is now, so that a reload sends nothing twice."""
    return HttpResponseRedirect(f"{reverse('waitlist', args=[waitlist_token(entry)])}?done={done}")
