"""A customer's own data from their page: an archive that a person and a program can read."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.utils import timezone

from bookings.calendars.ical import Reader, publication
from bookings.models import Booking, Customer
from bookings.selectors.privacy import bookings_of
from bookings.services.privacy import export_customer
from core import times
from core.admin.base import HouseAdmin
from core.admin.context import caller_of, desk_of, organization_of


def hand_over(admin: HouseAdmin, request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """A POST answers with the archive, and writes down who took it."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    if not desk_of(request).may("exports:read") or caller_of(request).is_limited:
        raise PermissionDenied
    customer: Customer = admin.row(request, pk)
    told = export_customer(customer, caller=caller_of(request), kind="zip")
    day = times.local(timezone.now()).date()
    name = f"{organization_of(request).slug}-customer-{day:%Y-%m-%d}.zip"
    return HttpResponse(
        archive(customer, told),
        content_type="application/zip",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def archive(customer: Customer, told: dict[str, Any]) -> bytes:
    """Return a ZIP of what was told: a page for people, JSON for programs, a calendar file."""
    zone = customer.timezone or str(customer.organization.timezone)
    calendar = publication(bookings_of(customer), Reader(zone=zone), url_of=lambda booking: "")
    data = json.dumps(told, cls=DjangoJSONEncoder, ensure_ascii=False, indent=2)
    labels = dict(Booking.Status.choices)
    booked = [{**one, "statusName": labels[one["status"]]} for one in told["bookings"]]
    page = render_to_string("privacy/archive.html", {**told, "bookings": booked})
    files = {
        "index.html": page.encode(),
        "data.json": data.encode(),
        "appointments.ics": calendar,
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archived:
        for name, content in files.items():
            archived.writestr(name, content)
    return packed.getvalue()
