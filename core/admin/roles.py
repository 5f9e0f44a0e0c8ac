"""Roles and grants in the words of people, and what is refused about them."""

from __future__ import annotations

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from core.access import GRANTS, Role
from core.admin.api_key import MAY
from core.admin.refusals import say, sentence_of, sentences_by_field
from core.errors import DomainError

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
    }
)


def role_choices() -> list[tuple[str, str]]:
    return [(role.value, f"{name}: {what}") for role, (name, what) in ROLES.items()]


class RoleForm(forms.Form):
    role = forms.ChoiceField(label=gettext_lazy("Role"), choices=role_choices, initial=Role.STAFF)
    grants = forms.MultipleChoiceField(
        label=gettext_lazy("May also"),
        choices=[(scope, MAY[scope]) for scope in GRANTS],
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("On top of what the role may do."),
    )


def tell(form: forms.Form, error: DomainError) -> None:
    """Put what the service refused beside its field, the rest above the form."""
    fields = sentences_by_field(error)
    for name, messages in fields.items():
        form.add_error(name if name in form.fields else None, messages)
    if not fields:
        form.add_error(None, sentence_of(error))
