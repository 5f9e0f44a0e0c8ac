"""The questions of a service, on its page: worded, ordered, and no longer asked."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import StackedInline
from unfold.widgets import UnfoldAdminTextareaWidget

from bookings.models import Question
from bookings.services.questions import wrong_with_options
from core.admin.refusals import SENTENCES
from core.admin.wall import TenantWall

LONGEST_KEY = Question._meta.get_field("key").max_length or 0
LONGEST_OPTION = 200
LAST = 32_767  # of the column; the formset counts on from the others


class QuestionForm(forms.ModelForm):
    """One question. Its key is made from its first wording and stays."""

    choices = forms.CharField(
        label=gettext_lazy("To choose from"),
        help_text=gettext_lazy("For a choice: one option per line."),
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    )

    class Meta:
        model = Question
        fields = ["label", "kind", "choices", "is_required", "is_active", "position"]
        labels = {
            "label": gettext_lazy("Question"),
            "kind": gettext_lazy("Answered by"),
            "is_required": gettext_lazy("Has to be answered"),
            "is_active": gettext_lazy("Asked"),
            "position": gettext_lazy("Order"),
        }
        help_texts = {"position": gettext_lazy("Empty: last.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "choices" not in self.fields:  # shown to somebody who may only look
            return
        self.fields["choices"].initial = "\n".join(self.instance.options)
        self.fields["position"].required = False
        if self.instance.pk is None:
            self.initial["position"] = None

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("position") is None:
            data["position"] = LAST
        lines = (line.strip() for line in data.get("choices", "").splitlines())
        self.instance.options = [line[:LONGEST_OPTION] for line in lines if line]
        sentence = wrong_with_options(data.get("kind", ""), self.instance.options)
        if sentence:
            self.add_error("choices", str(SENTENCES.get(sentence, sentence)))
        return data

    def _get_validation_exclusions(self) -> set[str]:
        # The key is made by the formset, which knows the others; options are checked above.
        return super()._get_validation_exclusions() | {"key", "options"}  # type: ignore[misc]


class QuestionFormSet(forms.BaseInlineFormSet):
    """All questions of one service: each new one gets a key that no other has, and a place."""

    def clean(self) -> None:
        super().clean()
        asked = [form.instance for form in self.forms if form.has_changed() or form.instance.pk]
        placed = [question.position for question in asked if question.position != LAST]
        for place, question in enumerate(
            (question for question in asked if question.position == LAST),
            start=max(placed, default=-1) + 1,
        ):
            question.position = place
        taken = (
            set(self.get_queryset().values_list("key", flat=True)) if self.instance.pk else set()
        )
        for form in self.forms:
            question = form.instance
            if question.key or not form.has_changed() or not form.cleaned_data.get("label"):
                continue
            question.key = key = self._free(slugify(question.label), taken)
            taken.add(key)

    @staticmethod
    def _free(wanted: str, taken: set[str]) -> str:
        stem = wanted[: LONGEST_KEY - 4].strip("-") or "question"
        numbered = (f"{stem}-{number}" for number in range(2, len(taken) + 3))
        return next(key for key in (stem, *numbered) if key not in taken)


class QuestionInline(TenantWall, StackedInline):
    """Nothing is deleted: a question that is no longer asked stays with who answered it."""

    model = Question
    form = QuestionForm
    formset = QuestionFormSet
    noun = "catalog"
    organization_path = "service__organization"
    fields = [
        ("label", "kind"),
        "choices",
        ("is_required", "is_active", "position"),
    ]
    extra = 1
    verbose_name = gettext_lazy("question")
    verbose_name_plural = gettext_lazy("What else is asked")

    def choices(self, question: Question) -> str:
        """Shown to who may only look."""
        return ", ".join(question.options) or _("none")
