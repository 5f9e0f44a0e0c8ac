"""What a bundle pays for, and what is given back to it."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from bookings.errors import (
    BundleExpired,
    BundleNotCovering,
    IllegalTransition,
    NoCredit,
    TaBusy,
    TaNotOnCourse,
)
from bookings.models import (
    Booking,
    ExamPeriod,
)
from bookings.services.rescheduling import Changes, update_booking
from bookings.services.status import cancel_booking, lapse_requests, mark_no_show
from core.access import Caller, CallerKind
from core.errors import NotFound
from core.models import Event
from tests.bookings.ledgers import ledger_of, left_of, refused
from tests.factories import BundleFactory, CustomerFactory, ProductFactory, ResourceFactory

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


# --- spending --------------------------------------------------------------------------------


def test_a_bundle_pays_for_a_session(teach, bundle, anna):
    booking = teach(bundle=bundle, ta=anna)

    booking.refresh_from_db()
    assert (booking.bundle_id, booking.price_amount) == (bundle.pk, Decimal("0.00"))
    assert (booking.status, booking.resource) == ("CONFIRMED", anna)
    assert left_of(bundle) == 9
    assert ledger_of(bundle) == [(1, "GRANTED", 10, 10), (2, "SPENT", -1, 9)]
    assert bundle.ledger.get(kind="SPENT").booking == booking


def test_without_a_bundle_the_price_of_one_session_is_due(teach, products, algebra):
    booking = teach()

    products["INDIVIDUAL_SESSION"].price_amount = Decimal("99.00")
    products["INDIVIDUAL_SESSION"].save()
    booking.refresh_from_db()
    assert (booking.price_amount, booking.price_currency) == (Decimal("40.00"), "EUR")
    products["INDIVIDUAL_SESSION"].is_active = False
    products["INDIVIDUAL_SESSION"].save()
    assert teach(booking.starts_at + HOUR).price_amount == Decimal("45.00")  # the course's own


def test_without_a_ta_the_rule_of_the_course_chooses(teach, anna, ben, ten_o_clock):
    first, second = teach(), teach(student=CustomerFactory(organization=anna.organization))

    assert {first.resource, second.resource} == {anna, ben}
    assert first.assignment["rule"] == "FAIR"
    with pytest.raises(TaBusy) as refusal:
        teach()
    starts = [each["startTime"] for each in refusal.value.details["alternatives"]]
    assert starts == [ten_o_clock - HOUR, ten_o_clock + HOUR, ten_o_clock + 2 * HOUR]
    assert Booking.objects.count() == 2


def test_a_ta_has_to_teach_the_course_and_to_be_free(teach, bundle, anna, salon):
    carla = ResourceFactory(organization=salon, name="Carla")
    refused(bundle, TaNotOnCourse, teach, ta=carla, bundle=bundle)
    teach(ta=anna)
    refused(bundle, TaBusy, teach, ta=anna, bundle=bundle)


def test_somebody_elses_bundle_pays_for_nothing(teach, bundle, group_pass, salon):
    other = CustomerFactory(organization=salon)
    refused(bundle, BundleNotCovering, teach, student=other, bundle=bundle)
    of_another_course = BundleFactory(
        customer=bundle.customer, product=ProductFactory(service__organization=salon)
    )
    refused(of_another_course, BundleNotCovering, teach, bundle=of_another_course)
    refused(group_pass, BundleNotCovering, teach, bundle=group_pass)
    elsewhere = BundleFactory()
    refused(elsewhere, NotFound, teach, bundle=elsewhere)


def test_a_bundle_pays_while_it_is_valid(teach, lea, products):
    product = products["FULL_SEMESTER_BUNDLE"]
    tuesday = datetime(2026, 11, 17, 9, tzinfo=UTC)
    bundle = BundleFactory(
        customer=lea, product=product, valid_from_at=tuesday, valid_to_at=tuesday + HOUR
    )

    early = refused(bundle, BundleNotCovering, teach, tuesday - HOUR, bundle=bundle)
    late = refused(bundle, BundleExpired, teach, tuesday + HOUR, bundle=bundle)

    assert early.details == {"validFrom": tuesday}
    assert late.details == {"validTo": tuesday + HOUR}
    assert teach(tuesday, bundle=bundle).bundle == bundle


def test_a_bundle_for_exams_pays_in_the_exam_periods(teach, algebra, lea, products):
    bundle = BundleFactory(customer=lea, product=products["MIDTERM_FINAL_BUNDLE"])
    teach(datetime(2026, 11, 16, 10, tzinfo=UTC), bundle=bundle)  # no periods: throughout
    monday = date(2026, 11, 23)
    ExamPeriod.objects.create(service=algebra, kind="MIDTERM", starts_on=monday, ends_on=monday)

    refused(bundle, BundleNotCovering, teach, datetime(2026, 11, 20, 9, tzinfo=UTC), bundle=bundle)
    teach(datetime(2026, 11, 23, 9, tzinfo=UTC), bundle=bundle)
    refused(bundle, BundleNotCovering, teach, datetime(2026, 11, 24, 9, tzinfo=UTC), bundle=bundle)
    assert left_of(bundle) == 8


def test_an_empty_bundle_pays_for_nothing(teach, lea, products):
    bundle = BundleFactory(customer=lea, product=products["FULL_SEMESTER_BUNDLE"], total_sessions=1)
    booking = teach(bundle=bundle)

    refused(bundle, NoCredit, teach, booking.starts_at + HOUR, bundle=bundle)
    assert bundle.status == "USED_UP"


def test_what_a_bundle_paid_for_moves_within_what_it_pays_for(teach, lea, products, staff):
    monday = datetime(2026, 11, 16, 9, tzinfo=UTC)
    bundle = BundleFactory(
        customer=lea,
        product=products["FULL_SEMESTER_BUNDLE"],
        valid_to_at=monday + timedelta(days=2),
    )
    booking = teach(monday, bundle=bundle)

    moved = update_booking(booking, Changes(starts_at=monday + timedelta(days=1)), caller=staff)
    with pytest.raises(BundleExpired):
        update_booking(moved, Changes(starts_at=monday + timedelta(days=2)), caller=staff)

    booking.refresh_from_db()
    assert (booking.starts_at, left_of(bundle)) == (monday + timedelta(days=1), 9)


# --- returning -------------------------------------------------------------------------------


def as_customer(booking: Booking) -> Caller:
    return Caller(CallerKind.CUSTOMER, booking.organization_id, booking.pk, frozenset())


def test_cancelling_in_time_returns_the_session_once(teach, bundle, staff):
    booking = teach(bundle=bundle)

    cancel_booking(booking, caller=staff)

    assert left_of(bundle) == 10
    assert ledger_of(bundle)[-1] == (3, "RETURNED", 1, 10)
    assert Event.objects.get(name="booking.cancelled").data["credit_returned"] is True
    refused(bundle, IllegalTransition, cancel_booking, booking, caller=staff)


def test_cancelling_too_late_keeps_it_unless_staff_say_otherwise(
    teach, algebra, bundle, staff, clock
):
    algebra.cancel_notice_minutes = 24 * 60
    algebra.late_fee_amount = Decimal("20.00")
    algebra.save()
    monday = datetime(2026, 11, 16, 9, tzinfo=UTC)
    mine, theirs, kind = [teach(monday + n * HOUR, bundle=bundle) for n in range(3)]
    clock.move_to(monday - timedelta(hours=23))

    cancelled = cancel_booking(mine, caller=as_customer(mine), return_credit=True)
    assert cancelled.fee_amount is None  # the session is what it costs
    cancel_booking(theirs, caller=staff)
    assert left_of(bundle) == 7
    cancel_booking(kind, caller=staff, return_credit=True)

    assert left_of(bundle) == 8
    said = Event.objects.filter(name="booking.cancelled").order_by("id")
    assert [event.data["credit_returned"] for event in said] == [False, False, True]


def test_a_no_show_costs_the_session(teach, bundle, staff, clock):
    booking = teach(bundle=bundle)
    clock.move_to(booking.ends_at)

    mark_no_show(booking, caller=staff)

    assert left_of(bundle) == 9


def test_a_request_that_nobody_answers_costs_nothing(teach, algebra, bundle, clock):
    algebra.needs_approval, algebra.answer_within_minutes = True, 60
    algebra.cancel_notice_minutes = 365 * 24 * 60
    algebra.save()
    booking = teach(bundle=bundle)
    assert (booking.status, left_of(bundle)) == ("PENDING", 9)
    clock.shift(HOUR)

    assert lapse_requests() == 1

    assert left_of(bundle) == 10
