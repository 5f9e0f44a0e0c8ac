"""Inviting a colleague, inviting them again, taking an invitation back: below People."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseNotAllowed, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.access import Role
from core.admin.context import caller_of, organization_of
from core.admin.roles import ROLES, RoleForm, tell
from core.errors import DomainError
from core.models import Invitation
from core.services.invitation import invite, invite_again, revoke_invitation

if TYPE_CHECKING:
    from core.admin.base import HouseAdmin

SHOWN = 100


class InviteForm(RoleForm):
    """Checked by the service; here only that nothing is endless."""

    email = forms.CharField(
        label=gettext_lazy("E-mail"),
        max_length=254,
        help_text=gettext_lazy("A link goes there. It works once, within seven days."),
    )
    field_order = ["email", *RoleForm.field_order]


def open_invitations(request: HttpRequest) -> list[dict[str, Any]]:
    """Return who is invited and has not answered, newest first, as the list shows them."""
    rows = Invitation.objects.for_organization(organization_of(request).pk)
    waiting = rows.filter(accepted_at=None, revoked_at=None)[:SHOWN]
    now = timezone.now()
    return [
        {"row": row, "role": ROLES[Role(row.role)][0], "is_over": row.expires_at <= now}
        for row in waiting
    ]


def invite_view(page: HouseAdmin, request: HttpRequest) -> HttpResponseBase:
    """Ask for an address and a role; a POST sends the invitation."""
    if not page.has_add_permission(request):
        raise PermissionDenied
    organization = organization_of(request)
    form = InviteForm(request.POST or None, organization_id=organization.pk)
    if request.method == "POST" and form.is_valid():
        try:
            invite(
                organization=organization,
                email=form.cleaned_data["email"],
                role=Role(form.cleaned_data["role"]),
                grants=form.cleaned_data["grants"],
                limit=form.limit,
                caller=caller_of(request),
            )
        except DomainError as error:
            tell(form, error)
        else:
            page.message_user(request, _("The invitation is on its way."))
            return HttpResponseRedirect(_people())
    return page.page(
        request,
        "admin/console/form.html",
        title=_("Invite a person"),
        form=form,
        button=_("Send the invitation"),
        up_url=_people(),
        up_title=_("People"),
    )


def again_view(page: HouseAdmin, request: HttpRequest, pk: UUID) -> HttpResponseBase:
    invitation = _invitation(page, request, pk)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    page.attempt(
        request,
        lambda: invite_again(invitation, caller=caller_of(request)),
        done=_("A new link is on its way. The one before it opens nothing any more."),
    )
    return HttpResponseRedirect(_people())


def revoke_view(page: HouseAdmin, request: HttpRequest, pk: UUID) -> HttpResponseBase:
    invitation = _invitation(page, request, pk)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    page.attempt(
        request,
        lambda: revoke_invitation(invitation, caller=caller_of(request)),
        done=_("The invitation is taken back. Its link opens nothing any more."),
    )
    return HttpResponseRedirect(_people())


def _invitation(page: HouseAdmin, request: HttpRequest, pk: UUID) -> Invitation:
    if not page.has_change_permission(request):
        raise PermissionDenied
    rows = Invitation.objects.for_organization(organization_of(request).pk)
    found = rows.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def _people() -> str:
    return reverse("admin:core_membership_changelist")
