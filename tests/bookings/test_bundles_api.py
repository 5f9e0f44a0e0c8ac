"""Bundles through the API: sold, read, corrected, and by nobody's browser."""

from datetime import UTC, datetime
from typing import Any

import pytest

from bookings.models import BundlePurchase, CreditEntry, Product
from bookings.services.individual import IndividualRequest, book_individual
from bookings.services.status import cancel_booking
from core.models import ApiKey, Event
from tests.cast import a_key, client_with
from tests.factories import (
    BundleFactory,
    CourseFactory,
    CustomerFactory,
    OrganizationFactory,
    ProductFactory,
)

pytestmark = pytest.mark.django_db

BUNDLES = "/api/bundles"
NOWHERE = "0193a000-0000-7000-8000-000000000001"
SEMESTER, MIDTERM, PASS = Product.BUNDLES


@pytest.fixture
def shop(algebra) -> str:
    return f"{BUNDLES}/courses/{algebra.pk}/purchase"


@pytest.fixture
def order(clock, lea, products) -> dict[str, Any]:
    return {"studentId": str(lea.pk), "productId": str(products[SEMESTER].pk)}


def read(client: Any, path: str, **query: Any) -> Any:
    response = client.get(path, query)
    assert response.status_code == 200, response.content
    return response.json()["data"]


def refused(response: Any, status: int) -> dict[str, Any]:
    assert response.status_code == status, response.content
    details: dict[str, Any] = response.json()["error"]["details"]
    return details


def sold() -> tuple[list[Any], list[Any], int]:
    """Return everything that a sale writes."""
    return (
        list(BundlePurchase.objects.order_by("id").values()),
        list(CreditEntry.objects.order_by("id").values_list("id", "balance")),
        Event.objects.filter(name__startswith="bundle.").count(),
    )


class TestPurchase:
    def test_what_is_left_out_is_as_the_product_says(self, desk, shop, order, algebra):
        response = desk.post(shop, order)

        assert response.status_code == 201
        bundle = response.json()["data"]
        row = BundlePurchase.objects.get()
        assert bundle == {
            "id": str(row.pk),
            **order,
            "courseId": str(algebra.pk),
            "coverageType": "FULL_SEMESTER",
            "totalSessions": 10,
            "remainingSessions": 10,
            "validFrom": bundle["validFrom"],
            "validTo": bundle["validTo"],
            "status": "ACTIVE",
            "price": {"amount": "300.00", "currency": "EUR"},
        }
        assert bundle["validFrom"].startswith("2026-11-03T07:00:0")
        assert (row.valid_to_at - row.valid_from_at).days == 120
        assert read(desk, f"{BUNDLES}/{row.pk}") == bundle
        assert Event.objects.get(name="bundle.purchased").subject_id == row.pk

    def test_days_are_whole_days_where_the_business_is(self, desk, shop, order):
        dates = {"validFrom": "2026-12-01", "validTo": "2027-03-31", "totalSessions": 3}

        bundle = desk.post(shop, {**order, **dates}).json()["data"]

        # Midnight in Berlin: in winter, and after the clocks were put forward.
        assert bundle["validFrom"] == "2026-11-30T23:00:00Z"
        assert bundle["validTo"] == "2027-03-31T22:00:00Z"
        assert (bundle["totalSessions"], bundle["remainingSessions"]) == (3, 3)

    def test_times_are_taken_as_they_are(self, desk, shop, order):
        times = {"validFrom": "2026-12-01T12:00:00+01:00", "validTo": "2026-12-02T00:00:00Z"}

        bundle = desk.post(shop, {**order, **times}).json()["data"]

        assert bundle["validFrom"] == "2026-12-01T11:00:00Z"
        assert bundle["validTo"] == "2026-12-02T00:00:00Z"

    def test_what_nobody_says_has_to_be_said(self, desk, shop, order, products):
        Product.objects.update(sessions=None, valid_days=None)

        fields = refused(desk.post(shop, order), 400)["fields"]

        assert sorted(fields) == ["totalSessions", "validTo"]
        assert sold() == ([], [], 0)
        more = {"totalSessions": 5, "validTo": "2027-01-31"}
        assert desk.post(shop, {**order, **more}).status_code == 201

    def test_a_second_one_is_refused_while_one_is_active(self, desk, shop, order, products):
        first = desk.post(shop, order).json()["data"]
        before = sold()

        details = refused(desk.post(shop, order), 409)

        assert details == {"reason": "DUPLICATE_PURCHASE", "bundlePurchaseId": first["id"]}
        assert sold() == before
        other = {**order, "productId": str(products[PASS].pk)}
        assert desk.post(shop, other).status_code == 201

    def test_a_pass_covers_what_is_agreed(self, desk, shop, order, products):
        exams = {"productId": str(products[PASS].pk), "coverageType": "MIDTERM_FINAL_ONLY"}

        bundle = desk.post(shop, {**order, **exams}).json()["data"]

        assert (bundle["coverageType"], bundle["totalSessions"]) == ("MIDTERM_FINAL_ONLY", 10)

    def test_a_used_up_one_makes_room(self, desk, shop, order, lea, products):
        BundleFactory(customer=lea, product=products[SEMESTER], remaining_sessions=0)

        assert desk.post(shop, order).status_code == 201
        assert BundlePurchase.objects.filter(customer=lea).count() == 2

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"totalSessions": 0}, "totalSessions"),
            ({"totalSessions": -1}, "totalSessions"),
            ({"totalSessions": 1001}, "totalSessions"),
            ({"totalSessions": 10**30}, "totalSessions"),
            ({"totalSessions": "10"}, "totalSessions"),
            ({"totalSessions": 2.5}, "totalSessions"),
            ({"validFrom": "2027-02-01", "validTo": "2027-01-31"}, "validTo"),
            ({"validFrom": "2027-02-01T00:00:00Z", "validTo": "2027-02-01T00:00:00Z"}, "validTo"),
            ({"validTo": "2026-11-02"}, "validTo"),
            ({"validTo": "2026-12-31T00:00:00"}, "validTo"),
            ({"validTo": "2199-12-31"}, "validTo"),
            ({"validFrom": "soon"}, "validFrom"),
            ({"coverageType": "MIDTERM_FINAL_ONLY"}, "coverageType"),
            ({"coverageType": "ALL"}, "coverageType"),
            ({"studentId": "lea"}, "studentId"),
            ({"studentId": None}, "studentId"),
            ({"productId": "pass"}, "productId"),
            ({"price": "1.00"}, "price"),
        ],
    )
    def test_what_is_wrong_is_named_and_nothing_is_sold(self, desk, shop, order, change, field):
        assert list(refused(desk.post(shop, {**order, **change}), 400)["fields"]) == [field]
        assert sold() == ([], [], 0)

    def test_a_single_session_is_no_bundle(self, desk, shop, order, products):
        single = {**order, "productId": str(products["INDIVIDUAL_SESSION"].pk)}
        assert list(refused(desk.post(shop, single), 400)["fields"]) == ["productId"]

        Product.objects.filter(kind=SEMESTER).update(is_active=False)
        assert list(refused(desk.post(shop, order), 400)["fields"]) == ["productId"]
        assert sold() == ([], [], 0)

    def test_everything_named_is_this_courses_and_ours(self, desk, shop, order, salon):
        elsewhere = OrganizationFactory()
        for field, row in (
            ("productId", ProductFactory(service=CourseFactory(organization=salon))),
            ("productId", ProductFactory(service=CourseFactory(organization=elsewhere))),
            ("studentId", CustomerFactory(organization=elsewhere)),
        ):
            body = {**order, field: str(row.pk)}
            assert list(refused(desk.post(shop, body), 404)["fields"]) == [field]
            body = {**order, field: NOWHERE}
            assert list(refused(desk.post(shop, body), 404)["fields"]) == [field]
        assert sold() == ([], [], 0)

    def test_a_course_is_one_that_is_taught_here(
        self, desk, stranger, shop, order, algebra, haircut
    ):
        for course in (NOWHERE, haircut.pk, "algebra"):
            refused(desk.post(f"{BUNDLES}/courses/{course}/purchase", order), 404)
        refused(stranger.post(shop, order), 404)
        algebra.is_active = False
        algebra.save()
        refused(desk.post(shop, order), 404)
        assert sold() == ([], [], 0)

    def test_asked_twice_it_is_sold_once(self, desk, shop, order):
        key = {"Idempotency-Key": "till-4711"}

        first, again = (desk.post(shop, order, headers=key) for _ in range(2))

        assert (first.status_code, again.status_code) == (201, 201)
        assert first.json()["data"] == again.json()["data"]
        assert BundlePurchase.objects.count() == 1


class TestReading:
    def test_a_student_has_bundles_of_many_courses(self, desk, salon, lea, bundle):
        other = BundleFactory(
            customer=lea, product=ProductFactory(service=CourseFactory(organization=salon))
        )
        BundleFactory(customer=CustomerFactory(organization=salon), product=bundle.product)

        found = read(desk, f"{BUNDLES}/students/{lea.pk}")

        assert [one["id"] for one in found] == [str(other.pk), str(bundle.pk)]

    def test_the_active_ones_of_a_course_can_still_pay(self, clock, desk, salon, lea, products):
        over = {"valid_to_at": datetime(2026, 11, 2, tzinfo=UTC)}
        used_up = BundleFactory(customer=lea, product=products[SEMESTER], remaining_sessions=0)
        BundleFactory(customer=lea, product=products[MIDTERM], **over)
        places = BundleFactory(
            customer=lea,
            product=products[PASS],
            remaining_sessions=1,
            valid_from_at=datetime(2026, 12, 1, tzinfo=UTC),
        )
        BundleFactory(
            customer=lea, product=ProductFactory(service=CourseFactory(organization=salon))
        )

        active = read(desk, f"{BUNDLES}/students/{lea.pk}/courses/{places.service_id}/active")

        assert [(one["id"], one["remainingSessions"]) for one in active] == [(str(places.pk), 1)]
        everything = read(desk, f"{BUNDLES}/students/{lea.pk}")
        assert [one["status"] for one in everything] == ["ACTIVE", "ACTIVE", "EXPIRED", "USED_UP"]
        clock.move_to(datetime(2027, 3, 1, tzinfo=UTC))
        assert read(desk, f"{BUNDLES}/{used_up.pk}")["status"] == "EXPIRED"

    def test_lists_cost_the_same_however_long_they_are(
        self, desk, salon, lea, bundle, django_assert_num_queries
    ):
        path = f"{BUNDLES}/students/{lea.pk}"

        def cost(path: str, queries: int) -> None:
            with django_assert_num_queries(queries):
                assert desk.get(path).status_code == 200

        desk.get(path)
        for _ in range(2):
            cost(path, 3)  # the student, how many, which
            cost(f"{path}/courses/{bundle.service_id}/active", 4)
            cost(f"{BUNDLES}/{bundle.pk}/statement", 3)
            for _ in range(3):
                product = ProductFactory(service=CourseFactory(organization=salon))
                BundleFactory(customer=lea, product=product)

    def test_who_is_not_there_has_no_list(self, desk, stranger, lea, bundle):
        student, course = f"{BUNDLES}/students/{lea.pk}", bundle.service_id
        for path in (
            student,
            f"{student}/courses/{course}/active",
            f"{BUNDLES}/{bundle.pk}",
            f"{BUNDLES}/{bundle.pk}/statement",
        ):
            refused(stranger.get(path), 404)
        for path in (
            f"{BUNDLES}/students/{NOWHERE}",
            f"{BUNDLES}/students/{NOWHERE}/courses/{course}/active",
            f"{student}/courses/{NOWHERE}/active",
            f"{student}/courses/algebra/active",
            f"{BUNDLES}/{NOWHERE}/statement",
        ):
            refused(desk.get(path), 404)
        refused(stranger.post(f"{BUNDLES}/{bundle.pk}/adjust", {"sessions": 1, "reason": "x"}), 404)
        assert CreditEntry.objects.count() == 1

    def test_no_browser_reads_or_sells_any(self, website, shop, lea, bundle):
        student = f"{BUNDLES}/students/{lea.pk}"
        for response in (
            website.get(student),
            website.get(f"{student}/courses/{bundle.service_id}/active"),
            website.get(f"{BUNDLES}/{bundle.pk}"),
            website.get(f"{BUNDLES}/{bundle.pk}/statement"),
            website.post(f"{BUNDLES}/{bundle.pk}/adjust", {"sessions": 1, "reason": "Please"}),
            website.post(shop, {"studentId": str(lea.pk), "productId": str(bundle.product_id)}),
        ):
            refused(response, 403)
        assert sold()[1] == [(CreditEntry.objects.get().pk, 10)]


class TestLedger:
    def test_a_statement_tells_what_happened(self, desk, bundle):
        path = f"{BUNDLES}/{bundle.pk}"

        changed = desk.post(f"{path}/adjust", {"sessions": -4, "reason": "Counted twice"})

        assert changed.status_code == 200
        found = changed.json()["data"]
        assert (found["totalSessions"], found["remainingSessions"]) == (6, 6)
        bought, adjusted = read(desk, f"{path}/statement")
        assert bought == {
            "number": 1,
            "kind": "GRANTED",
            "amount": 10,
            "balance": 10,
            "bookingId": None,
            "at": bought["at"],
            "reason": "",
        }
        assert adjusted == {
            **bought,
            "number": 2,
            "kind": "ADJUSTED",
            "amount": -4,
            "balance": 6,
            "at": adjusted["at"],
            "reason": "Counted twice",
        }
        event = Event.objects.get(name="bundle.adjusted")
        assert event.data == {"amount": -4, "balance": 6}

    def test_a_session_that_is_used_and_returned_names_its_booking(
        self, clock, desk, staff, algebra, lea, bundle, ten_o_clock
    ):
        lesson = IndividualRequest(
            course=algebra, student=lea, starts_at=ten_o_clock, minutes=60, bundle=bundle
        )
        booking = book_individual(lesson, caller=staff)
        path = f"{BUNDLES}/{bundle.pk}"

        assert read(desk, path)["remainingSessions"] == 9
        cancel_booking(booking, caller=staff)

        lines = read(desk, f"{path}/statement")
        assert [
            (line["number"], line["kind"], line["amount"], line["balance"], line["bookingId"])
            for line in lines
        ] == [
            (1, "GRANTED", 10, 10, None),
            (2, "SPENT", -1, 9, str(booking.pk)),
            (3, "RETURNED", 1, 10, str(booking.pk)),
        ]

    def test_why_is_for_who_may_do_it(self, desk, salon, bundle):
        path = f"{BUNDLES}/{bundle.pk}"
        desk.post(f"{path}/adjust", {"sessions": 1, "reason": "The TA was ill"})
        scopes = ["bundles:read", "bundles:write"]
        cashier = client_with(a_key(salon, kind=ApiKey.Kind.SECRET, scopes=scopes))

        statement = read(cashier, f"{path}/statement")

        assert [("reason" in line, line["balance"]) for line in statement] == [
            (False, 10),
            (False, 11),
        ]
        refused(cashier.post(f"{path}/adjust", {"sessions": 1, "reason": "More"}), 403)
        assert CreditEntry.objects.count() == 2

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"sessions": 0, "reason": "x"}, "sessions"),
            ({"sessions": 1001, "reason": "x"}, "sessions"),
            ({"sessions": 991, "reason": "x"}, "sessions"),
            ({"sessions": "1", "reason": "x"}, "sessions"),
            ({"sessions": 1, "reason": " "}, "reason"),
            ({"sessions": 1}, "reason"),
            ({"sessions": 1, "reason": "x" * 2001}, "reason"),
            ({"sessions": 1, "reason": "x", "kind": "GRANTED"}, "kind"),
        ],
    )
    def test_a_wrong_correction_is_named_and_changes_nothing(self, desk, bundle, body, field):
        before = sold()

        response = desk.post(f"{BUNDLES}/{bundle.pk}/adjust", body)

        assert list(refused(response, 400)["fields"]) == [field]
        assert sold() == before

    def test_no_more_is_taken_than_is_left(self, desk, bundle):
        before = sold()

        response = desk.post(f"{BUNDLES}/{bundle.pk}/adjust", {"sessions": -11, "reason": "All"})

        assert refused(response, 409) == {"reason": "NO_CREDIT"}
        assert sold() == before
