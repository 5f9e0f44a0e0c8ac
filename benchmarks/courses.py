"""A course with many who teach it, a group session a day, and students with one session left."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal

from bookings.models import GroupSession, Product, Resource, Service
from bookings.services.bundle import BundleOrder, purchase_bundle
from bookings.services.catalog import add_service, add_staff_member
from bookings.services.customer import CustomerDetails, create_customer
from bookings.services.group_session import SessionDetails, create_session
from core.access import Caller
from core.ids import uuid7
from core.models import ApiKey, Organization
from core.services.api_key import create_api_key
from core.services.organization import create_organization


@dataclass
class School:
    organization: Organization
    course: Service
    teachers: list[Resource]
    product: Product
    key: str

    @property
    def caller(self) -> Caller:
        return Caller.command(self.organization.pk)

    def session(self, at: datetime) -> GroupSession:
        """Lay out an hour with one place, with the first of the teachers."""
        details = SessionDetails(
            service=self.course,
            resource=self.teachers[0],
            starts_at=at,
            ends_at=at + timedelta(hours=1),
            capacity=1,
            price_amount=Decimal("15.00"),
        )
        return create_session(details, caller=self.caller)

    def one_session_left(self) -> tuple[str, str]:
        """Return the ids of a new student and of their bundle, which has one session."""
        details = CustomerDetails(name="Lea Lang", email=f"lea.{uuid7().hex}@example.com")
        student = create_customer(details, organization_id=self.organization.pk, caller=self.caller)
        order = BundleOrder(product=self.product, customer=student, total_sessions=1)
        return str(student.pk), str(purchase_bundle(order, caller=self.caller).pk)


def school(teachers: int) -> School:
    """Make a fresh organization whose teachers are there around the clock."""
    slug = f"benchmark-{uuid7().hex[-12:]}"
    organization = create_organization(slug=slug, name="Benchmark School", timezone="UTC")
    caller = Caller.command(organization.pk)
    staff = [
        add_staff_member(
            organization=organization,
            name=f"Teacher {number}",
            caller=caller,
            weekdays=range(7),
            opens=time(0),
            closes=time(0),
        )
        for number in range(teachers)
    ]
    course = add_service(
        organization=organization,
        name="Algebra",
        slug="algebra",
        code="MATH-101",
        durations=[60],
        slot_step_minutes=60,
        needs_approval=False,
        resources=staff,
        caller=caller,
    )
    product = Product.objects.create(
        organization=organization,
        service=course,
        kind=Product.Kind.FULL_SEMESTER_BUNDLE,
        name="Semester",
        price_amount=Decimal("300.00"),
        valid_days=300,
    )
    _, key = create_api_key(
        organization=organization, kind=ApiKey.Kind.SECRET, name="benchmark", caller=caller
    )
    return School(organization, course, staff, product, key)
