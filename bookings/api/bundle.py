"""Bundles: sessions that students have paid for in advance. Never for a publishable key."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils import timezone
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from bookings.api import course_examples, examples
from bookings.api.bundle_shapes import (
    ADJUSTS_BUNDLES,
    BUNDLE_COLUMNS,
    ENTRY_COLUMNS,
    BundleSerializer,
    CreditEntrySerializer,
    present_bundle,
    present_entry,
)
from bookings.availability.rules import midnight
from bookings.errors import DuplicatePurchase, NoCredit
from bookings.models import BundlePurchase, CreditEntry, Customer, Service
from bookings.selectors.courses import active_bundles
from bookings.services.bundle import BundleOrder, purchase_bundle
from bookings.services.credit import LONGEST_REASON, MOST_SESSIONS, adjust_credits
from core.api.envelope import success
from core.api.fields import (
    EnumField,
    NamedIdField,
    OwnedField,
    TextField,
    WholeNumberField,
    not_there,
)
from core.api.pagination import Order, PageQuery, paginate
from core.api.schema import Operation, documented
from core.api.serializers import HouseSerializer, InstantOrDateField
from core.api.viewsets import TenantViewSet
from core.errors import NotFound
from core.ids import uuid7
from core.models import TenantQuerySet

OLDEST_FIRST = Order("created_at")
NEWEST_FIRST = Order("created_at", descending=True)


class PurchaseSerializer(HouseSerializer):
    """What is left out is as the product says it, from now on."""

    student_id = OwnedField(
        queryset=Customer.objects.filter(erased_at=None), help_text="A customer."
    )
    product_id = NamedIdField(help_text="A bundle or pass of this course.")
    coverage_type = EnumField(
        BundlePurchase.Coverage,
        required=False,
        help_text="Of a pass. A bundle covers what its product says.",
    )
    total_sessions = WholeNumberField(min_value=1, max_value=MOST_SESSIONS, required=False)
    valid_from = InstantOrDateField(
        required=False,
        help_text="Pays for what begins at or after this; a bare date is that day from midnight.",
    )
    valid_to = InstantOrDateField(
        required=False,
        help_text="Pays for what begins before this; a bare date is until the end of that day.",
    )


class AdjustSerializer(HouseSerializer):
    sessions = WholeNumberField(
        min_value=-MOST_SESSIONS, max_value=MOST_SESSIONS, help_text="More, or with a minus fewer."
    )
    reason = TextField(max_length=LONGEST_REASON, help_text="Kept in the ledger, encrypted.")


@documented(
    "Bundles",
    purchase=Operation(
        id="purchaseBundle",
        summary="Sell a student a bundle of a course",
        description=(
            "At the product's price. What is left out is as the product says it; where that says "
            "nothing either, it has to be sent. A bare date is a day in the organization's zone. "
            "While a bundle of the same product is active, no second one is sold."
        ),
        body=PurchaseSerializer,
        answer=BundleSerializer,
        status=status.HTTP_201_CREATED,
        conflicts=[DuplicatePurchase.reason],
        conflict_details={
            "bundlePurchaseId": {
                "description": "The active bundle.",
                "type": "string",
                "format": "uuid",
            }
        },
        body_examples=course_examples.PURCHASES,
        answer_examples={"Sold": course_examples.NEW_BUNDLE},
        conflict_examples=course_examples.TAKEN,
        links=examples.links("getBundle", "listCreditEntries", "adjustBundle"),
    ),
    of_student=Operation(
        id="listBundlesOfStudent",
        summary="List a student's bundles",
        description="Of every course, active or not. The newest come first.",
        query=PageQuery,
        answer=BundleSerializer,
        is_list=True,
        answer_examples={"One bundle": [course_examples.BUNDLE]},
        links=examples.links("getBundle", id_at="$response.body#/data/0/id"),
    ),
    active=Operation(
        id="listActiveBundles",
        summary="List a student's active bundles of a course",
        description=(
            "Those of which something is left and which are not over; one may begin later. The "
            "newest come first."
        ),
        query=PageQuery,
        answer=BundleSerializer,
        is_list=True,
        answer_examples={"One bundle": [course_examples.BUNDLE]},
        links=examples.links("getBundle", id_at="$response.body#/data/0/id"),
    ),
    retrieve=Operation(
        id="getBundle",
        summary="Read a bundle",
        answer=BundleSerializer,
        answer_examples={"A bundle": course_examples.BUNDLE},
    ),
    statement=Operation(
        id="listCreditEntries",
        summary="List what happened to a bundle's sessions",
        description="Its ledger, from the purchase on. An entry is never changed or removed.",
        query=PageQuery,
        answer=CreditEntrySerializer,
        is_list=True,
        answer_examples={"Bought, and used once": course_examples.STATEMENT},
    ),
    adjust=Operation(
        id="adjustBundle",
        summary="Correct the sessions of a bundle",
        description="The total changes with what is left. The ledger keeps who did it, and why.",
        body=AdjustSerializer,
        answer=BundleSerializer,
        conflicts=[NoCredit.reason],
        body_examples=course_examples.ADJUSTMENTS,
        answer_examples={"One more": course_examples.ADJUSTED},
    ),
)
class BundleViewSet(TenantViewSet[BundlePurchase]):
    """Below a course or a student, the first id in the path is theirs."""

    queryset = BundlePurchase.objects.all()
    serializer_class = BundleSerializer
    scope = "bundles"
    scopes = {"adjust": ADJUSTS_BUNDLES}

    def purchase(self, request: Request, pk: str) -> Response:
        self.refuse_query()
        bundle_id = uuid7()  # before the first attempt: a repeated one finds what it made
        course = self._course(self.id_in_path(), is_active=True)
        data = self.validated(PurchaseSerializer)
        product = course.products.filter(pk=data["product_id"]).first()
        if product is None:
            raise not_there("productId")
        product.service = course
        zone = ZoneInfo(course.organization.timezone)
        order = BundleOrder(
            product=product,
            customer=data["student_id"],
            total_sessions=data.get("total_sessions"),
            valid_from_at=_moment(data.get("valid_from"), zone),
            valid_to_at=_moment(data.get("valid_to"), zone, days_later=1),
            coverage=data.get("coverage_type"),
        )
        bundle = purchase_bundle(order, caller=self.caller, bundle_id=bundle_id)
        return self._answer(bundle, status=status.HTTP_201_CREATED)

    def of_student(self, request: Request, pk: str) -> Response:
        query = self.validated_query(PageQuery)
        return self._list(self.get_queryset().filter(customer=self._student()), query)

    def active(self, request: Request, pk: str, **_: str) -> Response:
        query = self.validated_query(PageQuery)
        course = self._course(self.id_in_path("courseId"))
        bundles = self.get_queryset().filter(customer=self._student(), service=course)
        return self._list(active_bundles(bundles, now=timezone.now()), query)

    def retrieve(self, request: Request, pk: str) -> Response:
        self.refuse_query()
        return self._answer(self._bundle())

    @action(detail=True)
    def statement(self, request: Request, pk: str) -> Response:
        query = self.validated_query(PageQuery)
        entries = CreditEntry.objects.for_caller(self.caller)
        rows, pagination = paginate(
            entries.filter(bundle=self._bundle()),
            query=query,
            order=OLDEST_FIRST,
            columns=ENTRY_COLUMNS,
        )
        may_read_why = self.caller.may(ADJUSTS_BUNDLES)
        found = [present_entry(row, with_reason=may_read_why) for row in rows]
        return Response(success(found, pagination=pagination))

    @action(detail=True, methods=["post"])
    def adjust(self, request: Request, pk: str) -> Response:
        self.refuse_query()
        bundle = self._bundle()
        data = self.validated(AdjustSerializer)
        bundle = adjust_credits(
            bundle, amount=data["sessions"], reason=data["reason"], caller=self.caller
        )
        return self._answer(bundle)

    def _list(self, bundles: TenantQuerySet[BundlePurchase], query: Mapping[str, Any]) -> Response:
        rows, pagination = paginate(
            bundles, query=query, order=NEWEST_FIRST, columns=BUNDLE_COLUMNS
        )
        now = timezone.now()
        return Response(
            success([present_bundle(row, now=now) for row in rows], pagination=pagination)
        )

    def _bundle(self) -> BundlePurchase:
        bundle = self.get_queryset().filter(pk=self.id_in_path()).first()
        if bundle is None:
            raise NotFound
        return bundle

    def _student(self) -> Customer:
        customers = Customer.objects.for_caller(self.caller)
        student = customers.filter(pk=self.id_in_path()).first()
        if student is None:
            raise NotFound
        return student

    def _course(self, course_id: UUID, **wanted: Any) -> Service:
        """Return a course that knows its organization. Raises NotFound."""
        courses = Service.objects.for_caller(self.caller).exclude(code="")
        found = courses.filter(pk=course_id, **wanted).select_related("organization").first()
        if found is None:
            raise NotFound
        return found

    def _answer(self, bundle: BundlePurchase, *, status: int = status.HTTP_200_OK) -> Response:
        row = {name: getattr(bundle, name) for name in BUNDLE_COLUMNS}
        return Response(success(present_bundle(row, now=timezone.now())), status=status)


def _moment(
    said: datetime | date | None, zone: ZoneInfo, *, days_later: int = 0
) -> datetime | None:
    """Return the moment that a time or a bare date means; of a date, that many days later."""
    if said is None or isinstance(said, datetime):
        return said
    return midnight(said + timedelta(days=days_later), zone)
