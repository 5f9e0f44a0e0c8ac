from datetime import UTC, datetime, timedelta
from decimal import Decimal

import factory
from django.db import transaction

from bookings.models import (
    Allocation,
    BundlePurchase,
    CreditEntry,
    Customer,
    GroupSession,
    Lane,
    Product,
)
from core.access import CallerKind
from tests.factories.catalog import ResourceFactory, ServiceFactory
from tests.factories.organization import OrganizationFactory


class CustomerFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Customer

    organization = factory.SubFactory(OrganizationFactory)
    name = factory.Sequence("Student {}".format)
    email = factory.Sequence("student{}@example.com".format)
    timezone = "Europe/Berlin"

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        customer = model_class(*args, **kwargs)
        customer.index_the_person()
        customer.save(force_insert=True)
        return customer


class CourseFactory(ServiceFactory):
    """A course of 60 minutes that is confirmed at once, on the hour."""

    code = factory.Sequence("COURSE-{}".format)
    name = factory.Sequence("Course {}".format)
    slug = factory.Sequence("course-{}".format)
    durations = [60]
    slot_step_minutes = 60
    needs_approval = False
    price_amount = Decimal("45.00")


class ProductFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Product

    service = factory.SubFactory(CourseFactory)
    organization = factory.SelfAttribute("service.organization")
    kind = Product.Kind.FULL_SEMESTER_BUNDLE
    name = factory.LazyAttribute(lambda product: str(Product.Kind(product.kind).label))
    price_amount = Decimal("300.00")
    sessions = factory.LazyAttribute(
        lambda product: 10 if product.kind in Product.BUNDLES else None
    )
    valid_days = factory.LazyAttribute(
        lambda product: 120 if product.kind in Product.BUNDLES else None
    )


class BundleFactory(factory.django.DjangoModelFactory):
    """Ten sessions, sold with their first line in the ledger; valid from 1 November 2026 on."""

    class Meta:
        model = BundlePurchase

    product = factory.SubFactory(ProductFactory)
    organization = factory.SelfAttribute("product.organization")
    service = factory.SelfAttribute("product.service")
    customer = factory.SubFactory(
        CustomerFactory, organization=factory.SelfAttribute("..organization")
    )
    coverage = factory.LazyAttribute(
        lambda bundle: (
            BundlePurchase.Coverage.MIDTERM_FINAL_ONLY
            if bundle.product.kind == Product.Kind.MIDTERM_FINAL_BUNDLE
            else BundlePurchase.Coverage.FULL_SEMESTER
        )
    )
    total_sessions = 10
    remaining_sessions = factory.SelfAttribute("total_sessions")
    valid_from_at = datetime(2026, 10, 31, 23, tzinfo=UTC)
    valid_to_at = datetime(2027, 2, 28, 23, tzinfo=UTC)
    price_amount = factory.SelfAttribute("product.price_amount")
    price_currency = "EUR"

    @classmethod
    @transaction.atomic
    def _create(cls, model_class, *args, **kwargs):
        total, left = kwargs["total_sessions"], kwargs["remaining_sessions"]
        kwargs["entries"] = 1 if left == total else 2
        bundle = super()._create(model_class, *args, **kwargs)
        write = {"organization": bundle.organization, "bundle": bundle}
        write["actor_kind"] = CallerKind.COMMAND
        granted = CreditEntry.Kind.GRANTED
        CreditEntry.objects.create(**write, number=1, kind=granted, amount=total, balance=total)
        if left != total:
            CreditEntry.objects.create(
                **write,
                number=2,
                kind=CreditEntry.Kind.EXPIRED,
                amount=left - total,
                balance=left,
            )
        return bundle


class GroupSessionFactory(factory.django.DjangoModelFactory):
    """An hour for three on Wednesday, 18 November 2026, at 14:00 in Berlin; it takes the lane."""

    class Meta:
        model = GroupSession

    service = factory.SubFactory(CourseFactory)
    organization = factory.SelfAttribute("service.organization")
    resource = factory.SubFactory(
        ResourceFactory, organization=factory.SelfAttribute("..organization")
    )
    starts_at = datetime(2026, 11, 18, 13, tzinfo=UTC)
    ends_at = factory.LazyAttribute(lambda session: session.starts_at + timedelta(hours=1))
    timezone = "Europe/Berlin"
    capacity = 3
    price_amount = Decimal("15.00")
    price_currency = "EUR"

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        session = super()._create(model_class, *args, **kwargs)
        for lane in Lane.objects.filter(resource=session.resource, is_active=True):
            Allocation.objects.create(
                lane=lane,
                group_session=session,
                starts_at=session.starts_at,
                ends_at=session.ends_at,
            )
        return session
