"""Services: what can be booked, and by which rules."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from bookings.api import catalog_examples, examples
from bookings.api.catalog import CatalogQuery, CatalogViewSet, price
from bookings.api.course_shapes import present_period
from bookings.api.service_changes import changes_in
from bookings.api.service_shapes import (
    CreateServiceSerializer,
    ServiceSerializer,
    UpdateServiceSerializer,
)
from bookings.errors import CodeTaken, CourseInUse, SlugTaken
from bookings.models import ExamPeriod, Question, Requirement, Service, ServiceResource
from bookings.selectors.courses import exam_periods_of, with_price_of_one
from bookings.services.service import ServiceChanges, create_service, update_service
from core.api.schema import Operation, documented
from core.models import Organization, TenantQuerySet

PLAIN = {
    "id": "id",
    "slug": "slug",
    "code": "code",
    "name": "name",
    "description": "description",
    "durations": "durations",
    "slotStepMinutes": "slot_step_minutes",
    "minimumNoticeMinutes": "minimum_notice_minutes",
    "horizonDays": "horizon_days",
    "needsApproval": "needs_approval",
    "companyRequired": "company_required",
    "inquiryRequired": "inquiry_required",
    "isDefault": "is_default",
    "active": "is_active",
    "assignment": "assignment",
}
INTERNAL = {
    "bufferBeforeMinutes": "buffer_before_minutes",
    "bufferAfterMinutes": "buffer_after_minutes",
    "answerWithinMinutes": "answer_within_minutes",
    "fairnessDays": "fairness_days",
}
POLICY = {
    "cancelNoticeMinutes": "cancel_notice_minutes",
    "rescheduleNoticeMinutes": "reschedule_notice_minutes",
    "mostReschedules": "most_reschedules",
}
LIMITS = {
    "perDay": "limit_per_day",
    "perWeek": "limit_per_week",
    "perMonth": "limit_per_month",
    "customerPerDay": "customer_limit_per_day",
    "customerPerWeek": "customer_limit_per_week",
    "customerPerMonth": "customer_limit_per_month",
}
ELSEWHERE = (  # what `present` makes the rest of
    "organization__currency",
    "price_of_one",
    "late_fee_amount",
    "location_kind",
    "location",
    "asks_questions",
)
CONFLICTS: dict[str, Any] = {
    "conflicts": [SlugTaken.reason, CodeTaken.reason],
    "conflict_details": catalog_examples.FIELDS,
}

CHANGE_CONFLICTS = {**CONFLICTS, "conflicts": [*CONFLICTS["conflicts"], CourseInUse.reason]}


@documented(
    "Catalogue",
    list=Operation(
        id="listServices",
        summary="List what can be booked",
        description=(
            "Oldest first. With the scope `catalog:write` every setting is told, otherwise what "
            "a customer needs to know."
        ),
        query=CatalogQuery,
        answer=ServiceSerializer,
        is_list=True,
        answer_examples={"One service": [catalog_examples.SERVICE]},
        links=examples.links("getService", id_at="$response.body#/data/0/id"),
    ),
    create=Operation(
        id="createService",
        summary="Offer something new",
        description=(
            "What is left out is as the organization's booking defaults say, `durations` and the "
            "minutes of notice for example."
        ),
        body=CreateServiceSerializer,
        names_others=True,
        answer=ServiceSerializer,
        status=status.HTTP_201_CREATED,
        body_examples=catalog_examples.NEW_SERVICES,
        answer_examples={"A service": catalog_examples.SERVICE_IN_FULL},
        links=examples.links("getService", "updateService", "deactivateService"),
        **CONFLICTS,
    ),
    retrieve=Operation(
        id="getService",
        summary="Read a service",
        answer=ServiceSerializer,
        answer_examples={
            "As a customer may read it": catalog_examples.SERVICE,
            "In full": catalog_examples.SERVICE_IN_FULL,
        },
    ),
    partial_update=Operation(
        id="updateService",
        summary="Change a service",
        description=(
            "From the next booking on; bookings stay as they were made. A list takes the place "
            "of the old one: a question that is left out is no longer asked."
        ),
        body=UpdateServiceSerializer,
        answer=ServiceSerializer,
        body_examples=catalog_examples.SERVICE_CHANGES,
        answer_examples={"A service": catalog_examples.SERVICE_IN_FULL},
        **CHANGE_CONFLICTS,
    ),
    destroy=Operation(
        id="deactivateService",
        summary="No longer offer a service",
        description=(
            "It is not deleted, since its bookings stay; `active` is false afterwards, and true "
            "makes it bookable again."
        ),
        answer=ServiceSerializer,
        answer_examples={"Off": {**catalog_examples.SERVICE_IN_FULL, "active": False}},
    ),
)
class ServiceViewSet(CatalogViewSet[Service]):
    queryset = Service.objects.all()
    serializer_class = ServiceSerializer
    columns = PLAIN | {name: name for name in (*ELSEWHERE, *POLICY.values())}
    internal_columns = INTERNAL | {name: name for name in LIMITS.values()}

    def get_queryset(self) -> TenantQuerySet[Service]:
        return with_price_of_one(super().get_queryset())

    def create(self, request: Request) -> Response:
        self.refuse_query()
        data = self.validated(CreateServiceSerializer)
        organization = Organization.objects.get(pk=self.organization_id)
        service = create_service(
            organization=organization, changes=changes_in(data, organization), caller=self.caller
        )
        return self.answer(service.pk, status=status.HTTP_201_CREATED)

    def partial_update(self, request: Request, pk: str) -> Response:
        service = self.row()
        data = self.validated(UpdateServiceSerializer)
        changes = changes_in(data, service.organization)
        return self.answer(update_service(service, changes, caller=self.caller).pk)

    def destroy(self, request: Request, pk: str) -> Response:
        off = ServiceChanges(columns={"is_active": False})
        return self.answer(update_service(self.row(), off, caller=self.caller).pk)

    def present(self, rows: Sequence[Mapping[str, Any]]) -> Sequence[dict[str, Any]]:
        ids = [row["id"] for row in rows]
        asking = [row["id"] for row in rows if row["asks_questions"]]
        asked = _by_service(QUESTIONS.filter(service__in=asking)) if asking else {}
        shares = ServiceResource.objects.filter(service__in=ids)
        if not self.sees_everything:
            shares = shares.filter(resource__is_active=True)
        if self.caller.only_resources is not None:
            shares = shares.filter(resource__in=self.caller.only_resources)
        courses = [row["id"] for row in rows if row["code"]]
        exams: dict[Any, list[Any]] = exam_periods_of(courses) if courses else {}
        done_by = _by_service(shares.order_by("priority", "resource_id"))
        needed: dict[Any, list[Any]] = {}
        if self.sees_everything:
            needs = Requirement.objects.filter(service__in=ids).order_by("position", "id")
            needed = _by_service(needs.select_related("type"))
        return [
            self._present(
                row, *(rest.get(row["id"], []) for rest in (asked, exams, done_by, needed))
            )
            for row in rows
        ]

    def _present(
        self,
        row: Mapping[str, Any],
        questions: Sequence[Question],
        periods: Sequence[ExamPeriod],
        shares: Sequence[ServiceResource],
        needs: Sequence[Requirement],
    ) -> dict[str, Any]:
        currency = row["organization__currency"]
        is_secret = row["location_kind"] == Service.LocationKind.VIDEO and not self.sees_everything
        service = {name: row[column] for name, column in PLAIN.items()} | {
            "price": price(row["price_of_one"], currency),
            "location": {
                "kind": row["location_kind"],
                "text": "" if is_secret else row["location"],
            },
            "policy": {name: row[column] for name, column in POLICY.items()}
            | {"lateFee": price(row["late_fee_amount"], currency)},
            "questions": [_question(question) for question in questions],
            "resources": [{"id": share.resource_id} for share in shares],
            "examPeriods": [present_period(period) for period in periods],
        }
        if not self.sees_everything:
            return service
        return service | {
            **{name: row[column] for name, column in INTERNAL.items()},
            "limits": {name: row[column] for name, column in LIMITS.items()},
            "resources": [
                {"id": share.resource_id, "priority": share.priority, "weight": share.weight}
                for share in shares
            ],
            "requirements": [
                {"resourceType": need.type.key, "quantity": need.quantity} for need in needs
            ],
        }


QUESTIONS = Question.objects.filter(is_active=True).order_by("position", "id")


def _question(question: Question) -> dict[str, Any]:
    return {
        "key": question.key,
        "label": question.label,
        "kind": question.kind,
        "options": question.options,
        "isRequired": question.is_required,
    }


def _by_service(rows: Any) -> dict[Any, list[Any]]:
    found = defaultdict(list)
    for row in rows:
        found[row.service_id].append(row)
    return found
