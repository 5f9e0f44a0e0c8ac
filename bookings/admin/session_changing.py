"""Laying out one session, changing it, and calling it off: whom it concerns is said before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from bookings.admin.acting import LONGEST_REASON, reason_in, version_in
from bookings.admin.drafting import id_in, new_token
from bookings.admin.session_effects import Wanted, told_of_cancelling, told_of_changing
from bookings.admin.session_form import NewSessionForm, SessionForm, courses_of
from bookings.admin.session_words import (
    REASONS,
    is_ahead,
    list_of_sessions,
    page_of_session,
    up_to_session,
)
from bookings.errors import SessionOver
from bookings.models import GroupSession
from bookings.selectors.attendees import attendees_of, waiting_of
from bookings.services.group_session import SessionDetails, cancel_session, create_session
from bookings.services.session_changing import change_session
from core import times
from core.admin.context import caller_of, desk_of, organization_of
from core.admin.refusals import sentence_of, sentences_by_field
from core.errors import DomainError
from core.ids import uuid7

if TYPE_CHECKING:
    from bookings.admin.group_session import GroupSessionAdmin


def lay_out_one(admin: GroupSessionAdmin, request: HttpRequest) -> HttpResponseBase:
    """Ask for one session; a POST lays it out."""
    if not admin.has_add_permission(request):
        raise PermissionDenied
    organization = organization_of(request)
    if not courses_of(organization):
        return admin.page(request, "admin/bookings/no_course.html", title=str(admin.add_title))
    wished = {name: request.GET.get(name, "") for name in ("service", "resource", "day")}
    form = NewSessionForm(request.POST or None, initial=wished, organization=organization)
    session_id = id_in(request.POST.get("token", "")) or uuid7()
    if request.method == "POST" and form.is_valid():
        if (made := _made(request, session_id)) is not None:  # the second click of a double click
            return HttpResponseRedirect(page_of_session(made))
        starts_at, ends_at = form.times(desk_of(request))
        details = SessionDetails(
            service=form.course,
            resource=form.taught_by,
            starts_at=starts_at,
            ends_at=ends_at,
            capacity=form.cleaned_data["capacity"],
            price_amount=form.cleaned_data["price"],
            timezone=organization.timezone,
        )
        try:
            session = create_session(details, caller=caller_of(request), session_id=session_id)
        except DomainError as error:
            form.take(sentences_by_field(error) or {"": [sentence_of(error)]})
        else:
            said = _("Laid out: %(when)s. It can be joined now.")
            when = times.span(session.starts_at, session.ends_at)
            admin.message_user(request, said % {"when": when})
            return HttpResponseRedirect(page_of_session(session))
    return admin.page(
        request,
        "admin/bookings/session_new.html",
        title=str(admin.add_title),
        form=form,
        token=request.POST.get("token", "") or new_token(),
        status=422 if form.errors else None,
        up_url=list_of_sessions(),
        up_title=admin.plural,
    )


def change(admin: GroupSessionAdmin, request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """Ask for what is to be different, then say whom it concerns; a second POST changes it."""
    session = admin.may_plan(request, pk)
    if not is_ahead(session):
        admin.message_user(request, sentence_of(SessionOver()))
        return HttpResponseRedirect(page_of_session(session))
    organization = organization_of(request)
    form = SessionForm(request.POST or None, initial=_as_it_is(session), organization=organization)
    form.keep(session.resource)
    wanted: Wanted | None = None
    if request.method == "POST" and form.is_valid():
        wanted = Wanted.in_form(form, desk_of(request), session)
        if not wanted.changes(session):
            admin.message_user(request, _("Nothing was changed."))
            return HttpResponseRedirect(page_of_session(session))
        if request.POST.get("go") == "change":
            try:
                change_session(
                    session,
                    **vars(wanted),
                    caller=caller_of(request),
                    reason=reason_in(request),
                    expected_version=version_in(request),
                )
            except DomainError as error:
                form.take(sentences_by_field(error) or {"": [sentence_of(error)]})
            else:
                admin.message_user(request, _("The session is changed."))
                return HttpResponseRedirect(page_of_session(session))
    is_asked = wanted is not None and not form.errors and request.POST.get("go") != "edit"
    return admin.page(
        request,
        "admin/bookings/session_change.html",
        title=_("Change the session"),
        session=session,
        form=form,
        changes=wanted.changes(session) if wanted and is_asked else [],
        told=told_of_changing(wanted, session) if wanted and is_asked else [],
        moves=bool(wanted and wanted.moves(session)),
        # Whoever was told that it is another by now, and sends it again, has seen that one.
        version=(version_in(request) if is_asked else None) or session.version,
        reason=reason_in(request),
        reasons=REASONS,
        longest_reason=LONGEST_REASON,
        status=422 if form.errors else None,
        **up_to_session(session),
    )


def cancel(admin: GroupSessionAdmin, request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """Ask for the reason and say how many are told; a POST calls the session off."""
    session = admin.may_plan(request, pk)
    if not is_ahead(session):
        admin.message_user(request, sentence_of(SessionOver()))
        return HttpResponseRedirect(page_of_session(session))
    if request.method == "POST":

        def act() -> None:
            cancel_session(
                session,
                caller=caller_of(request),
                reason=reason_in(request),
                expected_version=version_in(request),
            )

        admin.attempt(request, act, done=_("The session is cancelled."))
        return HttpResponseRedirect(page_of_session(session))
    attendees = attendees_of(session)
    return admin.page(
        request,
        "admin/bookings/session_cancel.html",
        title=_("Cancel the session"),
        session=session,
        told=told_of_cancelling(
            places=len(attendees),
            paid=sum(one.bundle_id is not None for one in attendees),
            waiting=len(waiting_of(session)),
        ),
        reasons=REASONS,
        longest_reason=LONGEST_REASON,
        **up_to_session(session),
    )


def _as_it_is(session: GroupSession) -> dict[str, Any]:
    start, end = times.local(session.starts_at), times.local(session.ends_at)
    return {
        "day": start.date(),
        "starts": start.time(),
        "ends": end.time(),
        "resource": str(session.resource_id),
        "capacity": session.capacity,
        "price": session.price_amount,
    }


def _made(request: HttpRequest, session_id: UUID) -> GroupSession | None:
    ours = GroupSession.objects.for_organization(organization_of(request).pk)
    return ours.filter(pk=session_id).first()
