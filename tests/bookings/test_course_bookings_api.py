"""Single sessions of a course as its clients book, list and cancel them."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from rest_framework.test import APIClient

from bookings.models import Booking, CreditEntry, ExamPeriod
from bookings.services.status import cancel_booking
from tests.bookings.course_calls import data, details, everything, fields
from tests.factories import (
    BundleFactory,
    CourseFactory,
    CustomerFactory,
    ProductFactory,
    ResourceFactory,
)

pytestmark = pytest.mark.django_db

BOOKINGS = "/api/bookings"
INDIVIDUAL = f"{BOOKINGS}/individual"
FREE = {"amount": "0.00", "currency": "EUR"}
FORTY = {"amount": "40.00", "currency": "EUR"}


@pytest.fixture
def ask(clock, algebra, lea):
    """Lea wants an hour of algebra on Monday, 16 November, 10:00 in Berlin."""
    return {
        "courseId": str(algebra.pk),
        "studentId": str(lea.pk),
        "date": "2026-11-16T10:00:00+01:00",
        "durationMinutes": 60,
    }


def ledger(bundle):
    lines = CreditEntry.objects.filter(bundle=bundle).order_by("number")
    return [(line.kind, line.amount, line.balance) for line in lines]


def test_a_bundle_pays_for_a_session_with_the_ta_who_was_asked_for(desk, ask, bundle, ben, lea):
    asked = {**ask, "taId": str(ben.pk), "bundlePurchaseId": str(bundle.pk), "notes": "Shy"}

    answer = desk.post(INDIVIDUAL, asked)

    booked = data(answer, 201)
    expected = {
        "studentId": str(lea.pk),
        "taId": str(ben.pk),
        "courseId": ask["courseId"],
        "date": "2026-11-16T09:00:00Z",
        "durationMinutes": 60,
        "pricePerStudent": FREE,
        "sessionType": "INDIVIDUAL",
        "bundlePurchaseId": str(bundle.pk),
        "status": "CONFIRMED",
        "name": "Lea Lang",
        "email": "lea@example.com",
        "notes": "Shy",
        "customerId": str(lea.pk),
        "serviceId": ask["courseId"],
        "resourceId": str(ben.pk),
        "price": FREE,
    }
    assert {name: booked[name] for name in expected} == expected
    assert "groupSessionId" not in booked
    assert answer["ETag"] == '"1"'
    assert data(APIClient().get(f"/api/manage/{booked['manageToken']}"))["id"] == booked["id"]
    assert ledger(bundle) == [("GRANTED", 10, 10), ("SPENT", -1, 9)]
    general = data(desk.get(f"{BOOKINGS}/{booked['id']}"))
    assert general["bundlePurchaseId"] == str(bundle.pk)
    assert "studentId" not in general


def test_without_a_bundle_the_price_of_one_session_is_due_and_any_ta_will_do(
    desk, ask, products, anna, teach
):
    teach(ta=anna)

    booked = data(desk.post(INDIVIDUAL, ask), 201)

    assert booked["pricePerStudent"] == FORTY
    assert booked["taId"] != str(anna.pk)
    assert "bundlePurchaseId" not in booked


def test_a_busy_ta_is_told_with_other_times_of_theirs(desk, ask, bundle, anna, teach):
    teach(ta=anna)
    before = everything()

    asked = {**ask, "taId": str(anna.pk), "bundlePurchaseId": str(bundle.pk)}
    refused = details(desk.post(INDIVIDUAL, asked))

    assert refused["reason"] == "TA_BUSY"
    assert [slot["startTime"] for slot in refused["alternatives"]] == [
        "2026-11-16T08:00:00Z",
        "2026-11-16T10:00:00Z",
        "2026-11-16T11:00:00Z",
    ]
    assert {one for slot in refused["alternatives"] for one in slot["resourceIds"]} == {
        str(anna.pk)
    }
    assert everything() == before


def test_who_does_not_teach_it_is_refused(desk, ask, salon):
    clara = ResourceFactory(organization=salon, name="Clara")
    before = everything()

    refused = details(desk.post(INDIVIDUAL, {**ask, "taId": str(clara.pk)}))

    assert refused["reason"] == "TA_NOT_ON_COURSE"
    assert everything() == before


def _of_another_student(bundle):
    other = CustomerFactory(organization=bundle.organization)
    return BundleFactory(product=bundle.product, customer=other)


def _of_another_course(bundle):
    course = CourseFactory(organization=bundle.organization)
    return BundleFactory(product=ProductFactory(service=course), customer=bundle.customer)


def _of_another_kind(bundle):
    product = bundle.service.products.get(kind="GROUP_SESSION_PASS")
    return BundleFactory(product=product, customer=bundle.customer)


def _for_exams_only(bundle):
    ExamPeriod.objects.create(
        service=bundle.service, kind="MIDTERM", starts_on="2026-11-17", ends_on="2026-11-20"
    )
    product = bundle.service.products.get(kind="MIDTERM_FINAL_BUNDLE")
    return BundleFactory(product=product, customer=bundle.customer)


def _changed(**columns):
    def change(bundle):
        for name, value in columns.items():
            setattr(bundle, name, value)
        bundle.save()
        return bundle

    return change


def _empty(bundle):
    product = bundle.service.products.get(kind="MIDTERM_FINAL_BUNDLE")
    return BundleFactory(product=product, customer=bundle.customer, remaining_sessions=0)


@pytest.mark.parametrize(
    ("which", "reason"),
    [
        (_of_another_student, "BUNDLE_NOT_COVERING"),
        (_of_another_course, "BUNDLE_NOT_COVERING"),
        (_of_another_kind, "BUNDLE_NOT_COVERING"),
        (_for_exams_only, "BUNDLE_NOT_COVERING"),
        (_changed(valid_from_at=datetime(2026, 11, 17, tzinfo=UTC)), "BUNDLE_NOT_COVERING"),
        (_changed(valid_to_at=datetime(2026, 11, 16, 9, tzinfo=UTC)), "BUNDLE_EXPIRED"),
        (_empty, "NO_CREDIT"),
    ],
)
def test_a_bundle_that_does_not_pay_for_it_is_refused(desk, ask, bundle, which, reason):
    other = which(bundle)
    before = everything()

    refused = details(desk.post(INDIVIDUAL, {**ask, "bundlePurchaseId": str(other.pk)}))

    assert refused["reason"] == reason
    assert everything() == before


def test_what_is_not_there_or_somebody_elses_is_not_found_by_its_field(
    desk, stranger, ask, haircut
):
    foreign = BundleFactory()
    before = everything()

    for changes in (
        {"courseId": str(haircut.pk)},  # no course
        {"courseId": str(foreign.service_id)},
        {"studentId": str(foreign.customer_id)},
        {"taId": str(ResourceFactory().pk)},
        {"bundlePurchaseId": str(foreign.pk)},
    ):
        assert fields(desk.post(INDIVIDUAL, {**ask, **changes}), 404) == list(changes)
    assert fields(stranger.post(INDIVIDUAL, ask), 404) == ["courseId"]
    assert everything() == before


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"date": "2026-11-02T10:00:00+01:00"}, ["date"]),
        ({"date": "2026-11-16T10:00:30+01:00"}, ["date"]),
        ({"date": "2026-11-16T10:00:00"}, ["date"]),
        ({"durationMinutes": 45}, ["durationMinutes"]),
        ({"durationMinutes": 0}, ["durationMinutes"]),
        ({"location": "At home"}, ["location"]),
        ({"status": "BOOKED"}, ["status"]),
        ({"date": None, "studentId": None}, ["date", "studentId"]),
    ],
)
def test_what_is_wrong_in_itself_is_told_by_the_fields_of_this_call(desk, ask, changes, wrong):
    before = everything()

    assert fields(desk.post(INDIVIDUAL, {**ask, **changes})) == wrong
    assert everything() == before


def test_lists_of_a_student_and_of_a_ta(
    desk, website, stranger, teach, bundle, lea, anna, ben, ten_o_clock, salon,
    django_assert_num_queries,
):  # fmt: skip
    first = teach(ta=anna, bundle=bundle)
    second = teach(at=ten_o_clock + timedelta(days=1), ta=ben)
    hers, bens = f"{BOOKINGS}/students/{lea.pk}", f"{BOOKINGS}/tas/{ben.pk}"
    desk.get(hers)

    with django_assert_num_queries(3):  # is there somebody, how many, the rows
        rows = data(desk.get(hers))

    assert [(row["id"], row["taId"], row["sessionType"]) for row in rows] == [
        (str(first.pk), str(anna.pk), "INDIVIDUAL"),
        (str(second.pk), str(ben.pk), "INDIVIDUAL"),
    ]
    assert [row["id"] for row in data(desk.get(bens))] == [str(second.pk)]
    assert len(data(desk.get(hers, {"status": "BOOKED"}))) == 2
    assert len(data(desk.get(hers, {"status": "CONFIRMED", "dateTo": "2026-11-16"}))) == 1
    assert data(desk.get(hers, {"status": "CANCELLED"})) == []
    walked = desk.get(hers, {"cursor": "", "limit": "1"}).json()
    rest = desk.get(hers, {"cursor": walked["pagination"]["next"], "limit": "1"}).json()
    assert [row["id"] for row in walked["data"] + rest["data"]] == [str(first.pk), str(second.pk)]

    assert fields(desk.get(BOOKINGS, {"status": "BOOKED"})) == ["status"]
    for path in (hers, bens):
        assert website.get(path).status_code == 403
        assert stranger.get(path).status_code == 404
        assert desk.get(path, {"color": "red"}).status_code == 400
    assert desk.get(f"{BOOKINGS}/students/{ben.pk}").status_code == 404
    assert desk.get(f"{BOOKINGS}/tas/nobody").status_code == 404


def test_cancelling_returns_the_credit_and_is_refused_the_second_time(
    desk, website, stranger, teach, bundle
):
    booking = teach(bundle=bundle)
    path = f"{BOOKINGS}/{booking.pk}/cancel"
    assert website.patch(path, {}).status_code == 403
    assert stranger.patch(path, {}).status_code == 404
    assert desk.patch(path, {}, headers={"If-Match": '"7"'}).status_code == 412
    assert desk.patch(path, {"status": "CANCELLED"}).status_code == 400
    assert ledger(bundle)[1:] == [("SPENT", -1, 9)]

    cancelled = data(desk.patch(path, {"reason": "Ill"}, headers={"If-Match": '"1"'}))

    assert (cancelled["status"], cancelled["version"]) == ("CANCELLED", 2)
    assert cancelled["studentId"] == str(bundle.customer_id)
    assert ledger(bundle)[1:] == [("SPENT", -1, 9), ("RETURNED", 1, 10)]
    before = everything()
    assert details(desk.patch(path, {"returnCredit": True}))["reason"] == "ILLEGAL_TRANSITION"
    assert everything() == before


def _by_delete(desk, path, **body):
    return desk.delete(path, body)


def _by_status(desk, path, **body):
    return desk.patch(path, {"status": "CANCELLED", **body})


def _by_cancel(desk, path, **body):
    return desk.patch(f"{path}/cancel", body)


@pytest.mark.parametrize("cancel", [_by_delete, _by_status, _by_cancel])
@pytest.mark.parametrize(("said", "left"), [(True, 10), (False, 9), (None, 9)])
def test_after_the_deadline_the_credit_is_kept_unless_it_is_said_to_go_back(
    desk, teach, bundle, algebra, cancel, said, left
):
    algebra.cancel_notice_minutes = 60 * 24 * 30
    algebra.save()
    booking = teach(bundle=bundle)

    data(cancel(desk, f"{BOOKINGS}/{booking.pk}", returnCredit=said))

    bundle.refresh_from_db()
    assert bundle.remaining_sessions == left


def test_only_staff_say_whether_a_credit_goes_back_and_only_when_cancelling(desk, teach, bundle):
    booking = teach(bundle=bundle)
    path = f"{BOOKINGS}/{booking.pk}"
    token = data(desk.post(INDIVIDUAL, _tomorrow(booking, bundle)), 201)["manageToken"]
    before = everything()

    refused = desk.patch(path, {"status": "COMPLETED", "returnCredit": True})
    assert fields(refused) == ["returnCredit"]
    assert fields(APIClient().delete(f"/api/manage/{token}", {"returnCredit": True})) == [
        "returnCredit"
    ]
    assert everything() == before


def _tomorrow(booking, bundle):
    return {
        "courseId": str(booking.service_id),
        "studentId": str(booking.customer_id),
        "date": (booking.starts_at + timedelta(days=1)).isoformat(),
        "durationMinutes": 60,
        "bundlePurchaseId": str(bundle.pk),
    }


def test_a_booking_made_as_any_other_can_be_paid_by_the_bundle_of_this_address(
    desk, website, bundle, algebra, clock
):
    wish = {
        "name": "Lea",
        "email": "LEA@example.com",
        "serviceId": str(algebra.pk),
        "timeSlot": {"startTime": "2026-11-16T10:00:00+01:00", "duration": 60},
        "bundlePurchaseId": str(bundle.pk),
    }
    before = everything()
    assert website.post(BOOKINGS, wish).status_code == 403
    other = details(desk.post(BOOKINGS, {**wish, "email": "tom@example.com"}))
    assert other["reason"] == "BUNDLE_NOT_COVERING"
    series = {**wish, "recurrence": "FREQ=WEEKLY;COUNT=2"}
    assert fields(desk.post("/api/series", series)) == ["bundlePurchaseId"]
    assert everything() == before

    booked = data(desk.post(BOOKINGS, wish), 201)

    assert (booked["price"], booked["bundlePurchaseId"]) == (FREE, str(bundle.pk))
    assert Booking.objects.get().customer_id == bundle.customer_id
    assert ledger(bundle)[1:] == [("SPENT", -1, 9)]


def test_a_bundle_keeps_paying_only_where_it_would_have_paid(desk, teach, bundle, ten_o_clock):
    _changed(valid_to_at=ten_o_clock + timedelta(days=1))(bundle)
    booking = teach(bundle=bundle)
    path, later = f"{BOOKINGS}/{booking.pk}", "2026-11-17T10:00:00+01:00"
    before = everything()

    refused = details(desk.put(path, {"timeSlot": {"startTime": later, "duration": 60}}))

    assert refused["reason"] == "BUNDLE_EXPIRED"
    assert everything() == before


def test_a_repeated_request_books_and_pays_once(desk, ask, bundle):
    asked, key = {**ask, "bundlePurchaseId": str(bundle.pk)}, {"Idempotency-Key": "one"}

    first, second = (desk.post(INDIVIDUAL, asked, headers=key) for _ in range(2))

    assert data(first, 201)["id"] == data(second, 201)["id"]
    assert ledger(bundle)[1:] == [("SPENT", -1, 9)]


def test_prices_are_a_snapshot(desk, teach, products, staff):
    booking = teach()
    products["INDIVIDUAL_SESSION"].price_amount = Decimal("55.00")
    products["INDIVIDUAL_SESSION"].save()

    assert data(desk.get(f"{BOOKINGS}/{booking.pk}"))["price"] == FORTY
    cancelled = cancel_booking(booking, caller=staff)
    assert cancelled.price_amount == Decimal("40.00")
