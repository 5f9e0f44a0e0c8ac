"""What a service refuses, in the reader's language.

Errors speak English, as the API does. Here each code and reason has its sentence for people;
an app adds its own reasons. What has none is shown as the error says it.
"""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.errors import DomainError

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
