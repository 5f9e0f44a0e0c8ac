"""What a service refuses, in words for a visitor: what is so, and what can be done."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core import times
from core.errors import DomainError
from core.models import Organization

# By reason, code, or the API's own sentence.
SENTENCES: dict[str, Promise] = {
    "SLOT_TAKEN": gettext_lazy("This time is no longer free. Please choose another one."),
    "HOLD_LAPSED": gettext_lazy("The time was just given back. Send it again to book it."),
    "OUTSIDE_HOURS": gettext_lazy("This time is outside opening hours."),
    "TIME_OFF": gettext_lazy("Nobody is there at this time."),
    "HOLIDAY": gettext_lazy("This day is a holiday."),
    "BUFFER": gettext_lazy("This time is too close to another appointment."),
    "MIN_NOTICE": gettext_lazy("This time is too soon by now. Please choose a later one."),
    "HORIZON": gettext_lazy("This time is too far ahead. Please choose an earlier one."),
    "LIMIT_DAY": gettext_lazy("There are no more appointments on this day."),
    "LIMIT_WEEK": gettext_lazy("There are no more appointments in this week."),
    "LIMIT_MONTH": gettext_lazy("There are no more appointments in this month."),
    "STILL_FREE": gettext_lazy("There are free times on these days. You can book one right away."),
    "ALREADY_WAITING": gettext_lazy("You are on the waitlist for these days already."),
    "This person waits for this session already.": gettext_lazy(
        "You are on the waitlist for this session already."
    ),
    "There is a free place.": gettext_lazy("There is a free place. You can join right away."),
    "SESSION_FULL": gettext_lazy("This session is full by now. You can join its waitlist."),
    "SESSION_OVER": gettext_lazy("This session has begun, or was cancelled. Nothing was booked."),
    "ALREADY_JOINED": gettext_lazy(
        "You have a place in this session already. The e-mail about it has a link to change it."
    ),
    "CONSENT_MISSING": gettext_lazy("Please agree to what is required, and send it again."),
    "CONSENT_OUTDATED": gettext_lazy(
        "What you agree to was changed just now. Please read it again, and send it again."
    ),
    "WAIT_OVER": gettext_lazy("You have booked this time already."),
    "The window must end after it starts.": gettext_lazy("This day is before the first one."),
    "This window is over.": gettext_lazy("This day is over."),
    "Give at most 62 days.": gettext_lazy("These are more than 62 days."),
    "LIMIT_CUSTOMER": gettext_lazy("You have as many of these appointments as you may have."),
    "DATABASE_ERROR": gettext_lazy("Many people are booking right now. Please send it again."),
    "TIMEOUT": gettext_lazy("This took too long. Nothing was booked. Please send it again."),
    "This field is required.": gettext_lazy("This is needed."),
    "Choose with whom.": gettext_lazy("Choose with whom."),
    "This time is in the past.": gettext_lazy("This time is over. Please choose another one."),
}
TOO_MANY = {
    "TOO_MANY_AHEAD": gettext_lazy(
        "You have as many open appointments as can be booked here. Cancel one that you do not "
        "need, with the link in its e-mail."
    ),
    "ASKED_TOO_OFTEN": gettext_lazy(
        "This was asked for too often just now. Please try again in a minute."
    ),
    "NOBODY_COUNTS": gettext_lazy("This is not possible at the moment. Please try again shortly."),
    "RATE_LIMITED": gettext_lazy(
        "From your internet connection many times were chosen lately. Please try again in an hour."
    ),
}

# Where a booking is changed, and not made.
CHANGING: dict[str, Promise] = {
    "PRECONDITION_FAILED": gettext_lazy(
        "It was changed since you opened it. This is how it is now."
    ),
    "ILLEGAL_TRANSITION": gettext_lazy("This appointment is over, so it cannot be changed."),
    "CANCEL_DEADLINE": gettext_lazy("It is too late to cancel this appointment here."),
    "RESCHEDULE_DEADLINE": gettext_lazy("It is too late to move this appointment here."),
    "RESCHEDULE_LIMIT": gettext_lazy("You have moved it as often as is possible here."),
    "SESSION_DECIDES": gettext_lazy("It takes place when the session does."),
    "BUNDLE_EXPIRED": gettext_lazy("Your bundle, which paid for this, is over by then."),
    "BUNDLE_NOT_COVERING": gettext_lazy("Your bundle, which paid for this, does not pay for then."),
    "DATABASE_ERROR": gettext_lazy("Many people are booking right now. Please send it again."),
    "TIMEOUT": gettext_lazy("This took too long. Nothing was changed. Please send it again."),
}


def fields_in(error: DomainError) -> dict[str, list[str]]:
    """Return what is wrong by the path of its field, in the reader's language."""
    fields = error.details.get("fields")
    if not isinstance(fields, Mapping):
        return {}
    return {
        str(path): [str(SENTENCES.get(message, message)) for message in messages]
        for path, messages in fields.items()
    }


def sentence_of(error: DomainError, organization: Organization) -> str:
    reason = getattr(error, "reason", "")
    if reason in TOO_MANY:
        return too_many(reason, organization)
    for key in (str(error), reason, error.code):
        if key in SENTENCES:
            return str(SENTENCES[key])
    return _("This time cannot be booked. Please choose another one.")


def change_refused(error: DomainError) -> str:
    """Say why a booking cannot be moved or cancelled like this."""
    for texts in fields_in(error).values():
        return " ".join(texts)
    for key in (getattr(error, "reason", ""), error.code):
        for sentences in (CHANGING, SENTENCES):
            if key in sentences:
                return str(sentences[key])
    return _("This is not possible. Nothing was changed.")


def too_many(reason: str, organization: Organization) -> str:
    """Say that it was too often, and who can help all the same."""
    sentence = str(TOO_MANY[reason])
    if not organization.contact_email:
        return sentence
    help_there = _("Or write to %(address)s.") % {"address": organization.contact_email}
    return f"{sentence} {help_there}"


def no_longer_free(wanted: datetime, free: list[datetime]) -> str:
    """Say "14:00 is no longer free. 14:30, 15:00 and 16:15 are." on the active clock."""
    if not free:
        return _("%(wanted)s is no longer free. Please choose another time.") % {
            "wanted": times.clock(wanted)
        }
    listed = times.listed([moment_beside(wanted, start) for start in free])
    if len(free) == 1:
        sentence = _("%(wanted)s is no longer free. %(free)s is.")
    else:
        sentence = _("%(wanted)s is no longer free. %(free)s are.")
    return sentence % {"wanted": times.clock(wanted), "free": listed}


def moment_beside(wanted: datetime, start: datetime) -> str:
    """Return `14:30`, with the day where it is another one than that of `wanted`."""
    is_same_day = times.local(start).date() == times.local(wanted).date()
    return times.clock(start) if is_same_day else times.moment(start)


def alternatives_in(error: DomainError) -> list[datetime]:
    """Return the free times that a refusal offers."""
    offered = error.details.get("alternatives")
    if not isinstance(offered, list):
        return []
    return [slot["startTime"] for slot in offered if isinstance(slot, Mapping)]
