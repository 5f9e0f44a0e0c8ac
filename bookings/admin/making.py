"""The page "New booking": service, with whom, a free time, who. Works without any script.

It is one form whose buttons say where to go: show times, another day, find a customer, book.
What was typed travels along in the form, never in an address.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponseRedirect, QueryDict
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from bookings.admin.acting import LONGEST_REASON, page_of
from bookings.admin.details import DetailsForm, details_of, typed
from bookings.admin.drafting import Draft, among, id_in, new_token, read_draft
from bookings.admin.explaining import query_of
from bookings.admin.offering import refusal_of
from bookings.admin.overbooking import may_overbook, overbook_reason, refused_start
from bookings.admin.paying import bundle_named, ways_to_pay
from bookings.forms import field_name
from bookings.models import Booking, Customer
from bookings.selectors.people import find_people, person
from bookings.services.booking import BookingRequest
from bookings.services.desk import book_at_the_desk
from core import times
from core.admin.context import caller_of, desk_of, organization_of
from core.admin.panels import panels_at
from core.admin.refusals import sentences_by_field
from core.errors import DomainError
from core.ids import uuid7

if TYPE_CHECKING:
    from bookings.admin.booking import BookingAdmin

BOOK, OVERBOOK, FIND, USE, DAY = "book", "overbook", "find", "use:", "day:"
MOST_PEOPLE = 6


def new_booking(admin: BookingAdmin, request: HttpRequest) -> HttpResponseBase:
    """Show the form as far as it is filled in; with `book` or `overbook`, make the booking."""
    if not admin.has_add_permission(request):
        raise PermissionDenied
    go = request.POST.get("go", "")
    if go.startswith(DAY):  # the buttons beside the day say which one
        request.POST = _with(request.POST, day=go.removeprefix(DAY))  # type: ignore[assignment]
    draft = read_draft(request)
    if draft is None:
        return admin.page(request, "admin/bookings/nothing_to_book.html", title=_("New booking"))
    if go in (BOOK, OVERBOOK):
        return _book(admin, request, draft, overbook=go == OVERBOOK)
    initial = typed(request.POST)
    shown: dict[str, Any] = {}
    if go == FIND:
        term = request.POST.get("find", "").replace("\0", "")[:254]
        shown["people"] = find_people(
            caller_of(request), term, now=timezone.now(), most=MOST_PEOPLE
        )
        shown["asked"] = True
    elif known := _customer(request, go):
        initial |= details_of(person(known, now=timezone.now(), caller=caller_of(request)))
        shown["was_filled"] = True
    form = DetailsForm(initial=initial, service=draft.service)
    return _show(admin, request, draft, form, **shown)


def _book(
    admin: BookingAdmin, request: HttpRequest, draft: Draft, *, overbook: bool
) -> HttpResponseBase:
    booking_id = id_in(request.POST.get("token", "")) or uuid7()
    if (made := _made(request, booking_id)) is not None:
        return HttpResponseRedirect(page_of(made))
    form = DetailsForm(request.POST, service=draft.service)
    start = refused_start(request) if overbook else draft.wanted(request)
    reason = overbook_reason(request) if overbook else ""
    if not form.is_valid() or start is None:
        refused = "" if start else _("Choose a time.")
        return _show(admin, request, draft, form, refused=refused, anyway=overbook and start)
    if overbook and not reason:
        refused = _("Say why it is booked all the same.")
        return _show(admin, request, draft, form, refused=refused, anyway=start)
    bundle = bundle_named(request)
    if bundle is None and request.POST.get("bundle"):
        refused = _("This bundle is not here any more.")
        return _show(admin, request, draft, form, refused=refused)
    wanted = BookingRequest(
        service=draft.service,
        customer=form.customer(),
        starts_at=start,
        minutes=draft.minutes,
        inquiry=form.cleaned_data["inquiry"],
        notes=form.cleaned_data["notes"],
        answers=form.answers(),
        location=form.cleaned_data.get("location", ""),
        resource=draft.resource,
        timezone=organization_of(request).timezone,
        source=Booking.Source.STAFF,
        overbook_reason=reason,
        bundle=bundle,
    )
    try:
        booking = book_at_the_desk(
            wanted,
            caller=caller_of(request),
            booking_id=booking_id,
            confirm=bool(request.POST.get("confirm")),
            on_grid=draft.other_time is None,
        )
    except (DomainError, IntegrityError) as error:
        if (made := _made(request, booking_id)) is not None:  # the other click of a double click
            return HttpResponseRedirect(page_of(made))
        if isinstance(error, IntegrityError):
            raise
        return _show_refusal(admin, request, draft, form, error, start)
    admin.message_user(
        request,
        _("Booked: %(when)s, reference %(reference)s.")
        % {"when": times.span(booking.starts_at, booking.ends_at), "reference": booking},
    )
    return HttpResponseRedirect(page_of(booking))


def _show_refusal(
    admin: BookingAdmin,
    request: HttpRequest,
    draft: Draft,
    form: DetailsForm,
    error: DomainError,
    start: datetime,
) -> HttpResponseBase:
    """Say why not, beside the field where there is one, and offer what is free now; to who may,
    the time itself all the same.
    """
    general = []
    for path, messages in sentences_by_field(error).items():
        if (name := field_name(path)) in form.fields:
            form.add_error(name, messages)
        else:
            general += messages
    if not form.errors:
        general = general or [refusal_of(error, start)]
    anyway = start if may_overbook(request, error) else None
    return _show(admin, request, draft, form, refused=" ".join(general), anyway=anyway)


def _show(
    admin: BookingAdmin, request: HttpRequest, draft: Draft, form: DetailsForm, **context: Any
) -> HttpResponseBase:
    form.mark_what_is_wrong()
    offered = draft.offered(request)
    is_first = request.method != "POST"
    return admin.page(
        request,
        "admin/bookings/new.html",
        title=_("New booking"),
        draft=draft,
        offer=offered,
        form=form,
        ways_to_pay=ways_to_pay(request, draft.service, str(form["email"].value() or "")),
        day_before=times.day_before(draft.day),
        day_after=times.day_after(draft.day),
        day_is_today=draft.day == times.today(),
        confirms=is_first or bool(request.POST.get("confirm")),
        token=new_token() if is_first else request.POST.get("token", ""),
        find_term=request.POST.get("find", ""),
        may_find=desk_of(request).may("bookings:read"),
        why_query=urlencode({**query_of(draft), "day": draft.day.isoformat()}),
        overbook_reason=overbook_reason(request),
        longest_reason=LONGEST_REASON,
        told=panels_at("booking.told", request, booking=None, change="created"),
        up_url=reverse("admin:bookings_booking_changelist"),
        up_title=_("Bookings"),
        **context,
    )


def _made(request: HttpRequest, booking_id: UUID) -> Booking | None:
    ours = Booking.objects.for_caller(caller_of(request))
    return ours.filter(pk=booking_id).first()


def _customer(request: HttpRequest, go: str) -> Customer | None:
    """Return the customer whose details are to be filled in: by a button, or from their page."""
    wanted = go.removeprefix(USE) if go.startswith(USE) else request.GET.get("customer", "")
    if not wanted or (request.method == "POST" and not go.startswith(USE)):
        return None
    if not desk_of(request).may("bookings:read"):
        return None
    known = Customer.objects.for_caller(caller_of(request))
    found = among(known.filter(erased_at=None), wanted)
    return found if isinstance(found, Customer) else None


def _with(sent: QueryDict, **changes: str) -> QueryDict:
    changed = sent.copy()
    for name, value in changes.items():
        changed[name] = value
    return changed
