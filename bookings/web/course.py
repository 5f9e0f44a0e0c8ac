"""A course as a visitor sees it: who teaches it, its group sessions ahead, its bundles."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bookings.models import GroupSession, Product
from bookings.selectors.courses import exam_periods_of
from bookings.selectors.page import bundles_of, sessions_ahead
from bookings.web.choosing import Choice
from bookings.web.facts import price_now, price_of
from bookings.web.showing import around, people_of
from bookings.web.zones import zone_options
from core import times

SHOWN_AT_ONCE = 6
Kind = Product.Kind


def show_course(request: HttpRequest, choice: Choice, *, has_others: bool) -> HttpResponse:
    """Show everything that the course offers. Five queries at most."""
    sessions = sessions_ahead(choice.service, now=timezone.now())
    shown = [facts_of_session(choice, session) for session in sessions]
    bundles = bundles_of(choice.service)
    exams = _exams(choice) if any(one.kind == Kind.MIDTERM_FINAL_BUNDLE for one in bundles) else []
    first = sessions[0].starts_at if sessions else timezone.now()
    context = {
        **around(choice, has_others=has_others),
        **people_of(choice),
        "step": 1,
        "price": price_now(choice.service),
        "sessions": shown[:SHOWN_AT_ONCE],
        "later_sessions": shown[SHOWN_AT_ONCE:],
        "bundles": [_facts_of_bundle(choice, product, exams) for product in bundles],
        "path": request.path,
        "zone": choice.zone,
        "zone_label": times.zone_label(first, choice.zone),
        "zone_options": zone_options(),
        "zone_fields": replace(choice, zone_was_said=False).query,
        "guesses_zone": bool(sessions) and not choice.zone_was_said,
    }
    return render(request, "book/course.html", context)


def facts_of_session(choice: Choice, session: GroupSession) -> dict[str, Any]:
    """Return what is said of a session: when, with whom, what it costs and whether there is room.

    On the active clock.
    """
    left = session.places_left
    places = ngettext("%(number)d place left", "%(number)d places left", left) % {"number": left}
    return {
        "when": times.span(session.starts_at, session.ends_at),
        "starts_at": session.starts_at,
        "with_whom": session.resource.name,
        "price": price_of(session.price_amount, session.price_currency),
        "places": places if left else _("Full"),
        "is_full": left < 1,
        "address": session_address(choice, session),
    }


def session_address(choice: Choice, session: GroupSession) -> str:
    """Return where a place in a session is taken, in the zone that was chosen."""
    names = [choice.organization.slug, choice.service.slug, session.pk]
    path = reverse("book:place", args=names)
    return f"{path}?{urlencode({'zone': choice.zone})}" if choice.zone_was_said else path


def _exams(choice: Choice) -> list[str]:
    """Return the exam periods of the course that are not over: `Mon 7 Dec – Fri 18 Dec`."""
    periods = exam_periods_of([choice.service.pk]).get(choice.service.pk, [])
    ahead = [one for one in periods if one.ends_on >= times.today()]
    ends = [(times.short_day(one.starts_on), times.short_day(one.ends_on)) for one in ahead]
    return [" – ".join(dict.fromkeys(days)) for days in ends]


def _facts_of_bundle(choice: Choice, product: Product, exams: list[str]) -> dict[str, Any]:
    number, days = product.sessions, product.valid_days
    facts = [
        ngettext("%(number)d session", "%(number)d sessions", number) % {"number": number}
        if number
        else "",
        ngettext("valid for %(days)d day", "valid for %(days)d days", days) % {"days": days}
        if days
        else "",
    ]
    return {
        "name": product.name,
        "price": price_of(product.price_amount, choice.organization.currency),
        "facts": [fact for fact in facts if fact],
        "pays_for": _what_it_pays(Kind(product.kind), exams),
    }


def _what_it_pays(kind: Product.Kind, exams: list[str]) -> str:
    if kind == Kind.GROUP_SESSION_PASS:
        return _("Pays for places in group sessions.")
    if kind == Kind.MIDTERM_FINAL_BUNDLE and exams:
        days = times.listed(exams)
        return _("Pays for single sessions on exam days: %(days)s.") % {"days": days}
    return _("Pays for single sessions.")
