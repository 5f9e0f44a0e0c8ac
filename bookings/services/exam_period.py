"""When a course has its exams: what a bundle for midterms and finals pays for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from bookings.models import ExamPeriod, Service
from core.db import require_transaction
from core.errors import Invalid

MOST_PERIODS = 50


@dataclass(frozen=True, kw_only=True)
class Period:
    """Local days, both included."""

    kind: ExamPeriod.Kind
    starts_on: date
    ends_on: date


def set_exam_periods(course: Service, periods: Sequence[Period]) -> bool:
    """Let `course` have exactly these exam periods; return whether that is a change.

    What was paid already stays paid. Inside a transaction. Raises Invalid.
    """
    require_transaction()
    check_exam_periods(course, periods)
    wanted = sorted((one.starts_on, one.ends_on, str(one.kind)) for one in periods)
    rows = ExamPeriod.objects.filter(service=course)
    if wanted == sorted(rows.values_list("starts_on", "ends_on", "kind")):
        return False
    rows.delete()
    ExamPeriod.objects.bulk_create(
        ExamPeriod(service=course, starts_on=first, ends_on=last, kind=kind)
        for first, last, kind in wanted
    )
    return True


def check_exam_periods(course: Service, periods: Sequence[Period]) -> None:
    """Raise Invalid for periods that end before they start, for many, and for no course's."""
    if periods and not course.is_course:
        raise Invalid.at("examPeriods", "Only a course has exam periods: give it a code.")
    if len(periods) > MOST_PERIODS:
        raise Invalid.at("examPeriods", f"A course has at most {MOST_PERIODS} exam periods.")
    wrong = {
        f"examPeriods.{number}.endsOn": ["A period must end after it starts."]
        for number, one in enumerate(periods)
        if one.ends_on < one.starts_on
    }
    if wrong:
        raise Invalid(fields=wrong)
