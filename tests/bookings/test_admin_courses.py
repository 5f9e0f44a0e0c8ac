"""A course on its page: its code, what it sells, and when its exams are."""

from datetime import date
from decimal import Decimal

import pytest

from bookings.models import ExamPeriod, Product, Service
from core.access import Role
from core.models import Event
from tests.bookings.test_admin_catalog import service_form
from tests.console import desk_for, said, shown
from tests.factories import CourseFactory, OrganizationFactory, ProductFactory

pytestmark = pytest.mark.django_db

SERVICES = "/admin/bookings/service/"
NOTHING_NEW = {
    "products-TOTAL_FORMS": "0",
    "products-INITIAL_FORMS": "0",
    "exam_periods-TOTAL_FORMS": "0",
    "exam_periods-INITIAL_FORMS": "0",
}

__all__ = ["service_form"]  # a fixture


@pytest.fixture
def desk(salon):
    return desk_for(salon, Role.MANAGER)


@pytest.fixture
def course_form(service_form):
    return {**service_form, "code": "MATH-101", "name": "Algebra I", "slug": "algebra"}


def page_of(service: Service) -> str:
    return f"{SERVICES}{service.pk}/change/"


def a_product(number: int, kind: str, **fields: str) -> dict[str, str]:
    usual = {"kind": kind, "name": "", "is_active": "on", "price_amount": "300.00"}
    return {
        f"products-{number}-{name}": text
        for name, text in (usual | {"sessions": "10", "valid_days": "120"} | fields).items()
    }


def test_a_code_makes_a_course_and_leads_to_what_it_sells(desk, course_form, algebra):
    taken = desk.post(f"{SERVICES}add/", course_form)
    assert "Another course has this code already." in shown(taken)
    assert Service.objects.count() == 1

    answer = desk.post(f"{SERVICES}add/", {**course_form, "code": "MATH-102", "slug": "algebra-2"})

    course = Service.objects.get(code="MATH-102")
    assert answer.url == page_of(course)
    assert said(answer)[-1] == "It is a course now. Below stands what it sells."
    page = shown(desk.get(answer.url))
    assert "What it sells" in page
    assert "Midterms and finals" in page


def test_what_a_course_sells_and_its_exams_are_kept_and_written_down(
    desk, course_form, algebra, products
):
    products.pop("GROUP_SESSION_PASS").delete()
    single = products["INDIVIDUAL_SESSION"]
    others = [products["FULL_SEMESTER_BUNDLE"], products["MIDTERM_FINAL_BUNDLE"]]
    form = {
        **course_form,
        **NOTHING_NEW,
        "products-TOTAL_FORMS": "4",
        "products-INITIAL_FORMS": "3",
        "products-0-id": str(others[0].pk),
        **a_product(0, "FULL_SEMESTER_BUNDLE", name=others[0].name),
        "products-1-id": str(single.pk),
        **a_product(1, "", name="An hour", price_amount="42.50", sessions="", valid_days=""),
        "products-2-id": str(others[1].pk),
        **a_product(2, "", name=others[1].name, price_amount="160.00"),
        **a_product(3, "GROUP_SESSION_PASS", price_amount="90", valid_days=""),
        "exam_periods-TOTAL_FORMS": "1",
        "exam_periods-0-kind": "FINAL",
        "exam_periods-0-starts_on": "2027-02-01",
        "exam_periods-0-ends_on": "2027-02-12",
    }

    answer = desk.post(page_of(algebra), form)

    assert answer.url == SERVICES
    single.refresh_from_db()
    assert (single.kind, single.name) == ("INDIVIDUAL_SESSION", "An hour")
    assert single.price_amount == Decimal("42.50")
    places = Product.objects.get(kind="GROUP_SESSION_PASS")
    assert (places.organization, places.name) == (algebra.organization, "Pass for group sessions")
    assert (places.sessions, places.valid_days) == (10, None)
    exams = ExamPeriod.objects.get()
    assert (exams.service, exams.ends_on) == (algebra, date(2027, 2, 12))
    happened = {event.name: event for event in Event.objects.all()}
    assert happened["product.created"].subject_id == places.pk
    assert happened["product.updated"].subject_id == single.pk
    assert happened["product.updated"].data == {"fields": ["name", "price_amount"]}
    assert {"products", "examPeriods"} <= set(happened["service.updated"].data["fields"])


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"kind": ""}, "This field is required."),
        ({"kind": "INDIVIDUAL_SESSION"}, "A single session has no number of sessions or days."),
        ({"price_amount": "-1"}, "Ensure this value is greater than or equal to 0."),
        ({"sessions": "0"}, "Ensure this value is greater than or equal to 1."),
        ({"sessions": "1001"}, "This can be at most 1000."),
        ({"valid_days": "1831"}, "This can be at most 1830."),
        ({"kind": "FULL_SEMESTER_BUNDLE"}, "Select a valid choice."),
    ],
)
def test_what_cannot_be_sold_is_refused_in_the_form(desk, course_form, algebra, wrong, sentence):
    sold = ProductFactory(service=algebra, kind="FULL_SEMESTER_BUNDLE")
    form = {
        **course_form,
        **NOTHING_NEW,
        "products-TOTAL_FORMS": "2",
        "products-INITIAL_FORMS": "1",
        "products-0-id": str(sold.pk),
        **a_product(0, "", name=sold.name),
        **a_product(1, **{"kind": "GROUP_SESSION_PASS", "name": "New", **wrong}),
    }

    page = desk.post(page_of(algebra), form)

    assert page.status_code == 200
    assert sentence in shown(page)
    assert Product.objects.get() == sold


def test_a_course_that_sells_something_stays_a_course(desk, course_form, algebra, products):
    page = desk.post(page_of(algebra), {**course_form, **NOTHING_NEW, "code": ""})

    assert "It has products or group sessions, so it stays a course with a code." in shown(page)
    algebra.refresh_from_db()
    assert algebra.code == "MATH-101"


def test_exams_that_were_wrong_are_taken_out(desk, course_form, algebra):
    wrong = ExamPeriod.objects.create(
        service=algebra, kind="MIDTERM", starts_on="2026-12-01", ends_on="2026-12-02"
    )
    form = {
        **course_form,
        **NOTHING_NEW,
        "exam_periods-TOTAL_FORMS": "1",
        "exam_periods-INITIAL_FORMS": "1",
        "exam_periods-0-id": str(wrong.pk),
        "exam_periods-0-kind": "MIDTERM",
        "exam_periods-0-starts_on": "2026-12-02",
        "exam_periods-0-ends_on": "2026-12-01",
    }

    refused = desk.post(page_of(algebra), form)
    assert "A period must end after it starts." in shown(refused)
    desk.post(page_of(algebra), {**form, "exam_periods-0-DELETE": "on"})

    assert not ExamPeriod.objects.exists()


def test_the_list_can_be_courses_only(desk, algebra, haircut):
    assert desk.get(SERVICES).context["cl"].result_count == 2
    (course,) = desk.get(SERVICES, {"kind": "course"}).context["cl"].result_list
    (other,) = desk.get(SERVICES, {"kind": "other"}).context["cl"].result_list
    assert (course, other) == (algebra, haircut)
    assert "MATH-101" in shown(desk.get(SERVICES))


def test_a_product_elsewhere_is_not_changed_from_ones_own_course(desk, course_form, algebra):
    elsewhere = ProductFactory(service=CourseFactory(organization=OrganizationFactory()))
    form = {
        **course_form,
        **NOTHING_NEW,
        "products-TOTAL_FORMS": "1",
        "products-INITIAL_FORMS": "1",
        "products-0-id": str(elsewhere.pk),
        **a_product(0, "", name="Mine"),
    }

    page = desk.post(page_of(algebra), form)

    assert page.status_code == 200
    elsewhere.refresh_from_db()
    assert elsewhere.name != "Mine"


def test_who_may_only_look_sees_what_a_course_sells(salon, algebra, products):
    page = desk_for(salon, Role.VIEWER).get(page_of(algebra))

    assert page.status_code == 200
    assert "Bundle for midterms and finals" in shown(page)
    assert 'name="products-0-price_amount"' not in shown(page)
