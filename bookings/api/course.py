"""Courses: services with a code, who teaches them, and what a student can choose from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils import timezone
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from bookings.api import course_examples, examples
from bookings.api.bundle_shapes import (
    BUNDLE_COLUMNS,
    READS_BUNDLES,
    BundleSerializer,
    present_bundle,
)
from bookings.api.catalog import CatalogQuery, CatalogViewSet, price
from bookings.api.course_shapes import (
    CourseSerializer,
    TaSerializer,
    present_period,
    present_ta,
)
from bookings.api.group_session_shapes import GroupSessionSerializer, present_session
from bookings.api.product import PRODUCT_COLUMNS, ProductSerializer, present_product
from bookings.api.session_examples import SESSION
from bookings.models import BundlePurchase, Customer, Product, Resource, Service
from bookings.selectors.courses import (
    active_bundles,
    exam_periods_of,
    sessions_with_places,
    tas_of,
    with_price_of_one,
)
from core.api.envelope import success
from core.api.fields import OwnedField
from core.api.schema import Operation, documented
from core.api.serializers import HouseSerializer
from core.models import TenantQuerySet

MOST_SESSIONS_AHEAD = 100
PLAIN = ("id", "code", "name", "description", "durations")


class SupportQuery(HouseSerializer):
    student_id = OwnedField(
        queryset=Customer.objects.filter(erased_at=None),
        needs=READS_BUNDLES,
        required=False,
        help_text=f"Whose active bundles are told. Wants the scope `{READS_BUNDLES}`.",
    )


class SupportOptionsSerializer(HouseSerializer):
    products = ProductSerializer(many=True, help_text="What is on sale.")
    tas = TaSerializer(many=True)
    group_sessions = GroupSessionSerializer(
        many=True, help_text=f"The next with places left, {MOST_SESSIONS_AHEAD} at most."
    )
    active_bundles = BundleSerializer(
        many=True, help_text="The student's, of this course; empty where no student is named."
    )


@documented(
    "Courses",
    list=Operation(
        id="listCourses",
        summary="List courses",
        description="Services that have a code. Oldest first.",
        query=CatalogQuery,
        answer=CourseSerializer,
        is_list=True,
        answer_examples={"One course": [course_examples.COURSE]},
        links=examples.links("getCourse", id_at="$response.body#/data/0/id"),
    ),
    retrieve=Operation(
        id="getCourse",
        summary="Read a course",
        answer=CourseSerializer,
        answer_examples={"A course": course_examples.COURSE},
        links=examples.links("getSupportOptions", "listProducts"),
    ),
    support_options=Operation(
        id="getSupportOptions",
        summary="What a student can choose from",
        description=(
            "Everything about one course that a page needs: what it sells, who teaches it, the "
            "group sessions ahead that can be joined, and the student's bundles that can pay."
        ),
        query=SupportQuery,
        answer=SupportOptionsSerializer,
        answer_examples={
            "For a student": {
                "products": [course_examples.SINGLE, course_examples.PRODUCT],
                "tas": [course_examples.TA],
                "groupSessions": [SESSION],
                "activeBundles": [course_examples.BUNDLE],
            }
        },
    ),
)
class CourseViewSet(CatalogViewSet[Service]):
    queryset = Service.objects.exclude(code="")
    serializer_class = CourseSerializer
    columns = {name: name for name in (*PLAIN, "price_of_one", "organization__currency")} | {
        "active": "is_active"
    }

    def get_queryset(self) -> TenantQuerySet[Service]:
        return with_price_of_one(super().get_queryset())

    @action(detail=True, url_path="support-options")
    def support_options(self, request: Request, pk: str) -> Response:
        student = self.validated_query(SupportQuery).get("student_id")
        course = self.readable_row()
        products = Product.objects.filter(service=course, is_active=True).order_by("id")
        now = timezone.now()
        sessions = sessions_with_places(course, now=now, most=MOST_SESSIONS_AHEAD)
        options = {
            "products": [present_product(row) for row in products.values(*PRODUCT_COLUMNS)],
            "tas": self._tas(tas_of([course.pk]).get(course.pk, [])),
            "groupSessions": [
                present_session(session, now=now)
                for session in sessions
                if self.caller.has(session.resource_id)
            ],
            "activeBundles": [],
        }
        if student is not None:
            bundles = BundlePurchase.objects.for_caller(self.caller)
            theirs = bundles.filter(customer=student, service=course).order_by("-id")
            options["activeBundles"] = [
                present_bundle(row, now=now)
                for row in active_bundles(theirs, now=now).values(*BUNDLE_COLUMNS)
            ]
        return Response(success(options))

    def present(self, rows: Sequence[Mapping[str, Any]]) -> Sequence[dict[str, Any]]:
        ids = [row["id"] for row in rows]
        teaching, exams = (tas_of(ids), exam_periods_of(ids)) if ids else ({}, {})
        return [
            {name: row[name] for name in PLAIN}
            | {
                "price": price(row["price_of_one"], row["organization__currency"]),
                "active": row["is_active"],
                "tas": self._tas(teaching.get(row["id"], [])),
                "examPeriods": [present_period(one) for one in exams.get(row["id"], [])],
            }
            for row in rows
        ]

    def _tas(self, teaching: Sequence[Resource]) -> list[dict[str, Any]]:
        return [present_ta(ta) for ta in teaching if self.caller.has(ta.pk)]
