"""Making, changing and ending a session that takes place every week."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bookings.admin.acting import LONGEST_REASON, reason_in
from bookings.admin.drafting import id_in, new_token
from bookings.admin.session_effects import told_of_cancelling
from bookings.admin.session_form import NewTemplateForm, TemplateForm, courses_of
from bookings.admin.session_words import REASONS, list_of_templates, page_of_template, when_of
from bookings.models import Booking, GroupSession, GroupSessionTemplate, WaitlistEntry
from bookings.selectors.session_templates import sessions_ahead
from bookings.services.group_session import cancel_session
from bookings.services.laying_out import Laid
from bookings.services.session_template import (
    TemplateDetails,
    create_template,
    update_template,
)
from bookings.services.template_following import Followed
from core import times
from core.admin.context import caller_of, organization_of
from core.admin.refusals import sentence_of, sentences_by_field, whole_sentence_of
from core.errors import DomainError
from core.ids import uuid7

if TYPE_CHECKING:
    from bookings.admin.session_template import GroupSessionTemplateAdmin

STOP, START = "stop", "start"


def make(admin: GroupSessionTemplateAdmin, request: HttpRequest) -> HttpResponseBase:
    """Ask for what takes place every week; a POST makes it and lays out its weeks ahead."""
    if not admin.has_add_permission(request):
        raise PermissionDenied
    organization = organization_of(request)
    if not courses_of(organization):
        return admin.page(request, "admin/bookings/no_course.html", title=str(admin.add_title))
    wished = {name: request.GET.get(name, "") for name in ("service", "resource")}
    form = NewTemplateForm(request.POST or None, initial=wished, organization=organization)
    template_id = id_in(request.POST.get("token", "")) or uuid7()
    if request.method == "POST" and form.is_valid():
        made = GroupSessionTemplate.objects.for_organization(organization.pk)
        if (twice := made.filter(pk=template_id).first()) is not None:
            return HttpResponseRedirect(page_of_template(twice))
        details = TemplateDetails(service=form.course, **form.columns())
        try:
            template = create_template(details, caller=caller_of(request), template_id=template_id)
        except DomainError as error:
            form.take(sentences_by_field(error) or {"": [sentence_of(error)]})
        else:
            laid = len(sessions_ahead(template, now=timezone.now()))
            admin.message_user(request, _laid_out(laid))
            return HttpResponseRedirect(page_of_template(template))
    return admin.page(
        request,
        "admin/bookings/session_new.html",
        title=str(admin.add_title),
        form=form,
        is_weekly=True,
        token=request.POST.get("token", "") or new_token(),
        status=422 if form.errors else None,
        up_url=list_of_templates(),
        up_title=admin.plural,
    )


def form_for(template: GroupSessionTemplate, request: HttpRequest) -> TemplateForm:
    """Return the form of a template: as it was sent, else as it is."""
    form = TemplateForm(
        request.POST or None,
        initial={
            "resource": str(template.resource_id),
            "weekday": template.weekday,
            "starts": template.starts_at_time,
            "ends": template.ends_at_time,
            "capacity": template.capacity,
            "price": template.price_amount,
            "first": template.valid_from_on,
            "last": template.valid_to_on,
            "weeks_ahead": template.weeks_ahead,
        },
        organization=organization_of(request),
    )
    form.keep(template.resource)
    return form


def save(
    admin: GroupSessionTemplateAdmin,
    request: HttpRequest,
    template: GroupSessionTemplate,
    form: TemplateForm,
) -> bool:
    """Change the template as the form says, stop it or let it go on. Returns whether it was done;
    what was refused stands in the form.
    """
    go = request.POST.get("go", "")
    if go in (STOP, START):
        changes: dict[str, object] = {"is_active": go == START}
    elif form.is_valid():
        changes = {name: form.columns()[name] for name in _touched(form)}
    else:
        return False
    try:
        updated = update_template(template, changes, caller=caller_of(request))
    except DomainError as error:
        if go in (STOP, START):
            admin.message_user(request, whole_sentence_of(error))
            return True
        form.take(sentences_by_field(error) or {"": [sentence_of(error)]})
        return False
    admin.message_user(request, _became(updated.followed, updated.laid))
    return True


def cancel_all(
    admin: GroupSessionTemplateAdmin, request: HttpRequest, pk: UUID
) -> HttpResponseBase:
    """Say what ending it means; a POST stops it and calls off every session ahead."""
    if not admin.has_change_permission(request):
        raise PermissionDenied
    template = admin.row(request, pk)
    ahead = [
        session
        for session in sessions_ahead(template, now=timezone.now())
        if session.cancelled_at is None
    ]
    if not ahead:
        admin.message_user(request, _("Nothing of it is ahead."))
        return HttpResponseRedirect(page_of_template(template))
    if request.method == "POST":
        _cancel_each(admin, request, template, ahead)
        return HttpResponseRedirect(page_of_template(template))
    places = Booking.objects.filter(group_session__in=ahead).exclude(
        status=Booking.Status.CANCELLED
    )
    waiting = WaitlistEntry.objects.filter(group_session__in=ahead, status__in=WaitlistEntry.OPEN)
    return admin.page(
        request,
        "admin/bookings/session_template_cancel.html",
        title=_("Cancel all ahead"),
        weekly=template,
        when=when_of(template),
        ahead=ahead,
        told=told_of_cancelling(
            places=places.count(),
            paid=places.filter(~Q(bundle=None)).count(),
            waiting=waiting.count(),
        ),
        reasons=REASONS,
        longest_reason=LONGEST_REASON,
        up_url=page_of_template(template),
        up_title=template.service.name,
    )


def _cancel_each(
    admin: GroupSessionTemplateAdmin,
    request: HttpRequest,
    template: GroupSessionTemplate,
    ahead: list[GroupSession],
) -> None:
    """Stop the template first, so that nothing is laid out behind this; then each session."""
    caller, reason, done = caller_of(request), reason_in(request), 0
    update_template(template, {"is_active": False}, caller=caller)
    for session in ahead:
        try:
            cancel_session(session, caller=caller, reason=reason)
            done += 1
        except DomainError as error:
            when = times.moment(session.starts_at)
            admin.message_user(request, f"{when}: {whole_sentence_of(error)}")
    sentence = ngettext(
        "%(count)d session is cancelled, and no more are laid out.",
        "%(count)d sessions are cancelled, and no more are laid out.",
        done,
    )
    admin.message_user(request, sentence % {"count": done})


def _touched(form: TemplateForm) -> list[str]:
    """Return the columns whose fields were changed by whoever sent the form."""
    columns = {
        "starts": "starts_at_time",
        "ends": "ends_at_time",
        "price": "price_amount",
        "first": "valid_from_on",
        "last": "valid_to_on",
    }
    return [columns.get(name, name) for name in form.changed_data]


def _laid_out(count: int) -> str:
    sentence = ngettext(
        "%(count)d session is laid out, and can be joined now.",
        "%(count)d sessions are laid out, and can be joined now.",
        count,
    )
    return sentence % {"count": count}


def _became(followed: Followed, laid: Laid) -> str:
    """Say what a change of the template did to its sessions ahead."""
    counts = [
        (
            followed.changed,
            ngettext(
                "%(count)d session is changed.", "%(count)d sessions are changed.", followed.changed
            ),
        ),
        (
            followed.withdrawn,
            ngettext(
                "%(count)d session is called off.",
                "%(count)d sessions are called off.",
                followed.withdrawn,
            ),
        ),
        (
            followed.left,
            ngettext(
                "%(count)d session stays as it was: somebody has joined, or the time is taken.",
                "%(count)d sessions stay as they were: somebody has joined, or the time is taken.",
                followed.left,
            ),
        ),
        (
            len(laid.sessions),
            ngettext(
                "%(count)d session is laid out.",
                "%(count)d sessions are laid out.",
                len(laid.sessions),
            ),
        ),
    ]
    said = [sentence % {"count": count} for count, sentence in counts if count]
    return " ".join([_("Saved."), *said])
