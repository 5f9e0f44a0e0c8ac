"""People: who works here, in which role."""

from __future__ import annotations

from functools import partial
from typing import Any, cast
from uuid import UUID

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core import times
from core.access import GRANTS, Role
from core.admin.api_key import MAY
from core.admin.base import HouseAdmin
from core.admin.context import caller_of, organization_of
from core.admin.refusals import say, sentence_of, sentences_by_field
from core.errors import DomainError
from core.models import Membership
from core.services.membership import add_member, change_member, remove_member, set_password_of
from core.templatetags.console import render_pill

ROLES: dict[Role, tuple[Promise, Promise]] = {
    Role.OWNER: (gettext_lazy("Owner"), gettext_lazy("Everything")),
    Role.ADMIN: (
        gettext_lazy("Administrator"),
        gettext_lazy("Everything but owners, and undoing backups"),
    ),
    Role.MANAGER: (
        gettext_lazy("Manager"),
        gettext_lazy("Bookings, customers, services, hours, exports"),
    ),
    Role.STAFF: (gettext_lazy("Staff"), gettext_lazy("Bookings, customers, messages")),
    Role.VIEWER: (gettext_lazy("View only"), gettext_lazy("Sees everything, changes nothing")),
}

say(
    {
        "MEMBER_ALREADY": gettext_lazy("This person is a member already."),
        "NOT_YOURS_TO_GIVE": gettext_lazy(
            "You cannot give, or take away, what you may not do yourself."
        ),
        "LAST_OWNER": gettext_lazy("An organization keeps at least one owner."),
        "NOT_ONLY_YOURS": gettext_lazy(
            "This person also works elsewhere, so only they can change their password."
        ),
        "This is no e-mail address.": gettext_lazy("This is no e-mail address."),
    }
)


def role_choices() -> list[tuple[str, str]]:
    return [(role.value, f"{name}: {what}") for role, (name, what) in ROLES.items()]


class MemberForm(forms.Form):
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


class RoleForm(forms.Form):
    role = forms.ChoiceField(label=gettext_lazy("Role"), choices=role_choices)
    grants = forms.MultipleChoiceField(
        label=gettext_lazy("May also"),
        choices=[(scope, MAY[scope]) for scope in GRANTS],
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("On top of what the role may do."),
    )


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
    list_display = ["person", "address", "role_pill", "last_seen"]
    sortable_by = ()
    plural = gettext_lazy("People")
    add_title = gettext_lazy("Add a person")
    nothing_yet = gettext_lazy("Nobody works here yet")
    how_to_begin = gettext_lazy("Add the people who take bookings.")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        return cast("QuerySet[Membership]", super().get_queryset(request)).select_related("user")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(partial(self.remove_view))
        ours = path("<uuid:pk>/remove/", view, name="core_membership_remove")
        return [ours, *super().get_urls()]

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponseBase:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = MemberForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                add_member(
                    organization=organization_of(request),
                    caller=caller_of(request),
                    **{**form.cleaned_data, "role": Role(form.cleaned_data["role"])},
                )
            except DomainError as error:
                _tell(form, error)
            else:
                self.message_user(request, _("They can sign in now."))
                return HttpResponseRedirect(reverse("admin:core_membership_changelist"))
        return self.page(
            request,
            "admin/console/form.html",
            title=_("Add a person"),
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
            initial={"role": membership.role, "grants": membership.grants},
        )
        password_form = PasswordForm(request.POST if go == "password" else None)
        if request.method == "POST":
            if not self.has_change_permission(request):
                raise PermissionDenied
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
            up_url=reverse("admin:core_membership_changelist"),
            up_title=_("People"),
        )

    history_view = change_view

    def _save(self, request: HttpRequest, membership: Membership, form: forms.Form) -> bool:
        caller = caller_of(request)
        try:
            if isinstance(form, RoleForm):
                role, grants = Role(form.cleaned_data["role"]), form.cleaned_data["grants"]
                change_member(membership, caller=caller, role=role, grants=grants)
                self.message_user(request, _("What they may do is changed."))
            else:
                set_password_of(membership, form.cleaned_data["password"], caller=caller)
                self.message_user(request, _("The password is changed."))
        except DomainError as error:
            _tell(form, error)
            return False
        return True

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
        return render_pill(color, icon, str(ROLES[role][0]))

    @admin.display(description=gettext_lazy("Signed in last"))
    def last_seen(self, membership: Membership) -> str:
        at = membership.user.last_login
        return times.moment(at) if at else _("never")


def _tell(form: forms.Form, error: DomainError) -> None:
    """Put what the service refused beside its field, the rest above the form."""
    fields = sentences_by_field(error)
    for name, messages in fields.items():
        form.add_error(name if name in form.fields else None, messages)
    if not fields:
        form.add_error(None, sentence_of(error))
