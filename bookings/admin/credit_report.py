"""The page "Credits": what was sold in advance, used and is outstanding by month, and its files."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

import tablib
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseNotAllowed, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.dateformat import format as format_date
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from bookings.admin.exporting import FORMATS, file_of, formats_for
from bookings.models import Product
from bookings.selectors.credit_report import (
    Line,
    credit_report,
    first_month,
    month_of,
    months_between,
    totals_of,
)
from core.admin.context import caller_of, desk_of, organization_of
from core.admin.exporting import harmless, record_export
from core.admin.pages import console_page
from core.api.throttling import limited
from core.rates import RateClass

USUAL_MONTHS, MOST_MONTHS, OFFERED_MONTHS = 3, 24, 240


@dataclass(frozen=True)
class Span:
    """From the first month to the last, both included, among those that are `offered`."""

    first: date
    last: date
    offered: list[date]

    @property
    def query(self) -> str:
        return urlencode({"from": f"{self.first:%Y-%m}", "to": f"{self.last:%Y-%m}"})


@console_page("credits/", name="credits")
def credits_page(request: HttpRequest) -> HttpResponseBase:
    """Show the report. Two queries besides the console's own."""
    span = _span(request)
    lines = _lines(request, span)
    request.current_app = admin.site.name
    months = [
        (name_of(month), [(line, _kind(line)) for line in group])
        for month, group in groupby(lines, key=lambda line: line.month)
    ]
    context = {
        **admin.site.each_context(request),
        "title": _("Credits"),
        "organization": organization_of(request),
        "span": span,
        "choices": [(f"{month:%Y-%m}", name_of(month), month) for month in span.offered],
        "totals": list(totals_of(lines).items()),
        "months": list(reversed(months)),
        "export_formats": formats_for(request),
        "sell": reverse("admin:bookings_bundlepurchase_add"),
        "may_sell": desk_of(request).may("bundles:write"),
    }
    return TemplateResponse(request, "admin/bookings/credits.html", context)


@console_page("credits/export/", name="credits_export")
@limited(RateClass.STRICT)
def export_credits(request: HttpRequest) -> HttpResponseBase:
    """Answer with a file of the same numbers, and write down that it was taken."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    span = _span(request)
    wanted = FORMATS.get(request.POST.get("format", ""))
    if not formats_for(request):
        raise PermissionDenied
    if wanted is None:
        return HttpResponseRedirect(f"{reverse('admin:credits')}?{span.query}")
    data = tablib.Dataset(headers=COLUMNS)
    for line in _lines(request, span):
        data.append(_cells(line))
    kind = wanted()
    record_export(request, what="credits", rows=len(data), kind=kind.get_extension())
    name = f"credits-{organization_of(request).slug}-{span.first:%Y-%m}-{span.last:%Y-%m}"
    return file_of(data, kind, name=name)


COLUMNS = [
    "month",
    "course_code",
    "course",
    "product",
    "kind",
    "bundles_sold",
    "sessions_sold",
    "amount_sold",
    "currency",
    "used",
    "returned",
    "expired",
    "adjusted",
    "outstanding",
]


def _cells(line: Line) -> list[Any]:
    """Return one row of the file: names made harmless, numbers as numbers."""
    what, moved = line.what, line.moved
    return [
        f"{line.month:%Y-%m}",
        harmless(what.course_code),
        harmless(what.course),
        harmless(what.product),
        what.kind,
        moved.bundles,
        moved.sold,
        moved.money,
        what.currency,
        moved.used,
        moved.returned,
        moved.expired,
        moved.adjusted,
        moved.outstanding,
    ]


def _kind(line: Line) -> str:
    """Return the kind of a product, unless it is called like that."""
    kind = str(Product.Kind(line.what.kind).label)
    return "" if kind == line.what.product else kind


def _lines(request: HttpRequest, span: Span) -> list[Line]:
    desk = desk_of(request)
    return credit_report(organization_of(request).pk, span.first, span.last, zone=desk.zone)


def _span(request: HttpRequest) -> Span:
    """Return what the query asks for, kindly: the latest months unless it names others. Raises
    PermissionDenied for who may not read bundles, or not all of them.
    """
    desk = desk_of(request)
    if not desk.may("bundles:read") or caller_of(request).is_limited:
        raise PermissionDenied
    now = month_of(timezone.now(), desk.zone)
    begin = first_month(organization_of(request).pk, zone=desk.zone) or now
    offered = list(months_between(min(begin, _months_before(now, USUAL_MONTHS - 1)), now))
    offered = offered[-OFFERED_MONTHS:]
    last = _among(offered, request.GET.get("to", "")) or now
    usual = offered[max(0, offered.index(last) - USUAL_MONTHS + 1)]
    first = _among(offered, request.GET.get("from", "")) or usual
    first, last = sorted((first, last))
    first = max(first, _months_before(last, MOST_MONTHS - 1))
    return Span(first, last, offered)


def _among(months: list[date], text: str) -> date | None:
    try:
        month = parse_date(f"{text}-01")
    except ValueError:
        return None
    return month if month in months else None


def _months_before(month: date, count: int) -> date:
    index = month.year * 12 + month.month - 1 - count
    return date(index // 12, index % 12 + 1, 1)


def name_of(month: date) -> str:
    return format_date(month, pgettext("date: November 2026", "F Y"))
