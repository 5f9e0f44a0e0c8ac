"""What a course sells, and when it has its exams."""

from datetime import date
from decimal import Decimal

import pytest

from bookings.errors import CodeTaken, ProductTaken
from bookings.models import ExamPeriod, Product, Service
from bookings.services.exam_period import Period
from bookings.services.product import create_product, update_product
from bookings.services.service import ServiceChanges, create_service, update_service
from core.errors import Invalid
from core.models import Event

pytestmark = pytest.mark.django_db

BUNDLE, SINGLE = Product.Kind.FULL_SEMESTER_BUNDLE, Product.Kind.INDIVIDUAL_SESSION
MIDTERMS = Period(
    kind=ExamPeriod.Kind.MIDTERM, starts_on=date(2026, 11, 16), ends_on=date(2026, 11, 27)
)


def told(name: str) -> list[dict]:
    return list(Event.objects.filter(name=name).order_by("id").values_list("data", flat=True))


def test_a_product_without_a_name_is_called_what_it_is(algebra, staff):
    columns = {"kind": BUNDLE, "price_amount": Decimal("300.00"), "sessions": 10, "valid_days": 120}

    product = create_product(algebra, columns, caller=staff)

    product.refresh_from_db()
    assert (product.name, product.price_amount) == ("Bundle for the whole semester", 300)
    assert (product.sessions, product.valid_days, product.is_active) == (10, 120, True)
    assert told("product.created") == [{"kind": "FULL_SEMESTER_BUNDLE"}]


def test_a_course_has_one_product_of_a_kind(products, algebra, staff):
    with pytest.raises(ProductTaken) as refusal:
        create_product(algebra, {"kind": BUNDLE, "price_amount": Decimal(1)}, caller=staff)

    assert list(refusal.value.details["fields"]) == ["productType"]
    assert Product.objects.count() == 4
    assert told("product.created") == []


def test_what_is_no_course_sells_no_products(haircut, staff):
    with pytest.raises(Invalid):
        create_product(haircut, {"kind": BUNDLE, "price_amount": Decimal(1)}, caller=staff)
    assert not Product.objects.exists()


@pytest.mark.parametrize(
    ("kind", "columns", "field"),
    [
        (BUNDLE, {"price_amount": Decimal("-0.01")}, "basePrice.amount"),
        (BUNDLE, {"price_amount": None}, "basePrice.amount"),
        (BUNDLE, {"sessions": 0}, "sessions"),
        (BUNDLE, {"sessions": 1001}, "sessions"),
        (BUNDLE, {"valid_days": 0}, "validDays"),
        (BUNDLE, {"valid_days": 1831}, "validDays"),
        (BUNDLE, {"name": ""}, "name"),
        (BUNDLE, {"kind": Product.Kind.GROUP_SESSION_PASS}, "productType"),
        (SINGLE, {"sessions": 1}, "sessions"),
        (SINGLE, {"valid_days": 30}, "validDays"),
    ],
)
def test_a_wrong_change_is_refused_by_its_field(products, staff, kind, columns, field):
    before = list(Product.objects.order_by("id").values())

    with pytest.raises(Invalid) as refusal:
        update_product(products[kind], {"is_active": False, **columns}, caller=staff)

    assert list(refusal.value.details["fields"]) == [field]
    assert list(Product.objects.order_by("id").values()) == before
    assert told("product.updated") == []


def test_only_what_differs_is_a_change(products, staff):
    product = products[BUNDLE]

    update_product(product, {"price_amount": Decimal("320.00"), "sessions": 10}, caller=staff)
    update_product(product, {"price_amount": Decimal("320.00")}, caller=staff)

    assert Product.objects.get(pk=product.pk).price_amount == Decimal("320.00")
    assert told("product.updated") == [{"fields": ["price_amount"]}]


def test_a_code_is_one_courses_of_its_organization(algebra, salon, staff):
    changes = ServiceChanges(columns={"name": "Another", "code": "MATH-101"})

    with pytest.raises(CodeTaken) as refusal:
        create_service(organization=salon, changes=changes, caller=staff)

    assert refusal.value.details == {"fields": {"code": ["Another course has this code already."]}}
    assert Service.objects.count() == 1
    # Without a code there can be many.
    for name in ("Cut", "Color"):
        plain = ServiceChanges(columns={"name": name})
        create_service(organization=salon, changes=plain, caller=staff)


def test_exam_periods_take_the_place_of_the_old_ones(algebra, staff):
    finals = Period(
        kind=ExamPeriod.Kind.FINAL, starts_on=date(2027, 2, 1), ends_on=date(2027, 2, 1)
    )
    for periods in ([MIDTERMS], [finals, MIDTERMS], [MIDTERMS, finals], [finals]):
        update_service(algebra, ServiceChanges(exam_periods=periods), caller=staff)

    found = list(ExamPeriod.objects.values_list("kind", "starts_on", "ends_on"))
    assert found == [("FINAL", date(2027, 2, 1), date(2027, 2, 1))]
    assert told("service.updated") == [{"fields": ["exam_periods"]}] * 3


@pytest.mark.parametrize(
    ("code", "last_on", "field"),
    [
        ("MATH-101", date(2026, 11, 15), "examPeriods.0.endsOn"),
        ("", date(2026, 11, 27), "examPeriods"),
    ],
)
def test_periods_run_forwards_and_are_a_courses(algebra, staff, code, last_on, field):
    period = Period(kind=MIDTERMS.kind, starts_on=MIDTERMS.starts_on, ends_on=last_on)
    changes = ServiceChanges(columns={"code": code}, exam_periods=[period])

    with pytest.raises(Invalid) as refusal:
        update_service(algebra, changes, caller=staff)

    assert list(refusal.value.details["fields"]) == [field]
    algebra.refresh_from_db()
    assert algebra.code == "MATH-101"
    assert not ExamPeriod.objects.exists()
