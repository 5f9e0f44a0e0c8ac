"""Roles and grants in the words of people, and what is refused about them."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from core.access import GRANTS, Role
from core.admin.api_key_forms import MAY
from core.admin.refusals import say, sentence_of, sentences_by_field
from core.errors import DomainError
from core.own_resources import resources_of
from core.services.limiting import UNLIMITED, Limit

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
        "INVITED_ALREADY": gettext_lazy("This person is invited already."),
        "INVITED_JUST_NOW": gettext_lazy(
            "This invitation was sent less than five minutes ago. Give the mail time to arrive."
        ),
        "INVITATION_OVER": gettext_lazy(
            "This invitation was used, replaced or revoked, or its time is over."
        ),
        "SIGN_IN_FIRST": gettext_lazy(
            "Somebody signs in with this address already. Open the link again."
        ),
        "LAST_OWNER": gettext_lazy("An organization keeps at least one owner."),
        "NOT_ONLY_YOURS": gettext_lazy(
            "This person also works elsewhere, so only they can change their password."
        ),
        "SIGN_IN_NOT_ONLY_YOURS": gettext_lazy(
            "This person also works elsewhere, so how they sign in is not yours to change."
        ),
        "This is no e-mail address.": gettext_lazy("This is no e-mail address."),
        "Only staff and viewers can be limited.": gettext_lazy(
            "Only staff and people who view can be limited. Choose another role, or no limit."
        ),
        "Choose at least one resource.": gettext_lazy("Choose at least one resource."),
        "Backups hold everything, so they go with no limit.": gettext_lazy(
            "Backups hold everything, so they go with no limit."
        ),
    }
)
# What the service calls its fields, and what the forms do.
FIELDS = {"onlyOwnResources": "only_own_resources", "resourceIds": "own_resources"}
EVERYTHING, OWN = "everything", "own"


def role_choices() -> list[tuple[str, str]]:
    return [(role.value, f"{name}: {what}") for role, (name, what) in ROLES.items()]


class LimitForm(forms.Form):
    """Whether somebody sees nothing but what belongs to resources of their own, and which."""

    only_own_resources = forms.TypedChoiceField(
        label=gettext_lazy("Sees and changes"),
        choices=[
            (EVERYTHING, gettext_lazy("Everything in the organization")),
            (OWN, gettext_lazy("Only what belongs to their own resources")),
        ],
        coerce=lambda chosen: chosen == OWN,
        initial=EVERYTHING,
        required=False,
        widget=forms.RadioSelect,
        help_text=gettext_lazy(
            "For staff and people who view. The bookings, customers and messages of others are "
            "hidden from them."
        ),
    )
    own_resources = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Their own resources"),
        coerce=UUID,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, organization_id: UUID, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named = [(str(pk), name) for pk, name in resources_of(organization_id).items()]
        if named:
            cast("forms.ChoiceField", self.fields["own_resources"]).choices = named
        else:  # there is nothing yet that somebody could be limited to
            del self.fields["only_own_resources"], self.fields["own_resources"]

    @property
    def limit(self) -> Limit:
        """What was chosen; ticked resources are forgotten without the limit."""
        if not self.cleaned_data.get("only_own_resources"):
            return UNLIMITED
        return Limit(only_own=True, resource_ids=self.cleaned_data["own_resources"])


class RoleForm(LimitForm):
    role = forms.ChoiceField(label=gettext_lazy("Role"), choices=role_choices, initial=Role.STAFF)
    grants = forms.MultipleChoiceField(
        label=gettext_lazy("May also"),
        choices=[(scope, MAY[scope]) for scope in GRANTS],
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("On top of what the role may do."),
    )
    field_order = ["role", "grants", "only_own_resources", "own_resources"]


def tell(form: forms.Form, error: DomainError) -> None:
    """Put what the service refused beside its field, the rest above the form."""
    fields = sentences_by_field(error)
    for path, messages in fields.items():
        name = FIELDS.get(path, path)
        form.add_error(name if name in form.fields else None, messages)
    if not fields:
        form.add_error(None, sentence_of(error))
