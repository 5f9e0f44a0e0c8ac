"""The demo's course: taught by two, with all products, a weekly session and a student."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.utils import timezone

from bookings.availability.intervals import Interval
from bookings.models import Customer, ExamPeriod, GroupSession, Product, Resource, Service
from bookings.selectors.slots import free_slots
from bookings.services.bundle import BundleOrder, purchase_bundle
from bookings.services.catalog import add_staff_member
from bookings.services.customer import CustomerDetails, create_customer, details_of
from bookings.services.exam_period import Period
from bookings.services.individual import IndividualRequest, book_individual
from bookings.services.place import PlaceRequest, join_session
from bookings.services.product import create_product
from bookings.services.resource import ResourceChanges, update_resource
from bookings.services.service import ServiceChanges, Share, create_service
from bookings.services.session_template import TemplateDetails, create_template
from bookings.services.status import cancel_booking
from core.access import Caller
from core.models import Organization, Outbox

MINUTES = 60
WEEKS = 8
PLACES = 8
DAY = timedelta(days=1)
NOT_BEFORE = 3 * DAY  # of now: nobody of the demo is reminded while a newcomer looks around
TEACHERS = [
    (
        "Clara Novak",
        "M.Sc. Mathematics, GPA 3.9",
        "Teaches algebra from the first line of a proof to the last, and draws a lot.",
    ),
    (
        "David Mensah",
        "B.Sc. Physics, GPA 3.7",
        "Came to algebra by way of mechanics, and has an example for everything.",
    ),
]
STUDENTS = [
    ("Lena Hoffmann", "lena@student.example"),
    ("Jonas Keller", "jonas@student.example"),
    ("Amira Haddad", "amira@student.example"),
]
# kind: price, sessions, days for which a bundle is valid
PRODUCTS: dict[Product.Kind, tuple[str, int | None, int | None]] = {
    Product.Kind.INDIVIDUAL_SESSION: ("45.00", None, None),
    Product.Kind.FULL_SEMESTER_BUNDLE: ("380.00", 10, 120),
    Product.Kind.MIDTERM_FINAL_BUNDLE: ("160.00", 4, 120),
    Product.Kind.GROUP_SESSION_PASS: ("100.00", 10, 120),
}
# What the demo's people did so far happened in no mailbox: they are made up.
NOT_TOLD = r"^(booking|bundle|customer|group_session|session_template)\."


@dataclass(frozen=True)
class _School:
    course: Service
    teachers: list[Resource]
    products: dict[str, Product]
    students: list[Customer]
    sessions: list[GroupSession]


def open_school(organization: Organization, *, caller: Caller) -> Service:
    """Add the course "Algebra I" with all that belongs to it, as seen from today.

    Its weekly session begins in three days, or on the Monday after if that is at the weekend, and
    is laid out for eight weeks, with places left in each. A student has two bundles and has booked
    with them. Nobody is told of any of that; who has booked is reminded as anybody is.
    """
    today = timezone.now().astimezone(ZoneInfo(organization.timezone)).date()
    teachers = [_teacher(organization, *one, caller=caller) for one in TEACHERS]
    course = _course(organization, teachers, today, caller)
    school = _School(
        course,
        teachers,
        {kind: _product(course, kind, caller) for kind in PRODUCTS},
        [_student(organization, *one, caller=caller) for one in STUDENTS],
        _weekly_sessions(course, teachers[0], today, caller),
    )
    _learn_alone(school, caller)
    _learn_together(school, caller)
    Outbox.objects.filter(event__organization=organization, event__name__regex=NOT_TOLD).delete()
    return course


def _teacher(
    organization: Organization, name: str, qualification: str, bio: str, *, caller: Caller
) -> Resource:
    member = add_staff_member(organization=organization, name=name, caller=caller)
    columns = {"qualification": qualification, "bio": bio}
    return update_resource(member, ResourceChanges(columns=columns), caller=caller)


def _course(
    organization: Organization, teachers: list[Resource], today: date, caller: Caller
) -> Service:
    columns = {
        "name": "Algebra I",
        "slug": "algebra-1",
        "code": "MATH-101",
        "description": "Equations, functions and proofs: alone with a teacher, or in a group.",
        "durations": [MINUTES],
        "slot_step_minutes": MINUTES,
        "needs_approval": False,
        "company_required": False,
        "inquiry_required": False,
    }
    exams = [
        Period(kind=ExamPeriod.Kind.MIDTERM, starts_on=today + 28 * DAY, ends_on=today + 34 * DAY),
        Period(kind=ExamPeriod.Kind.FINAL, starts_on=today + 84 * DAY, ends_on=today + 97 * DAY),
    ]
    changes = ServiceChanges(
        columns=columns,
        shares=[Share(resource=teacher) for teacher in teachers],
        exam_periods=exams,
    )
    return create_service(organization=organization, changes=changes, caller=caller)


def _product(course: Service, kind: Product.Kind, caller: Caller) -> Product:
    price, sessions, days = PRODUCTS[kind]
    columns = {
        "kind": kind,
        "price_amount": Decimal(price),
        "sessions": sessions,
        "valid_days": days,
    }
    return create_product(course, columns, caller=caller)


def _student(organization: Organization, name: str, email: str, *, caller: Caller) -> Customer:
    details = CustomerDetails(name=name, email=email, timezone=organization.timezone)
    return create_customer(details, organization_id=organization.pk, caller=caller)


def _weekly_sessions(
    course: Service, teacher: Resource, today: date, caller: Caller
) -> list[GroupSession]:
    first = today + NOT_BEFORE
    while first.weekday() > 4:
        first += DAY
    details = TemplateDetails(
        service=course,
        resource=teacher,
        weekday=first.weekday(),
        starts_at_time=time(16),
        ends_at_time=time(17),
        capacity=PLACES,
        price_amount=Decimal("15.00"),
        valid_from_on=first,
        weeks_ahead=WEEKS,
    )
    template = create_template(details, caller=caller)
    return list(GroupSession.objects.filter(template=template).order_by("starts_at"))


def _learn_alone(school: _School, caller: Caller) -> None:
    """Let one student use three sessions of a bundle, and give one back; another pays for one."""
    lena, jonas, _ = school.students
    clara, david = school.teachers
    order = BundleOrder(product=school.products[Product.Kind.FULL_SEMESTER_BUNDLE], customer=lena)
    bundle = purchase_bundle(order, caller=caller)
    mornings = _free_mornings(school.course, clara, 3)
    booked = [
        book_individual(
            IndividualRequest(
                course=school.course,
                student=lena,
                starts_at=at,
                minutes=MINUTES,
                ta=clara,
                bundle=bundle,
            ),
            caller=caller,
        )
        for at in mornings
    ]
    cancel_booking(booked[-1], caller=caller, return_credit=True)
    at = _free_mornings(school.course, david, 1)[0]
    single = IndividualRequest(
        course=school.course, student=jonas, starts_at=at, minutes=MINUTES, ta=david
    )
    book_individual(single, caller=caller)


def _learn_together(school: _School, caller: Caller) -> None:
    """Let one come to the first three sessions with a pass, and others to fewer, each paid."""
    lena, *others = school.students
    order = BundleOrder(product=school.products[Product.Kind.GROUP_SESSION_PASS], customer=lena)
    group_pass = purchase_bundle(order, caller=caller)
    for session in school.sessions[:3]:
        request = PlaceRequest(session=session, customer=details_of(lena), bundle=group_pass)
        join_session(request, caller=caller)
    for number, student in enumerate(others):
        for session in school.sessions[: 2 - number]:
            join_session(PlaceRequest(session=session, customer=details_of(student)), caller=caller)


def _free_mornings(course: Service, teacher: Resource, how_many: int) -> list[datetime]:
    """Return the first free time on each of the next days on which there is any."""
    now = timezone.now()
    window = Interval(now + NOT_BEFORE, now + 4 * 7 * DAY)
    zone = ZoneInfo(teacher.timezone)
    by_day: dict[date, datetime] = {}
    for slot in free_slots(course, window, minutes=MINUTES, resource_id=teacher.pk):
        by_day.setdefault(slot.start.astimezone(zone).date(), slot.start)
    return list(by_day.values())[:how_many]
