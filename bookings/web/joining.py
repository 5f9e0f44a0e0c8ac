"""Joining the waitlist from the booking page, where nothing is free."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from bookings.availability.rules import midnight
from bookings.models import Service
from bookings.selectors.page import bookable_services
from bookings.selectors.waitlist import waitlist_token
from bookings.services.waitlist import WaitRequest, join_waitlist
from bookings.web.book import service_among
from bookings.web.choosing import Choice, read_choice
from bookings.web.details import TRAP, DetailsForm
from bookings.web.facts import facts_of
from bookings.web.framing import booking_page, caller_for
from bookings.web.keeping import Refused, count_visit
from bookings.web.sentences import fields_in, sentence_of
from core import times
from core.api.errors import STATUS_OF
from core.errors import DomainError
from core.models import Organization
from core.rates import RateClass

KEPT = ("first", "last", "name", "email", "phone", TRAP)
A_WEEK = timedelta(days=7)
# What the service calls the ends of the window, and what the form calls its days.
FIELDS = {"from": "first", "to": "last"}


class WaitForm(DetailsForm):
    """Between which days, and who. What else the service wants to know is asked with an offer."""

    first = forms.DateField(
        label=gettext_lazy("From"), widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    )
    last = forms.DateField(
        label=gettext_lazy("To (included)"),
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
    )

    def __init__(self, sent: Any = None, *, service: Service, initial: Any = None) -> None:
        super().__init__(sent, service=service, initial=initial, asks_consent=False)
        self.fields = {name: self.fields[name] for name in KEPT}
        self.fields["phone"].required = False


@booking_page
@require_http_methods(["GET", "HEAD", "POST"])
def wait_page(request: HttpRequest, organization: Organization, service: str) -> HttpResponse:
    """Ask between which days somebody would come; a POST puts them in line."""
    services = list(bookable_services(organization))
    choice = read_choice(request, organization, service_among(services, service))
    with timezone.override(ZoneInfo(choice.zone)):
        if request.method == "POST":
            return _join(request, choice)
        first = max(choice.day or choice.month or times.today(), times.today())
        initial = {"first": first, "last": first + A_WEEK}
        return _ask(request, choice, WaitForm(service=choice.service, initial=initial))


def _join(request: HttpRequest, choice: Choice) -> HttpResponse:
    form = WaitForm(request.POST, service=choice.service)
    if not form.is_valid():
        return _ask(request, choice, form, status=400)
    zone = ZoneInfo(choice.zone)
    wanted = WaitRequest(
        service=choice.service,
        customer=form.customer(choice.zone),
        from_at=midnight(form.cleaned_data["first"], zone),
        to_at=midnight(form.cleaned_data["last"] + timedelta(days=1), zone),
        minutes=choice.minutes,
        resource=choice.resource,
    )
    try:
        count_visit(request, RateClass.PAGE_BOOKING, choice.organization)
        entry = join_waitlist(wanted, caller=caller_for(choice.organization))
    except Refused as refused:
        return _ask(request, choice, form, refused=refused.sentence, status=refused.status)
    except DomainError as error:
        wrong = {FIELDS.get(path, path): texts for path, texts in fields_in(error).items()}
        general = " ".join(form.take(wrong))
        refused_for = general or ("" if wrong else sentence_of(error, choice.organization))
        status = STATUS_OF[error.code]
        is_free = getattr(error, "reason", "") == "STILL_FREE"
        return _ask(request, choice, form, refused=refused_for, status=status, is_free=is_free)
    return HttpResponseRedirect(f"{reverse('waitlist', args=[waitlist_token(entry)])}?done=joined")


def _ask(
    request: HttpRequest,
    choice: Choice,
    form: WaitForm,
    *,
    refused: str = "",
    status: int = 200,
    is_free: bool = False,
) -> HttpResponse:
    form.mark_what_is_wrong()
    context = {
        "organization": choice.organization,
        "service": choice.service,
        "facts": facts_of(choice.service),
        "resource": choice.resource,
        "step": 2,
        "form": form,
        "refused": refused,
        "is_free": is_free,
        "times_address": choice.url,
        "address": request.get_full_path(),
        "zone_label": times.zone_label(timezone.now(), choice.zone),
        "minutes": _("%(minutes)s min") % {"minutes": choice.minutes},
    }
    return render(request, "waitlist/join.html", context, status=status)
