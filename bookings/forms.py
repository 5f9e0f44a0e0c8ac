"""A service's own questions as fields of a form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from bookings.models import Question
from bookings.services.questions import LONGEST_LINE, LONGEST_TEXT

Kind = Question.Kind
PREFIX = "answer-"  # before a question's key: no other field is named so


def field_name(path: str) -> str:
    """Return the field that shows what is wrong at `path`, e.g. `answers.allergies`."""
    return path.replace("answers.", PREFIX, 1) if path.startswith("answers.") else path


def fields_for(questions: Sequence[Question]) -> dict[str, forms.Field]:
    return {f"{PREFIX}{question.key}": _field(question) for question in questions}


def answers_in(cleaned: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answers of a checked form, as `check_answers` wants them."""
    return {
        name.removeprefix(PREFIX): _plain(value)
        for name, value in cleaned.items()
        if name.startswith(PREFIX)
    }


def _field(question: Question) -> forms.Field:
    usual: dict[str, Any] = {"label": question.label, "required": question.is_required}
    options = [(option, option) for option in question.options]
    match Kind(question.kind):
        case Kind.TEXT:
            return forms.CharField(max_length=LONGEST_LINE, **usual)
        case Kind.LONG_TEXT:
            area = forms.Textarea(attrs={"rows": 3})
            return forms.CharField(max_length=LONGEST_TEXT, widget=area, **usual)
        case Kind.NUMBER:
            return forms.FloatField(widget=forms.NumberInput(attrs={"step": "any"}), **usual)
        case Kind.DATE:
            return forms.DateField(
                widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}), **usual
            )
        case Kind.CHOICE:
            return forms.ChoiceField(choices=[("", _("Choose…")), *options], **usual)
        case Kind.CHOICES:
            boxes = forms.CheckboxSelectMultiple
            return forms.MultipleChoiceField(choices=options, widget=boxes, **usual)
        case Kind.YES_NO:
            return forms.BooleanField(**usual)


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value
