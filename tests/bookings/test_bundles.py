"""Sessions that are paid for in advance: sold, spent, returned, corrected, and over."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from bookings.errors import (
    BundleExpired,
    BundleNotCovering,
    DuplicatePurchase,
    IllegalTransition,
    NoCredit,
    TaBusy,
    TaNotOnCourse,
)
from bookings.models import (
    Allocation,
    Booking,
    BundlePurchase,
    CreditEntry,
    ExamPeriod,
)
from bookings.services.bundle import BundleOrder, purchase_bundle
from bookings.services.credit import adjust_credits, expire_bundles
from bookings.services.individual import IndividualRequest, book_individual
from bookings.services.rescheduling import Changes, update_booking
from bookings.services.status import cancel_booking, lapse_requests, mark_no_show
from core.access import Caller, CallerKind
from core.errors import Forbidden, Invalid, NotFound
from core.models import Event
from tests.factories import BundleFactory, CustomerFactory, ProductFactory, ResourceFactory

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
WHEN_REFUSED = (Booking, Allocation)


@pytest.fixture
def teach(clock, algebra, lea, staff, ten_o_clock):
    """Book Lea an hour of algebra on Monday at ten, unless told otherwise."""

    def teach(at: datetime = ten_o_clock, **changes) -> Booking:
        usual = {"course": algebra, "student": lea, "starts_at": at, "minutes": 60}
        return book_individual(IndividualRequest(**{**usual, **changes}), caller=staff)

    return teach


def ledger_of(bundle: BundlePurchase) -> list[tuple[int, str, int, int]]:
    return list(bundle.ledger.values_list("number", "kind", "amount", "balance"))


def left_of(bundle: BundlePurchase) -> int:
    bundle.refresh_from_db()
    return bundle.remaining_sessions


def refused(of: BundlePurchase, error: type[Exception], work, /, *args, **kwargs) -> Exception:
    """Nothing is booked, and nothing is taken from the bundle."""
    before = [model.objects.count() for model in WHEN_REFUSED], ledger_of(of)
    with pytest.raises(error) as raised:
        work(*args, **kwargs)
    assert ([model.objects.count() for model in WHEN_REFUSED], ledger_of(of)) == before
    assert left_of(of) == before[1][-1][-1]
    return raised.value


# --- selling ---------------------------------------------------------------------------------


def test_a_bundle_is_sold_as_the_product_says(clock, lea, products, staff):
    product = products["FULL_SEMESTER_BUNDLE"]

    sold = purchase_bundle(BundleOrder(product=product, customer=lea), caller=staff)

    sold.refresh_from_db()
    assert (sold.total_sessions, sold.remaining_sessions, sold.status) == (10, 10, "ACTIVE")
    assert (sold.coverage, sold.service_id) == ("FULL_SEMESTER", product.service_id)
    assert (sold.price_amount, sold.price_currency) == (Decimal("300.00"), "EUR")
    assert sold.valid_to_at - sold.valid_from_at == timedelta(days=120)
    assert ledger_of(sold) == [(1, "GRANTED", 10, 10)]
    event = Event.objects.get(name="bundle.purchased")
    assert (event.subject_id, event.data["sessions"], event.data["amount"]) == (
        sold.pk,
        10,
        "300.00",
    )
    product.price_amount = Decimal("999.00")
    product.save()
    sold.refresh_from_db()
    assert sold.price_amount == Decimal("300.00")


def test_a_second_one_is_refused_while_one_is_active(clock, bundle, lea, products, staff):
    again = BundleOrder(product=products["FULL_SEMESTER_BUNDLE"], customer=lea)

    with pytest.raises(DuplicatePurchase) as refusal:
        purchase_bundle(again, caller=staff)

    assert refusal.value.details == {"bundlePurchaseId": bundle.pk}
    assert BundlePurchase.objects.get() == bundle
    other = purchase_bundle(
        BundleOrder(product=products["MIDTERM_FINAL_BUNDLE"], customer=lea), caller=staff
    )
    assert other.coverage == "MIDTERM_FINAL_ONLY"


@pytest.mark.parametrize("ended", ["used up", "over"])
def test_what_is_used_up_or_over_may_be_bought_again(ended, clock, bundle, lea, products, staff):
    if ended == "used up":
        adjust_credits(bundle, amount=-10, reason="Paid back", caller=staff)
    else:
        clock.shift(timedelta(days=118))  # 1 March 2027

    again = purchase_bundle(
        BundleOrder(product=products["FULL_SEMESTER_BUNDLE"], customer=lea), caller=staff
    )

    bundle.refresh_from_db()
    assert (bundle.is_latest, again.is_latest) == (False, True)
    assert bundle.status == ("USED_UP" if ended == "used up" else "EXPIRED")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"total_sessions": 0}, "totalSessions"),
        ({"total_sessions": 1001}, "totalSessions"),
        ({"valid_to_at": datetime(2026, 11, 3, 7, tzinfo=UTC)}, "validTo"),
        ({"valid_to_at": datetime(2036, 11, 3, tzinfo=UTC)}, "validTo"),
        (
            {
                "valid_from_at": datetime(2027, 1, 2, tzinfo=UTC),
                "valid_to_at": datetime(2027, 1, 1, tzinfo=UTC),
            },
            "validTo",
        ),
        ({"coverage": BundlePurchase.Coverage.MIDTERM_FINAL_ONLY}, "coverageType"),
    ],
)
def test_a_bundle_that_makes_no_sense_is_not_sold(changes, field, clock, lea, products, staff):
    product = products["FULL_SEMESTER_BUNDLE"]

    with pytest.raises(Invalid) as refusal:
        purchase_bundle(BundleOrder(product=product, customer=lea, **changes), caller=staff)

    assert list(refusal.value.details["fields"]) == [field]
    assert not BundlePurchase.objects.exists()
    assert not CreditEntry.objects.exists()


def test_what_is_not_on_sale_is_not_sold(clock, lea, products, staff):
    single, pass_ = products["INDIVIDUAL_SESSION"], products["GROUP_SESSION_PASS"]
    pass_.is_active = False
    pass_.save()
    for product in (single, pass_):
        with pytest.raises(Invalid) as refusal:
            purchase_bundle(BundleOrder(product=product, customer=lea), caller=staff)
        assert list(refusal.value.details["fields"]) == ["productId"]
    elsewhere = ProductFactory()
    with pytest.raises(NotFound):
        purchase_bundle(BundleOrder(product=elsewhere, customer=lea), caller=staff)
    assert not BundlePurchase.objects.exists()


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


# --- the ledger ------------------------------------------------------------------------------


def test_staff_correct_a_bundle_with_a_reason(clock, bundle, staff):
    adjust_credits(bundle, amount=2, reason="A gift", caller=staff)
    after = adjust_credits(bundle, amount=-12, reason="Paid back", caller=staff)

    assert (after.total_sessions, after.remaining_sessions, after.status) == (0, 0, "USED_UP")
    assert ledger_of(bundle)[1:] == [(2, "ADJUSTED", 2, 12), (3, "ADJUSTED", -12, 0)]
    assert [entry.reason for entry in bundle.ledger.all()] == ["", "A gift", "Paid back"]
    assert Event.objects.filter(name="bundle.adjusted").count() == 2


@pytest.mark.parametrize(
    ("amount", "reason", "error"),
    [(0, "x", Invalid), (1, " ", Invalid), (1001, "x", Invalid), (-11, "x", NoCredit)],
)
def test_a_correction_has_to_make_sense(amount, reason, error, clock, bundle, staff):
    refused(bundle, error, adjust_credits, bundle, amount=amount, reason=reason, caller=staff)


def test_who_may_sell_may_not_correct(clock, bundle, salon):
    seller = Caller(CallerKind.KEY, salon.pk, scopes=frozenset({"bundles:write"}))
    refused(bundle, Forbidden, adjust_credits, bundle, amount=1, reason="x", caller=seller)


def test_what_is_left_when_a_bundle_is_over_expires_by_itself(clock, teach, bundle, staff):
    booking = teach(bundle=bundle)
    assert expire_bundles() == 0
    clock.move_to(bundle.valid_to_at)

    assert (expire_bundles(), expire_bundles()) == (1, 0)

    assert ledger_of(bundle)[-1] == (3, "EXPIRED", -9, 0)
    assert (left_of(bundle), bundle.status) == (0, "EXPIRED")
    cancel_booking(booking, caller=staff, return_credit=True)
    assert (left_of(bundle), expire_bundles(), left_of(bundle)) == (1, 1, 0)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE bookings_creditentry SET amount = 5",
        "DELETE FROM bookings_creditentry",
        "UPDATE bookings_bundlepurchase SET remaining_sessions = 9",
        "UPDATE bookings_bundlepurchase SET remaining_sessions = 11",
        "UPDATE bookings_bundlepurchase SET entries = 2",
    ],
)
def test_the_database_refuses_a_forged_ledger(change, bundle):
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        with pytest.raises(IntegrityError), transaction.atomic():
            cursor.execute(change)
    assert (left_of(bundle), ledger_of(bundle)) == (10, [(1, "GRANTED", 10, 10)])


def test_one_booking_is_paid_and_paid_back_at_most_once(teach, bundle):
    booking = teach(bundle=bundle)
    spent = bundle.ledger.get(kind="SPENT")
    for kind, amount in (("SPENT", -1), ("RETURNED", 1), ("RETURNED", 1)):
        entry = CreditEntry(
            organization_id=bundle.organization_id,
            bundle=bundle,
            number=spent.number + 1,
            kind=kind,
            amount=amount,
            balance=9,
            booking=booking,
            actor_kind="command",
        )
        if CreditEntry.objects.filter(booking=booking, kind=kind).exists():
            with pytest.raises(IntegrityError), transaction.atomic():
                entry.save(force_insert=True)
        else:
            entry.save(force_insert=True)
            spent = entry
    assert ledger_of(bundle) == [
        (1, "GRANTED", 10, 10),
        (2, "SPENT", -1, 9),
        (3, "RETURNED", 1, 9),
    ]
