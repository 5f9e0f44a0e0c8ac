"""What a service asks whoever books, and what they answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from django.core.exceptions import ValidationError
from django.core.validators import validate_slug

from bookings.models import Question, Service
from core.db import require_transaction
from core.errors import Invalid

LONGEST_LINE, LONGEST_TEXT = 500, 5_000
MOST_QUESTIONS, MOST_OPTIONS = 50, 100
LARGEST_NUMBER = 10**15  # beyond it a JSON number is not what was typed

NEEDED = "This field is required."
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
Kind = Question.Kind


class _Refused(ValueError):
    """One answer is not right; the text says why."""


class Asked(Protocol):
    """A question as far as an answer to it can be checked: a row, or one not saved yet."""

    key: str
    label: str
    kind: str
    options: list[str]
    is_required: bool


@dataclass(frozen=True, kw_only=True)
class QuestionDetails:
    """A question as somebody words it. `options` are for CHOICE and CHOICES alone."""

    key: str
    label: str
    kind: str = Kind.TEXT
    options: tuple[str, ...] = ()
    is_required: bool = False


def questions_of(service: Service) -> list[Question]:
    """Return what `service` asks now, in order. No query when it asks nothing."""
    if not service.asks_questions:
        return []
    return [question for question in service.questions.all() if question.is_active]


def check_answers(questions: Sequence[Asked], answers: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return `answers` as a booking keeps them: `{"key", "label", "answer"}`, in order.

    An answer is a text, a number, a date as `2026-11-24`, an option or a list of options, true or
    false, by the kind of its question. What is empty (None, a blank text, no option) was not
    answered and is left out.

    Raises Invalid, which names each `answers.<key>` that is missing, unknown or of a wrong kind.
    """
    kept, wrong = read_answers(questions, answers)
    if wrong:
        raise Invalid(fields=wrong)
    return kept


def read_answers(
    questions: Sequence[Asked], answers: Mapping[str, Any]
) -> tuple[list[dict[str, Any]], dict[str, list[str]]]:
    """Do the same and return both what is right and, by its path, what is wrong."""
    known = {question.key for question in questions}
    wrong = {f"answers.{key}": ["This is not asked here."] for key in answers if key not in known}
    kept = []
    for question in questions:
        value = answers.get(question.key)
        if _is_empty(value) or (value is False and question.is_required):
            if question.is_required:
                wrong[f"answers.{question.key}"] = [NEEDED]
            continue
        try:
            answer = _READERS[Kind(question.kind)](value, question.options)
        except _Refused as refused:
            wrong[f"answers.{question.key}"] = [str(refused)]
        else:
            kept.append({"key": question.key, "label": question.label, "answer": answer})
    return kept, wrong


def set_questions(service: Service, questions: Sequence[QuestionDetails]) -> bool:
    """Let `service` ask these, in this order; return whether that is a change.

    One with the key of an earlier question is that question, worded anew. What is left out is
    no longer asked; what was answered stays with its bookings. Raises Invalid (`questions.0.key`).
    """
    require_transaction()
    _check(questions)
    rows = {row.key: row for row in Question.objects.filter(service=service)}
    changed = False
    for position, wanted in enumerate(questions):
        row = rows.pop(wanted.key, None) or Question(service=service, key=wanted.key)
        values = {
            "label": wanted.label,
            "kind": wanted.kind,
            "options": list(wanted.options),
            "is_required": wanted.is_required,
            "is_active": True,
            "position": position,
        }
        if row._state.adding or any(getattr(row, name) != new for name, new in values.items()):  # noqa: SLF001
            for name, new in values.items():
                setattr(row, name, new)
            row.save()
            changed = True
    for row in rows.values():
        if row.is_active:
            row.is_active = False
            row.save(update_fields=["is_active"])
            changed = True
    note_questions(service)
    return changed


def note_questions(service: Service) -> None:
    """Bring `asks_questions` in line with the questions, whoever wrote them."""
    require_transaction()
    service.asks_questions = Question.objects.filter(service=service, is_active=True).exists()
    Service.objects.filter(pk=service.pk).update(asks_questions=service.asks_questions)


def _check(questions: Sequence[QuestionDetails]) -> None:
    wrong: dict[str, list[str]] = {}
    if len(questions) > MOST_QUESTIONS:
        wrong["questions"] = [f"Ask {MOST_QUESTIONS} questions at most."]
    seen: set[str] = set()
    for number, question in enumerate(questions):
        try:
            validate_slug(question.key)
        except ValidationError:
            wrong[f"questions.{number}.key"] = ["Use letters, digits, hyphens and underscores."]
        if question.key in seen:
            wrong[f"questions.{number}.key"] = ["Another question has this key already."]
        seen.add(question.key)
        if sentence := wrong_with_options(question.kind, question.options):
            wrong[f"questions.{number}.options"] = [sentence]
    if wrong:
        raise Invalid(fields=wrong)


def wrong_with_options(kind: str, options: Iterable[str]) -> str:
    """Return why a question of this kind cannot have these options; empty when it can."""
    given = list(options)
    if kind not in Question.WITH_OPTIONS:
        return "Only a question with a choice has options." if given else ""
    if not given:
        return "A question with a choice needs something to choose."
    if len(given) > MOST_OPTIONS:
        return f"Offer {MOST_OPTIONS} options at most."
    if len(set(given)) < len(given) or not all(option.strip() for option in given):
        return "Each option has to be there once, and not be blank."
    return ""


def _is_empty(value: Any) -> bool:
    return value is None or value == [] or (isinstance(value, str) and not value.strip())


def _line(value: Any, options: Sequence[str]) -> str:
    text = _text(value, options)
    if len(text) > LONGEST_LINE:
        raise _Refused(f"Use {LONGEST_LINE} characters at most.")
    if "\n" in text or "\r" in text:
        raise _Refused("Write one line.")
    return text


def _text(value: Any, options: Sequence[str]) -> str:
    if not isinstance(value, str) or "\0" in value:
        raise _Refused("This has to be a text.")
    try:
        value.encode()
    except UnicodeEncodeError:  # a lone surrogate is no character
        raise _Refused("This has to be a text.") from None
    if len(value) > LONGEST_TEXT:
        raise _Refused(f"Use {LONGEST_TEXT} characters at most.")
    return value


def _number(value: Any, options: Sequence[str]) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _Refused("This has to be a number.")
    if not abs(value) <= LARGEST_NUMBER:  # so that NaN is refused too
        raise _Refused("This number is too large.")
    return value


def _date(value: Any, options: Sequence[str]) -> str:
    if isinstance(value, str) and _DATE.fullmatch(value):
        try:
            return date.fromisoformat(value).isoformat()
        except ValueError:
            pass
    raise _Refused("This has to be a date like 2026-11-24.")


def _choice(value: Any, options: Sequence[str]) -> str:
    if not isinstance(value, str) or value not in options:
        raise _Refused("This is not one of the options.")
    return value


def _choices(value: Any, options: Sequence[str]) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise _Refused("This has to be a list of options.")
    if any(one not in options for one in value) or len(set(value)) < len(value):
        raise _Refused("Each has to be one of the options, once.")
    return [option for option in options if option in value]


def _yes_or_no(value: Any, options: Sequence[str]) -> bool:
    if not isinstance(value, bool):
        raise _Refused("This has to be true or false.")
    return value


_READERS: dict[Kind, Callable[[Any, Sequence[str]], Any]] = {
    Kind.TEXT: _line,
    Kind.LONG_TEXT: _text,
    Kind.NUMBER: _number,
    Kind.DATE: _date,
    Kind.CHOICE: _choice,
    Kind.CHOICES: _choices,
    Kind.YES_NO: _yes_or_no,
}
