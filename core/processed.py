"""What this app keeps of people, and what for: its part of the record of processing activities."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.models import Organization
from core.processing import DUTY, INTEREST, STAFF, Activity, Data, mail_server, register


def _while_they_work_here(organization: Organization) -> str:
    return _("While they work here; the account is removed by whoever runs the installation")


def _for_ever(organization: Organization) -> str:
    return _("For as long as the organization is here")


def _a_day(organization: Organization) -> str:
    return _("24 hours")


register(
    Activity(
        key="accounts",
        purpose=gettext_lazy("Letting staff sign in, and keeping everybody else out"),
        people=STAFF,
        ground=INTEREST,
        data=(
            Data(gettext_lazy("Name and e-mail address"), "core.User", ("name", "email")),
            Data(gettext_lazy("Password, as a digest"), "core.User", ("password",)),
            Data(gettext_lazy("Secret of the second factor"), "core.User", ("otp_secret",)),
            Data(gettext_lazy("Invited address"), "core.Invitation", ("email",)),
            Data(
                gettext_lazy("Browser and network of each sign-in"),
                "core.SignInSession",
                ("device", "network"),
            ),
            Data(
                gettext_lazy("Wrong passwords by account and network, as a digest"),
                "core.SignInGuard",
                ("index",),
            ),
        ),
        kept=_while_they_work_here,
        recipients=(mail_server,),
    ),
    Activity(
        key="contacts",
        purpose=gettext_lazy("Being reached by customers, and hearing of bookings"),
        people=STAFF,
        ground=INTEREST,
        data=(
            Data(
                gettext_lazy("Addresses of the organization"),
                "core.Organization",
                ("contact_email", "admin_email"),
            ),
        ),
        kept=_for_ever,
        recipients=(mail_server,),
    ),
    Activity(
        key="audit",
        purpose=gettext_lazy("Proving what was done, when and by whom"),
        people=gettext_lazy("Staff and customers, by a number in place of a name"),
        ground=DUTY,
        data=(
            Data(
                gettext_lazy("Who acted, on what, from which network"),
                "core.Event",
                ("actor_kind", "actor_id", "subject_id", "network", "data"),
            ),
        ),
        kept=_for_ever,
    ),
    Activity(
        key="answers",
        purpose=gettext_lazy("Answering a repeated request as the first time"),
        people=gettext_lazy("Customers and staff"),
        ground=INTEREST,
        data=(
            Data(gettext_lazy("The answer that was given"), "core.IdempotentRequest", ("body",)),
        ),
        kept=_a_day,
    ),
)
