"""People: who works here, in which role."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar, cast
from uuid import UUID

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core import times
from core.access import Role
from core.admin import inviting
from core.admin.base import HouseAdmin
from core.admin.context import caller_of, organization_of
from core.admin.roles import EVERYTHING, OWN, ROLES, LimitForm, RoleForm, role_choices, tell
from core.errors import DomainError
from core.models import Membership
from core.services.guarding import locked_until
from core.services.member_sign_in import end_sessions_of, unlock_member
from core.services.membership import (
    add_member,
    change_member,
    is_of_ours,
    remove_member,
    set_password_of,
)
from core.services.second_factor import reset_second_factor_of
from core.services.sessions import open_sessions_of
from core.templatetags.console import render_pill


class MemberForm(LimitForm):
    """Checked by the service; here only that nothing is endless."""

    email = forms.CharField(label=gettext_lazy("E-mail"), max_length=254)
    name = forms.CharField(label=gettext_lazy("Name"), max_length=200, required=False)
    role = forms.ChoiceField(label=gettext_lazy("Role"), choices=role_choices, initial=Role.STAFF)
    password = forms.CharField(
        label=gettext_lazy("First password"),
        max_length=128,
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=gettext_lazy(
            "Tell it to them, and let them change it. Who signs in here already keeps theirs."
        ),
    )
    field_order = ["email", "name", "role", "only_own_resources", "own_resources", "password"]


class PasswordForm(forms.Form):
    password = forms.CharField(
        label=gettext_lazy("New password"),
        max_length=128,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )


@admin.register(Membership)
class MembershipAdmin(HouseAdmin):
    noun = "members"
    list_before_template = "admin/console/invitations.html"
    list_display = ["person", "address", "role_pill", "last_seen"]
    sortable_by = ()
    plural = gettext_lazy("People")
    add_title = gettext_lazy("Add with a password")
    nothing_yet = gettext_lazy("Nobody works here yet")
    how_to_begin = gettext_lazy("Invite the people who take bookings.")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        return cast("QuerySet[Membership]", super().get_queryset(request)).select_related("user")

    def get_urls(self) -> list[URLPattern]:
        views = {
            "<uuid:pk>/remove/": ("remove", partial(self.remove_view)),
            "invite/": ("invite", partial(inviting.invite_view, self)),
            "invitations/<uuid:pk>/again/": ("invite_again", partial(inviting.again_view, self)),
            "invitations/<uuid:pk>/revoke/": ("uninvite", partial(inviting.revoke_view, self)),
        }
        ours = [
            path(route, self.admin_site.admin_view(view), name=f"core_membership_{name}")
            for route, (name, view) in views.items()
        ]
        return [*ours, *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """List who works here, below who is invited to."""
        open_ones = inviting.open_invitations(request)
        return super().changelist_view(request, {"invitations": open_ones, **(extra_context or {})})

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponseBase:
        if not self.has_add_permission(request):
            raise PermissionDenied
        organization = organization_of(request)
        form = MemberForm(request.POST or None, organization_id=organization.pk)
        if request.method == "POST" and form.is_valid():
            try:
                data = form.cleaned_data
                add_member(
                    organization=organization,
                    email=data["email"],
                    name=data["name"],
                    role=Role(data["role"]),
                    password=data["password"],
                    limit=form.limit,
                    caller=caller_of(request),
                )
            except DomainError as error:
                tell(form, error)
            else:
                self.message_user(request, _("They can sign in now."))
                return HttpResponseRedirect(reverse("admin:core_membership_changelist"))
        return self.page(
            request,
            "admin/console/form.html",
            title=_("Add with a password"),
            form=form,
            button=_("Add"),
            up_url=reverse("admin:core_membership_changelist"),
            up_title=_("People"),
        )

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponseBase:
        """Change what somebody may do or, where this organization may, the password."""
        try:
            membership: Membership = self.row(request, UUID(object_id))
        except ValueError as error:
            raise Http404 from error
        go = request.POST.get("go", "")
        role_form = RoleForm(
            request.POST if go == "role" else None,
            initial={
                "role": membership.role,
                "grants": membership.grants,
                "only_own_resources": OWN if membership.only_own_resources else EVERYTHING,
                "own_resources": [str(pk) for pk in membership.own_resource_ids],
            },
            organization_id=membership.organization_id,
        )
        password_form = PasswordForm(request.POST if go == "password" else None)
        if request.method == "POST":
            if not self.has_change_permission(request):
                raise PermissionDenied
            if act := self.ACTS.get(go):
                return act(self, request, membership)
            form = role_form if go == "role" else password_form
            if form.is_valid() and self._save(request, membership, form):
                return HttpResponseRedirect(reverse("admin:core_membership_changelist"))
        return self.page(
            request,
            "admin/console/member.html",
            title=str(membership.user),
            membership=membership,
            role_form=role_form,
            password_form=password_form,
            **_sign_ins_of(membership),
            up_url=reverse("admin:core_membership_changelist"),
            up_title=_("People"),
        )

    history_view = change_view

    def _save(self, request: HttpRequest, membership: Membership, form: forms.Form) -> bool:
        caller = caller_of(request)
        try:
            if isinstance(form, RoleForm):
                role, grants = Role(form.cleaned_data["role"]), form.cleaned_data["grants"]
                change_member(membership, caller=caller, role=role, grants=grants, limit=form.limit)
                self.message_user(request, _("What they may do is changed."))
            else:
                set_password_of(membership, form.cleaned_data["password"], caller=caller)
                self.message_user(request, _("The password is changed."))
        except DomainError as error:
            tell(form, error)
            return False
        return True

    def _reset_second_factor(
        self, request: HttpRequest, membership: Membership
    ) -> HttpResponseBase:
        self.attempt(
            request,
            lambda: reset_second_factor_of(membership, caller=caller_of(request)),
            done=_("The second factor is off. They can set up another."),
        )
        return HttpResponseRedirect(reverse("admin:core_membership_changelist"))

    def _end_sessions(self, request: HttpRequest, membership: Membership) -> HttpResponseBase:
        self.attempt(
            request,
            lambda: end_sessions_of(membership, caller=caller_of(request)),
            done=_("They are signed out everywhere."),
        )
        return HttpResponseRedirect(request.path)

    def _unlock(self, request: HttpRequest, membership: Membership) -> HttpResponseBase:
        self.attempt(
            request,
            lambda: unlock_member(membership, caller=caller_of(request)),
            done=_("They can sign in again."),
        )
        return HttpResponseRedirect(request.path)

    ACTS: ClassVar[dict[str, Callable[..., HttpResponseBase]]] = {
        "second_factor": _reset_second_factor,
        "end_sessions": _end_sessions,
        "unlock": _unlock,
    }

    def remove_view(self, request: HttpRequest, pk: UUID) -> HttpResponseBase:
        """Ask; a POST ends somebody's work here."""
        membership: Membership = self.row(request, pk)
        if not self.has_change_permission(request):
            raise PermissionDenied
        people = reverse("admin:core_membership_changelist")
        if request.method == "POST":
            self.attempt(
                request,
                lambda: remove_member(membership, caller=caller_of(request)),
                done=_("%(person)s can no longer work here.") % {"person": membership.user},
            )
            return HttpResponseRedirect(people)
        return self.page(
            request,
            "admin/console/confirm.html",
            title=_("Remove"),
            question=_("Shall %(person)s no longer work here?") % {"person": membership.user},
            consequence=_("They can no longer open this organization. What they did stays."),
            button=_("Remove"),
            up_url=people,
            up_title=_("People"),
        )

    @admin.display(description=gettext_lazy("Name"))
    def person(self, membership: Membership) -> str:
        return str(membership.user)

    @admin.display(description=gettext_lazy("E-mail"))
    def address(self, membership: Membership) -> str:
        return membership.user.email

    @admin.display(description=gettext_lazy("Role"))
    def role_pill(self, membership: Membership) -> str:
        role = Role(membership.role)
        color, icon = ("grey", "visibility") if role == Role.VIEWER else ("blue", "badge")
        name = str(ROLES[role][0])
        if membership.only_own_resources:
            name = _("%(role)s, limited") % {"role": name}
        return render_pill(color, icon, name)

    @admin.display(description=gettext_lazy("Signed in last"))
    def last_seen(self, membership: Membership) -> str:
        at = membership.user.last_login
        return times.moment(at) if at else _("never")


def _sign_ins_of(membership: Membership) -> dict[str, Any]:
    """Return what can be done about how a member is signed in, as far as it is ours to know."""
    if not is_of_ours(membership):
        return {}
    return {
        "open_sessions": open_sessions_of(membership.user_id).count(),
        "locked_until": locked_until(membership.user.email),
    }
