"""Everything of a customer's own: appointments, places in group sessions, bundles.

Each appointment leads to the page behind its own link, where it is moved, cancelled or left.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from bookings.errors import ConsentOutdated
from bookings.models import Booking, BundlePurchase, ConsentEntry, CreditEntry, CustomerLink
from bookings.selectors.consent import Agreement
from bookings.selectors.manage import manage_token
from bookings.selectors.own_view import OwnView, organization_called, own_view
from bookings.services.consent import Consent, give_consent, withdraw_consent
from bookings.services.customer_link import end_visit
from bookings.web.consents import words_of
from bookings.web.facts import price_of
from bookings.web.framing import language_for
from bookings.web.managed import guarded
from bookings.web.own_link import COOKIE, answer_form, caller_of, show_form, visit_in
from core import times
from core.api.throttling import limited
from core.db import retrying
from core.errors import NotFound
from core.models import Organization
from core.rates import RateClass

View = Callable[[HttpRequest, Organization], HttpResponseBase]


def own_page(view: View) -> Callable[..., HttpResponseBase]:
    """Find the organization that the address names, in the reader's language; nothing is kept."""

    @wraps(view)
    def page(request: HttpRequest, slug: str) -> HttpResponseBase:
        organization = retrying(organization_called, slug)
        with translation.override(language_for(request, organization)):
            if organization is None:
                return guarded(render(request, "manage/nothing_here.html", status=404))
            return guarded(view(request, organization))

    exempt: Callable[..., HttpResponseBase] = csrf_exempt(page)
    return limited(RateClass.LENIENT)(exempt)


@own_page
@require_http_methods(["GET", "HEAD", "POST"])
def my_page(request: HttpRequest, organization: Organization) -> HttpResponseBase:
    """Everything, for whoever is in; else a form that sends the link. A POST is that form."""
    if request.method == "POST":
        return answer_form(request, organization)
    link = visit_in(request, organization)
    if link is None:
        return show_form(request, organization)
    request.caller = caller_of(link)  # type: ignore[attr-defined]  # for the log lines
    zone = link.customer.timezone or organization.timezone
    with timezone.override(times.zone_of(zone)):
        return _show(request, organization, link, zone)


@own_page
@require_POST
def out_page(request: HttpRequest, organization: Organization) -> HttpResponseBase:
    """Let nobody in by this link any more, on whatever device."""
    address = reverse("own:own", args=[organization.slug])
    link = visit_in(request, organization)
    if link is not None:
        end_visit(link, caller=caller_of(link))
    response = HttpResponseRedirect(f"{address}?done=out")
    response.delete_cookie(COOKIE, path=address, samesite="Lax")
    return response


@own_page
@require_POST
def consents_page(request: HttpRequest, organization: Organization) -> HttpResponseBase:
    """Agree to the version of a text that was read, or take back what was agreed to."""
    link = visit_in(request, organization)
    address = reverse("own:own", args=[organization.slug])
    if link is None:
        return HttpResponseRedirect(address)
    request.caller = caller = caller_of(link)  # type: ignore[attr-defined]  # for the log lines
    key, version = request.POST.get("key", ""), request.POST.get("version", "")
    door, done = ConsentEntry.Door.OWN_PAGE, "consents"
    try:
        if request.POST.get("answer") == "withdraw":
            withdraw_consent(link.customer, key, door=door, caller=caller)
        else:
            wanted = Consent(key, int(version) if version.isdecimal() else 0)
            give_consent(link.customer, wanted, door=door, caller=caller)
    except (ConsentOutdated, NotFound):
        done = "reread"
    return HttpResponseRedirect(f"{address}?done={done}#consents")


def _show(
    request: HttpRequest, organization: Organization, link: CustomerLink, zone: str
) -> HttpResponse:
    now = timezone.now()
    seen = retrying(own_view, link.customer, now=now)
    context = {
        "organization": organization,
        "customer": link.customer,
        "zone_label": times.zone_label(now, zone),
        "until": times.moment(link.ends_at) if link.ends_at else "",
        "appointments": [_booking(one) for one in seen.appointments],
        "places": [_booking(one) for one in seen.places],
        "before": [_booking(one) for one in seen.before],
        "bundles": [_bundle(one, seen, now) for one in seen.bundles],
        "old_bundles": [_bundle(one, seen, now) for one in seen.old_bundles],
        "agreements": [_agreement(one) for one in seen.agreements],
        "consents_address": reverse("own:consents", args=[organization.slug]),
        "done": request.GET.get("done", ""),
        "is_new": not (seen.appointments or seen.places or seen.before or seen.bundles),
        "out_address": reverse("own:out", args=[organization.slug]),
        "again_address": reverse("book:organization", args=[organization.slug])
        if organization.has_page
        else "",
    }
    return render(request, "own/own.html", context)


def _agreement(agreement: Agreement) -> dict[str, Any]:
    latest = agreement.latest
    at = times.moment(latest.created_at) if latest else ""
    if latest is None:
        state = _("You have not agreed.")
    elif not agreement.is_given:
        state = _("Taken back %(at)s.") % {"at": at}
    elif not agreement.is_current:
        state = _("You agreed to an earlier version %(at)s.") % {"at": at}
    else:
        state = _("You agreed %(at)s.") % {"at": at}
    return {
        "key": agreement.text.key,
        "version": agreement.text.version,
        "words": words_of(agreement.text),
        "state": state,
        "can_give": agreement.is_asked and not agreement.is_current,
        "can_withdraw": agreement.is_given,
    }


def _booking(booking: Booking) -> dict[str, Any]:
    token, price = manage_token(booking), ""
    if booking.bundle is not None:
        price = booking.bundle.product.name
    elif booking.price_amount is not None:
        price = price_of(booking.price_amount, booking.price_currency)
    return {
        "starts_at": booking.starts_at,
        "when": times.span(booking.starts_at, booking.ends_at),
        "what": booking.service.name,
        "who": booking.resource.name,
        "where": booking.where,
        "price": price,
        "is_place": booking.group_session_id is not None,
        "status": booking.get_status_display(),
        "kind": booking.status.lower().replace("_", "-"),
        "address": reverse("manage:booking", args=[token]),
        "leave_address": reverse("manage:cancel", args=[token]),
    }


def _bundle(bundle: BundlePurchase, seen: OwnView, now: datetime) -> dict[str, Any]:
    return {
        "id": bundle.pk,
        "name": bundle.product.name,
        "course": bundle.service.name,
        "pays_for": bundle.pays_for,
        "total": bundle.total_sessions,
        "left": bundle.remaining_sessions,
        "is_ahead": bundle.valid_from_at > now,
        "valid": times.stretch(bundle.valid_from_at, bundle.valid_to_at),
        "status": bundle.status_at(now).label,
        "price": price_of(bundle.price_amount, bundle.price_currency),
        "entries": [_entry(entry) for entry in seen.statements.get(bundle.pk, [])],
    }


def _entry(entry: CreditEntry) -> dict[str, Any]:
    booking = entry.booking
    return {
        "on": times.short_day(times.local(entry.created_at).date()),
        "what": entry.get_kind_display(),
        "of": ""
        if booking is None
        else _("%(when)s with %(who)s")
        % {"when": times.moment(booking.starts_at), "who": booking.resource.name},
        "amount": f"{entry.amount:+d}".replace("-", "−"),  # noqa: RUF001  (a minus sign)
        "balance": entry.balance,
    }
