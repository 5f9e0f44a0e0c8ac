"""Bundles: sold, corrected, over, and a ledger that cannot be forged."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from bookings.errors import (
    DuplicatePurchase,
    NoCredit,
)
from bookings.models import (
    BundlePurchase,
    CreditEntry,
)
from bookings.services.bundle import BundleOrder, purchase_bundle
from bookings.services.credit import adjust_credits, expire_bundles
from bookings.services.status import cancel_booking
from core.access import Caller, CallerKind
from core.errors import Forbidden, Invalid, NotFound
from core.models import Event
from tests.bookings.ledgers import ledger_of, left_of, refused
from tests.factories import ProductFactory

pytestmark = pytest.mark.django_db


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
