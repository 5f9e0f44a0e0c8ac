"""A bundle's receipt, and what a booking says of the bundle that paid for it."""

from datetime import timedelta

import pytest

from bookings.services.booking import BookingRequest, create_booking
from bookings.services.bundle import BundleOrder, purchase_bundle
from bookings.services.bundle_expiring import announce_expiring_bundles
from bookings.services.credit import adjust_credits
from bookings.services.customer import details_of
from notifications.models import Delivery
from tests.console import desk_for
from tests.notifications.test_messages import text_of

pytestmark = pytest.mark.django_db

LEA, DESK = "lea@example.com", "desk@salon.example"
DAY = timedelta(days=1)


def said_in(mail) -> str:
    return " ".join(text_of(mail).split())


def test_who_buys_a_bundle_gets_a_receipt_and_the_desk_reads_of_the_sale(
    clock, products, lea, staff, deliver, mail_server
):
    order = BundleOrder(product=products["FULL_SEMESTER_BUNDLE"], customer=lea)
    bundle = purchase_bundle(order, caller=staff)
    deliver()

    name = "Bundle for the whole semester"
    assert mail_server.subjects_to(LEA) == [f"Your bundle: {name}, 10 sessions of Algebra I"]
    assert mail_server.subjects_to(DESK) == [
        f"Bundle sold: Lea Lang, {name}, 10 sessions of Algebra I"
    ]
    to_lea, to_desk = mail_server.to(LEA)[0], mail_server.to(DESK)[0]
    text = said_in(to_lea)
    assert text.startswith(
        f"Your bundle is ready to use {name} 10 sessions "
        "Valid Tue 3 Nov, 08:00 – Wed 3 Mar 2027, 08:00, Europe/Berlin"
    )
    assert "For: Algebra I" in text
    assert "Price: 300.00 EUR" in text
    assert "admin" not in text
    assert to_desk["Reply-To"] == LEA
    assert f"/admin/bookings/bundlepurchase/{bundle.pk}/change/" in said_in(to_desk)
    assert {row.about for row in Delivery.objects.all()} == {("bundle", bundle.pk)}
    clerk = desk_for(bundle.organization)
    assert "Bundle bought" in clerk.get(f"/admin/bookings/bundlepurchase/{bundle.pk}/change/").text
    receipt = Delivery.objects.get(message="bundle_purchased")
    page = clerk.get(f"/admin/notifications/delivery/{receipt.pk}/change/").text
    assert f"/admin/bookings/bundlepurchase/{bundle.pk}/change/" in page


def test_a_receipt_that_does_not_arrive_alerts_the_desk_without_a_name_in_the_row(
    clock, products, lea, staff, deliver, mail_server
):
    mail_server.to_recipient[LEA] = "550 5.1.1 Lea Lang is unknown here"
    purchase_bundle(
        BundleOrder(product=products["FULL_SEMESTER_BUNDLE"], customer=lea), caller=staff
    )
    deliver()
    deliver()

    failed = Delivery.objects.get(message="bundle_purchased")
    assert failed.status == "FAILED"
    assert "Lea" not in failed.last_error
    alert = mail_server.to(DESK)[-1]
    assert alert["Subject"].startswith("Not delivered: message to Lea Lang, Bundle for the whole")
    assert "Message: Bundle bought" in said_in(alert)


def test_a_booking_that_a_bundle_paid_says_what_is_left(
    clock, algebra, bundle, lea, ten_o_clock, staff, deliver, mail_server
):
    request = BookingRequest(
        service=algebra,
        customer=details_of(lea),
        starts_at=ten_o_clock,
        minutes=60,
        inquiry="Fractions",
        bundle=bundle,
    )
    create_booking(request, caller=staff)
    deliver()

    for reader in (LEA, DESK):
        text = said_in(mail_server.to(reader)[0])
        assert "Paid with: Bundle for the whole semester: 9 of 10 sessions left" in text
        assert "Price" not in text


def test_a_bundle_that_ends_within_a_week_is_announced_once_while_sessions_are_left(
    clock, bundle, group_pass, products, lea, staff, deliver, mail_server
):
    short = BundleOrder(
        product=products["MIDTERM_FINAL_BUNDLE"],
        customer=lea,
        valid_from_at=bundle.valid_to_at - 10 * DAY,
        valid_to_at=bundle.valid_to_at,
    )
    adjust_credits(group_pass, amount=-10, reason="Moved away", caller=staff)
    adjust_credits(bundle, amount=-7, reason="Used elsewhere", caller=staff)
    clock.move_to(bundle.valid_to_at - 8 * DAY)
    purchase_bundle(short, caller=staff)  # they know that it is short
    assert announce_expiring_bundles() == 0
    clock.shift(DAY)
    assert announce_expiring_bundles() == 1
    assert announce_expiring_bundles() == 0
    deliver()

    ends = [mail for mail in mail_server.to(LEA) if mail["Subject"].startswith("Ends soon")]
    (mail,) = ends
    assert " ".join(mail["Subject"].split()) == (
        "Ends soon: Bundle for the whole semester, 3 of 3 sessions left of Algebra I"
    )
    assert "It pays for what begins before Mon 1 Mar, 00:00. What is left" in said_in(mail)


def test_who_used_it_up_meanwhile_is_not_reminded_of_it(
    clock, bundle, staff, relay, deliver, mail_server
):
    clock.move_to(bundle.valid_to_at - DAY)
    announce_expiring_bundles()
    relay()
    adjust_credits(bundle, amount=-10, reason="Used elsewhere", caller=staff)
    deliver()

    assert Delivery.objects.get().drop_reason == "OVER"
    assert mail_server.mails == []
