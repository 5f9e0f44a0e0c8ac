"""What a service refuses, in the reader's language.

Errors speak English, as the API does. Here each code and reason has its sentence for people;
an app adds its own reasons. What has none is shown as the error says it.
"""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core import outbound
from core.errors import DomainError
from core.pictures import NOT_A_PICTURE, TOO_LARGE

SENTENCES: dict[str, Promise | str] = {
    "PRECONDITION_FAILED": gettext_lazy(
        "Somebody changed this since you opened it. This is how it is now."
    ),
    "NOT_FOUND": gettext_lazy("This is not here any more."),
    "FORBIDDEN": gettext_lazy("Your role may not do that."),
    "DATABASE_ERROR": gettext_lazy("Somebody else is changing this right now. Try again."),
    "TIMEOUT": gettext_lazy("This took too long and was stopped. Nothing was changed."),
    "Some fields are not right.": gettext_lazy("Some fields are not right."),
    "This field is required.": gettext_lazy("This is needed."),
    "This time is in the past.": gettext_lazy("This time is in the past."),
    "This is in the past.": gettext_lazy("This is in the past."),
    NOT_A_PICTURE: gettext_lazy("This is not a JPEG, PNG or WebP picture."),
    TOO_LARGE: gettext_lazy("A picture may have 5 MB and 50 megapixels."),
    outbound.NotAnAddress.message: gettext_lazy(
        "Write an address like https://www.example.com/logo.png."
    ),
    outbound.NOT_REACHED: gettext_lazy("This address cannot be reached from here."),
    outbound.LEADS_ELSEWHERE: gettext_lazy(
        "This address leads to another one. Give the one where the file is."
    ),
    outbound.NOT_THERE: gettext_lazy("There is no file at this address."),
    outbound.TOO_SLOW: gettext_lazy("This address takes too long to answer."),
    outbound.TOO_LARGE: gettext_lazy("The file at this address is too large."),
    outbound.WRONG_KIND: gettext_lazy("The file at this address is of another kind."),
}


def say(sentences: Mapping[str, Promise | str]) -> None:
    """Add the sentences of an app, by reason, code or English message."""
    SENTENCES.update(sentences)


def sentence_of(error: DomainError) -> str:
    """Return what `error` means to a person, without its fields."""
    reason = getattr(error, "reason", "")
    for key in (reason, str(error), error.code):
        if key in SENTENCES:
            return str(SENTENCES[key])
    return str(error)


def sentences_by_field(error: DomainError) -> dict[str, list[str]]:
    """Return the messages of an Invalid by the path of their field; {} for other errors."""
    fields = error.details.get("fields")
    if not isinstance(fields, Mapping):
        return {}
    return {
        str(path): [str(SENTENCES.get(message, message)) for message in messages]
        for path, messages in fields.items()
    }


def whole_sentence_of(error: DomainError) -> str:
    """Return one text with everything that was refused, for a report."""
    fields = [" ".join(messages) for messages in sentences_by_field(error).values()]
    return " ".join(fields) or sentence_of(error) or _("This is not possible.")
