"""Courses, who teaches them, what they sell and what a student can choose from."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from bookings.models import BundlePurchase, ExamPeriod, Photo, Product, Requirement
from core.models import ApiKey, Event
from tests.cast import a_key, client_with
from tests.factories import (
    BundleFactory,
    CourseFactory,
    CustomerFactory,
    GroupSessionFactory,
    OrganizationFactory,
    ProductFactory,
    ResourceFactory,
    ResourceTypeFactory,
)

pytestmark = pytest.mark.django_db

COURSES, PRODUCTS = "/api/courses", "/api/products"
NOWHERE = "0193a000-0000-7000-8000-000000000001"


@pytest.fixture
def path(algebra) -> str:
    return f"{COURSES}/{algebra.pk}"


def read(client: Any, path: str, **query: Any) -> Any:
    response = client.get(path, query)
    assert response.status_code == 200, response.content
    return response.json()["data"]


def refused(response: Any, status: int) -> list[str]:
    """The fields that a refusal names."""
    assert response.status_code == status, response.content
    return list(response.json()["error"]["details"].get("fields", {}))


class TestCourses:
    def test_a_course_is_a_service_with_a_code(self, website, haircut, algebra, products, anna):
        anna.qualification, anna.bio = "BSc Mathematics, GPA 3.9", "Explains with pictures."
        anna.save()
        Photo.objects.create(resource=anna, content=b"", content_type="image/webp", digest="9f86d0")
        days = {"starts_on": date(2026, 12, 7), "ends_on": date(2026, 12, 18)}
        ExamPeriod.objects.create(service=algebra, kind=ExamPeriod.Kind.MIDTERM, **days)

        listed = read(website, COURSES)

        assert listed == [
            {
                "id": str(algebra.pk),
                "code": "MATH-101",
                "name": "Algebra I",
                "description": "",
                "durations": [60],
                "price": {"amount": "40.00", "currency": "EUR"},
                "active": True,
                "tas": [
                    {
                        "id": str(anna.pk),
                        "name": "Anna",
                        "qualification": "BSc Mathematics, GPA 3.9",
                        "bio": "Explains with pictures.",
                        "photoUrl": f"http://localhost:8000/photos/{anna.pk}?v=9f86d0",
                    },
                    {
                        "id": str(algebra.resources.get(name="Ben").pk),
                        "name": "Ben",
                        "qualification": "",
                        "bio": "",
                        "photoUrl": None,
                    },
                ],
                "examPeriods": [
                    {"kind": "MIDTERM", "startsOn": "2026-12-07", "endsOn": "2026-12-18"}
                ],
            }
        ]
        assert read(website, f"{COURSES}/{algebra.pk}") == listed[0]
        assert refused(website.get(f"{COURSES}/{haircut.pk}"), 404) == []

    def test_without_a_single_session_on_sale_it_costs_what_the_service_does(
        self, website, products, algebra, path
    ):
        Product.objects.filter(kind=Product.Kind.INDIVIDUAL_SESSION).update(is_active=False)
        assert read(website, path)["price"] == {"amount": "45.00", "currency": "EUR"}

        algebra.price_amount = None
        algebra.save()
        assert read(website, path)["price"] is None

    def test_as_a_service_it_costs_the_same(self, desk, website, products, algebra, path):
        as_a_service = f"/api/services/{algebra.pk}"
        for client in (desk, website):
            prices = {one["code"]: one["price"] for one in read(client, "/api/services")}
            assert prices == {"MATH-101": {"amount": "40.00", "currency": "EUR"}, "": None}
            assert read(client, as_a_service)["price"] == read(client, path)["price"]

        Product.objects.filter(kind=Product.Kind.INDIVIDUAL_SESSION).update(is_active=False)
        assert read(desk, as_a_service)["price"] == {"amount": "45.00", "currency": "EUR"}

    def test_its_tas_are_those_who_give_it_and_not_the_room(self, website, salon, algebra, path):
        room = ResourceFactory(
            organization=salon,
            name="Room 1",
            type=ResourceTypeFactory(organization=salon, key="room", name="Room"),
        )
        algebra.resources.add(room)
        assert [ta["name"] for ta in read(website, path)["tas"]] == ["Anna", "Ben", "Room 1"]

        staff = algebra.resources.get(name="Anna").type
        for position, kind in enumerate((staff, room.type)):
            Requirement.objects.create(service=algebra, type=kind, position=position)
        algebra.resources.filter(name="Ben").update(is_active=False)

        assert [ta["name"] for ta in read(website, path)["tas"]] == ["Anna"]

    def test_one_that_is_off_is_there_for_who_may_change_it(self, desk, website, algebra, path):
        algebra.is_active = False
        algebra.save()

        for here in (path, f"{path}/products", f"{path}/support-options"):
            assert website.get(here).status_code == 404
            assert desk.get(here).status_code == 200
        assert read(website, COURSES) == []
        assert len(read(desk, COURSES, active="false")) == 1

    def test_a_list_costs_the_same_with_many_courses(
        self, website, salon, algebra, products, django_assert_num_queries
    ):
        def cost() -> None:
            with django_assert_num_queries(4):  # how many, which, their TAs, their exams
                assert website.get(COURSES).status_code == 200

        website.get(COURSES)
        cost()
        for _ in range(5):
            teacher = ResourceFactory(organization=salon)
            ProductFactory(service=CourseFactory(organization=salon, resources=[teacher]))
        cost()

    def test_another_organization_has_no_part_in_it(self, stranger, products, path, lea):
        product = f"{PRODUCTS}/{products['GROUP_SESSION_PASS'].pk}"
        new = {"productType": "GROUP_SESSION_PASS", "basePrice": {"amount": "1.00"}}

        assert read(stranger, COURSES) == []
        for here in (path, f"{path}/products", f"{path}/support-options", product):
            assert refused(stranger.get(here), 404) == []
        assert refused(stranger.post(f"{path}/products", new), 404) == []
        assert refused(stranger.patch(product, {"active": False}), 404) == []
        theirs = CourseFactory(organization=OrganizationFactory())
        assert refused(stranger.get(f"{COURSES}/{theirs.pk}"), 404) == []
        assert Product.objects.filter(is_active=True).count() == 4


class TestSupportOptions:
    @pytest.fixture
    def options(self, path) -> str:
        return f"{path}/support-options"

    def test_a_student_sees_what_there_is_to_choose_from(
        self, clock, desk, options, algebra, tutorial, bundle, products, lea
    ):
        found = read(desk, options, studentId=str(lea.pk))

        assert {product["productType"] for product in found["products"]} == set(products)
        assert [ta["name"] for ta in found["tas"]] == ["Anna", "Ben"]
        assert found["groupSessions"] == [
            {
                "id": str(tutorial.pk),
                "courseId": str(algebra.pk),
                "taId": str(tutorial.resource_id),
                "startTime": "2026-11-18T13:00:00Z",
                "endTime": "2026-11-18T14:00:00Z",
                "timezone": "Europe/Berlin",
                "capacity": 3,
                "taken": 0,
                "placesLeft": 3,
                "status": "OPEN",
                "price": {"amount": "15.00", "currency": "EUR"},
                "version": 1,
            }
        ]
        assert [one["id"] for one in found["activeBundles"]] == [str(bundle.pk)]

    def test_only_sessions_ahead_with_places_left_are_offered(
        self, clock, website, options, tutorial, algebra, anna
    ):
        def another(**changes: Any) -> Any:
            at = tutorial.starts_at + timedelta(days=len(made) + 1)
            made.append(GroupSessionFactory(service=algebra, resource=anna, starts_at=at))
            type(tutorial).objects.filter(pk=made[-1].pk).update(**changes)
            return made[-1]

        made: list[Any] = []
        another(cancelled_at=tutorial.starts_at)
        past = datetime(2026, 11, 3, 6, 30, tzinfo=UTC)
        another(starts_at=past, ends_at=past + timedelta(hours=1))
        later = another()

        found = read(website, options)["groupSessions"]

        assert [one["id"] for one in found] == [str(tutorial.pk), str(later.pk)]

    def test_only_what_can_still_pay_is_an_active_bundle(
        self, clock, desk, options, salon, products, lea
    ):
        semester, midterm, places = (
            products[kind]
            for kind in ("FULL_SEMESTER_BUNDLE", "MIDTERM_FINAL_BUNDLE", "GROUP_SESSION_PASS")
        )
        BundleFactory(customer=lea, product=semester, remaining_sessions=0)
        over = datetime(2026, 11, 2, tzinfo=UTC)
        BundleFactory(customer=lea, product=midterm, valid_to_at=over)
        later = BundleFactory(
            customer=lea, product=places, valid_from_at=datetime(2026, 12, 1, tzinfo=UTC)
        )
        BundleFactory(customer=CustomerFactory(organization=salon), product=semester)
        other = ProductFactory(service=CourseFactory(organization=salon))
        BundleFactory(customer=lea, product=other)

        found = read(desk, options, studentId=str(lea.pk))["activeBundles"]

        assert [(one["id"], one["status"]) for one in found] == [(str(later.pk), "ACTIVE")]

    def test_a_website_reads_no_students(self, clock, website, salon, options, bundle, lea):
        # Whether there is such a student is not told either.
        for student in (lea.pk, NOWHERE):
            assert refused(website.get(options, {"studentId": str(student)}), 403) == []
        reader = client_with(a_key(salon, kind=ApiKey.Kind.SECRET, scopes=["catalog:read"]))
        assert refused(reader.get(options, {"studentId": str(lea.pk)}), 403) == []
        assert read(website, options)["activeBundles"] == []

    def test_a_student_is_one_of_ours(self, desk, options):
        theirs = CustomerFactory(organization=OrganizationFactory())
        for student in (NOWHERE, theirs.pk):
            assert refused(desk.get(options, {"studentId": str(student)}), 404) == ["studentId"]
        assert refused(desk.get(options, {"studentId": "lea"}), 400) == ["studentId"]
        assert refused(desk.get(options, {"student": NOWHERE}), 400) == ["student"]

    def test_they_cost_the_same_however_much_there_is(
        self, clock, desk, salon, algebra, options, tutorial, bundle, django_assert_num_queries
    ):
        def cost() -> None:
            with django_assert_num_queries(6):  # student, course, products, TAs, sessions, bundles
                assert desk.get(options, {"studentId": str(bundle.customer_id)}).status_code == 200

        desk.get(options)
        cost()
        for day in range(1, 6):
            teacher = ResourceFactory(organization=salon)
            algebra.resources.add(teacher)
            at = tutorial.starts_at + timedelta(days=day)
            GroupSessionFactory(service=algebra, resource=teacher, starts_at=at)
        cost()


class TestProducts:
    def test_a_product_is_made_changed_and_read(self, desk, website, path):
        made = desk.post(
            f"{path}/products",
            {
                "productType": "FULL_SEMESTER_BUNDLE",
                "name": "Ten hours",
                "basePrice": {"amount": "300.00"},
                "sessions": 10,
                "validDays": 120,
            },
        )

        assert made.status_code == 201
        product = made.json()["data"]
        assert product == {
            "id": product["id"],
            "courseId": path.rsplit("/", 1)[1],
            "productType": "FULL_SEMESTER_BUNDLE",
            "name": "Ten hours",
            "basePrice": {"amount": "300.00", "currency": "EUR"},
            "sessions": 10,
            "validDays": 120,
            "active": True,
        }
        assert read(website, f"{path}/products") == [product]
        assert read(website, f"{PRODUCTS}/{product['id']}") == product

        change = {"basePrice": {"amount": "320.50", "currency": "EUR"}, "validDays": None}
        changed = desk.patch(f"{PRODUCTS}/{product['id']}", change)

        price = {"amount": "320.50", "currency": "EUR"}
        assert changed.json()["data"] == {**product, "basePrice": price, "validDays": None}
        event = Event.objects.get(name="product.updated")
        assert event.data == {"fields": ["price_amount", "valid_days"]}

    def test_what_is_not_on_sale_is_there_for_who_may_change_it(
        self, desk, website, path, products
    ):
        product = f"{PRODUCTS}/{products['GROUP_SESSION_PASS'].pk}"

        assert desk.patch(product, {"active": False}).json()["data"]["active"] is False

        assert website.get(product).status_code == 404
        assert len(read(website, f"{path}/products")) == 3
        assert len(read(desk, f"{path}/products")) == 3
        assert len(read(desk, f"{path}/products", active="any")) == 4
        assert refused(website.get(f"{path}/products", {"active": "any"}), 403) == []
        assert len(read(website, f"{path}/support-options")["products"]) == 3

    def test_a_second_one_of_its_kind_is_a_conflict(self, desk, path, products):
        new = {"productType": "GROUP_SESSION_PASS", "basePrice": {"amount": "1.00"}}

        response = desk.post(f"{path}/products", new)

        assert response.status_code == 409
        assert response.json()["error"]["details"] == {
            "reason": "PRODUCT_TAKEN",
            "fields": {"productType": ["This course has a product of this kind already."]},
        }
        assert Product.objects.get(kind="GROUP_SESSION_PASS").price_amount == Decimal("90.00")
        assert Product.objects.count() == 4

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"basePrice": {"amount": "-1.00"}}, "basePrice.amount"),
            ({"basePrice": {"amount": "1.001"}}, "basePrice.amount"),
            ({"basePrice": {"amount": "1.00", "currency": "USD"}}, "basePrice.currency"),
            ({"basePrice": None}, "basePrice"),
            ({"sessions": 0}, "sessions"),
            ({"sessions": -3}, "sessions"),
            ({"sessions": 1001}, "sessions"),
            ({"sessions": 5}, "sessions"),
            ({"validDays": 30}, "validDays"),
            ({"name": "  "}, "name"),
            ({"productType": "GIFT"}, "productType"),
            ({"courseId": NOWHERE}, "courseId"),
        ],
    )
    def test_what_is_wrong_is_named_and_nothing_changes(self, desk, salon, products, change, field):
        before = list(Product.objects.order_by("id").values())
        single = f"{PRODUCTS}/{products['INDIVIDUAL_SESSION'].pk}"

        assert refused(desk.patch(single, change), 400) == [field]

        assert list(Product.objects.order_by("id").values()) == before
        other = f"{COURSES}/{CourseFactory(organization=salon).pk}/products"
        new = {"productType": "INDIVIDUAL_SESSION", "basePrice": {"amount": "40.00"}}
        assert refused(desk.post(other, {**new, **change}), 400) == [field]
        assert Product.objects.count() == 4
        assert not Event.objects.filter(name__startswith="product.").exists()

    def test_who_may_only_read_sells_nothing(self, website, salon, path, products):
        reader = client_with(a_key(salon, kind=ApiKey.Kind.SECRET, scopes=["catalog:read"]))
        product = f"{PRODUCTS}/{products['GROUP_SESSION_PASS'].pk}"
        for client in (website, reader):
            assert client.get(product).status_code == 200
            assert refused(client.patch(product, {"active": False}), 403) == []
            assert refused(client.post(f"{path}/products", {}), 403) == []
        assert Product.objects.filter(is_active=True).count() == 4
        assert not BundlePurchase.objects.exists()
