"""What this app keeps of people, and what for: its part of the record of processing activities."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.models import Organization
from core.processing import (
    CONTRACT,
    CUSTOMERS,
    DUTY,
    INTEREST,
    STAFF,
    Activity,
    Data,
    customers_kept,
    register,
)

WHO = gettext_lazy("Name, company, e-mail address, phone")
FOUND_BY = gettext_lazy("What they are found by, as keyed digests")
PERSON = ("name", "company", "email", "phone")
INDEXES = ("email_index", "phone_index", "name_index")


def _as_long_as_the_books(organization: Organization) -> str:
    return _("For the books; of somebody erased, without a name")


def _while_it_is_in_the_calendar(organization: Organization) -> str:
    return _("Until staff remove it")


register(
    Activity(
        key="customers",
        purpose=gettext_lazy("Knowing who books, and reaching them"),
        people=CUSTOMERS,
        ground=CONTRACT,
        data=(
            Data(WHO, "bookings.Customer", PERSON),
            Data(
                gettext_lazy("Time zone and language"), "bookings.Customer", ("timezone", "locale")
            ),
            Data(FOUND_BY, "bookings.Customer", INDEXES),
        ),
        kept=customers_kept,
    ),
    Activity(
        key="bookings",
        purpose=gettext_lazy("Taking and keeping appointments"),
        people=CUSTOMERS,
        ground=CONTRACT,
        data=(
            Data(WHO, "bookings.Booking", PERSON),
            Data(
                gettext_lazy("What it is about, answers, notes, where"),
                "bookings.Booking",
                ("inquiry", "answers", "notes", "location"),
            ),
            Data(gettext_lazy("Why it was cancelled"), "bookings.Booking", ("cancel_reason",)),
            Data(gettext_lazy("Why it was changed"), "bookings.ChangeReason", ("text",)),
            Data(FOUND_BY, "bookings.Booking", INDEXES),
        ),
        kept=customers_kept,
    ),
    Activity(
        key="waitlist",
        purpose=gettext_lazy("Offering a time that comes free to who waits for it"),
        people=CUSTOMERS,
        ground=CONTRACT,
        data=(
            Data(WHO, "bookings.WaitlistEntry", PERSON),
            Data(gettext_lazy("What it is about"), "bookings.WaitlistEntry", ("inquiry",)),
        ),
        kept=customers_kept,
    ),
    Activity(
        key="credits",
        purpose=gettext_lazy("Accounting for sessions that are paid in advance"),
        people=CUSTOMERS,
        ground=DUTY,
        data=(
            Data(gettext_lazy("Why a balance was corrected"), "bookings.CreditEntry", ("reason",)),
        ),
        kept=_as_long_as_the_books,
    ),
    Activity(
        key="consents",
        purpose=gettext_lazy("Proving who agreed to what"),
        people=CUSTOMERS,
        ground=DUTY,
        data=(
            Data(
                gettext_lazy("Which text, when, where, and taken back when"),
                "bookings.ConsentEntry",
                ("customer", "text", "kind", "door", "created_at"),
            ),
        ),
        kept=_as_long_as_the_books,
    ),
    Activity(
        key="absences",
        purpose=gettext_lazy("Knowing when staff are away"),
        people=STAFF,
        ground=INTEREST,
        data=(Data(gettext_lazy("Why somebody is away"), "bookings.TimeOff", ("reason",)),),
        kept=_while_it_is_in_the_calendar,
    ),
    Activity(
        key="profiles",
        purpose=gettext_lazy("Showing customers with whom they book"),
        people=STAFF,
        ground=INTEREST,
        data=(
            Data(
                gettext_lazy("Name and what is said about them"),
                "bookings.Resource",
                ("name", "bio", "qualification"),
            ),
            Data(gettext_lazy("Picture"), "bookings.Photo", ("content",)),
        ),
        kept=_while_it_is_in_the_calendar,
    ),
)
