"""Sending again what went wrong, or what somebody says never came."""

import pytest

from bookings.models import Booking
from bookings.services.rescheduling import Changes, update_booking
from bookings.services.status import cancel_booking, confirm_booking
from core.access import Caller
from core.models import Event, Organization
from notifications.errors import NobodyToTell, NoLongerTrue, StillOnItsWay
from notifications.models import Delivery
from notifications.selectors.delivery import deliveries_about, delivery_statistics, went_wrong
from notifications.services.resending import content_of, resend_delivery, why_not_resend

pytestmark = pytest.mark.django_db

MIA = "mia@example.com"
CORRECTED = "mia@example.org"


@pytest.fixture
def failed(book, staff, deliver, mail_server) -> Delivery:
    """A confirmation that was refused for good."""
    mail_server.to_recipient[MIA] = "550 5.1.1 No such user"
    confirm_booking(book(), caller=staff)
    deliver()
    return Delivery.objects.get(message="booking_confirmed")


def test_a_failed_confirmation_is_sent_again_to_the_address_that_holds_now(
    failed, staff, deliver, mail_server
):
    booking = Booking.objects.get()
    booking.email = CORRECTED
    booking.save(update_fields=["email"])

    again = resend_delivery(failed, caller=staff)
    deliver()

    assert mail_server.subjects_to(CORRECTED) == ["Confirmed: Haircut, Mon 16 Nov, 10:00 with Anna"]
    again.refresh_from_db()
    failed.refresh_from_db()
    assert (again.status, again.address, again.resend_of) == ("SENT", CORRECTED, failed)
    assert (failed.status, failed.address) == ("FAILED", MIA)
    booking.refresh_from_db()
    assert booking.confirmation_sent is True
    event = Event.objects.get(name="delivery.resent")
    assert (event.subject_id, event.data["resend_of"]) == (again.pk, str(failed.pk))


def test_a_message_that_arrived_can_be_sent_again_under_another_id(
    book, staff, deliver, mail_server
):
    book()
    deliver()
    row = Delivery.objects.get(message="booking_received")

    resend_delivery(row, caller=staff)
    deliver()

    first, second = mail_server.to(MIA)
    assert first["Subject"] == second["Subject"]
    assert first["Message-ID"] != second["Message-ID"]


def test_pressing_twice_sends_once_more(failed, staff, deliver, mail_server):
    mail_server.to_recipient.clear()
    resend_delivery(failed, caller=staff)

    with pytest.raises(StillOnItsWay):
        resend_delivery(failed, caller=staff)

    deliver()
    assert len(mail_server.to(MIA)) == 1
    assert Delivery.objects.filter(resend_of=failed).count() == 1


def test_what_is_still_on_its_way_is_not_repeated(book, staff, relay):
    book()
    relay()
    row = Delivery.objects.get(message="booking_received")

    with pytest.raises(StillOnItsWay):
        resend_delivery(row, caller=staff)

    assert why_not_resend(row) == "This message is still on its way."


def test_what_is_no_longer_true_is_not_said_again(failed, staff):
    cancel_booking(Booking.objects.get(), caller=staff)

    with pytest.raises(NoLongerTrue) as refusal:
        resend_delivery(failed, caller=staff)

    assert refusal.value.details == {"why": "CANCELLED"}
    assert str(refusal.value) == "It was cancelled first."
    assert why_not_resend(failed) == "It was cancelled first."
    assert Delivery.objects.filter(resend_of=failed).count() == 0


def test_a_new_time_that_is_old_is_not_said_again(book, staff, deliver, mail_server, ten_o_clock):
    booking = book()
    deliver()
    for hour in (11, 12):
        later = ten_o_clock.replace(hour=hour)
        booking = update_booking(booking, Changes(starts_at=later), caller=staff)
        deliver()
    old, new = Delivery.objects.filter(message="booking_rescheduled").order_by("id")

    with pytest.raises(NoLongerTrue):
        resend_delivery(old, caller=staff)
    resend_delivery(new, caller=staff)
    deliver()

    assert mail_server.subjects_to(MIA)[-1] == "New time: Haircut, Mon 16 Nov, 13:00 with Anna"


def test_without_an_address_there_is_nobody_to_tell(book, staff, deliver, mail_server, salon):
    book()
    deliver()
    salon.admin_email = ""
    salon.save()

    with pytest.raises(NobodyToTell):
        resend_delivery(Delivery.objects.get(message="admin_booking_new"), caller=staff)


def test_the_dashboard_counts_what_waits_and_what_went_wrong_and_was_not_put_right(
    failed, salon, staff, deliver, mail_server, book, ten_o_clock, relay
):
    since = failed.created_at.replace(hour=0)
    book(ten_o_clock.replace(hour=14))
    relay()

    now = delivery_statistics(Caller.command(salon.pk), since=since)
    assert (now.waiting, now.late, now.failed, now.bounced) == (3, 0, 1, 0)
    assert list(went_wrong(salon.pk, since=since)) == [failed]
    assert (
        delivery_statistics(
            Caller.command(salon.pk), since=failed.created_at.replace(year=2027)
        ).failed
        == 0
    )

    mail_server.to_recipient.clear()
    resend_delivery(failed, caller=staff)
    deliver()

    now = delivery_statistics(Caller.command(salon.pk), since=since)
    assert (now.waiting, now.failed, now.oldest_waiting_at) == (0, 0, None)


def test_a_message_that_waits_for_long_is_late(book, relay, salon, clock):
    book()
    relay()
    begun = Delivery.objects.get(message="booking_received").created_at
    clock.shift(16 * 60)

    now = delivery_statistics(Caller.command(salon.pk), since=begun)

    assert (now.waiting, now.late, now.oldest_waiting_at) == (2, 2, begun)


def test_another_organizations_messages_are_not_counted(failed, salon):
    other = Organization.objects.create(name="Other", slug="other")

    now = delivery_statistics(Caller.command(other.pk), since=failed.created_at.replace(hour=0))

    assert (now.waiting, now.failed) == (0, 0)


def test_staff_see_what_was_sent_and_what_would_be(book, staff, relay, deliver, mail_server):
    booking = book()
    relay()
    row = Delivery.objects.get(message="booking_received")
    would_be = content_of(row)
    deliver()
    row.refresh_from_db()

    assert content_of(row) == would_be
    assert would_be["subject"] == "Request received: Haircut, Mon 16 Nov, 10:00 with Anna"
    assert [one.message for one in deliveries_about(booking)] == [
        "admin_booking_new",
        "booking_received",
    ]


def test_lists_do_not_read_what_was_written(book, deliver, mail_server, django_assert_num_queries):
    booking = book()
    deliver()

    with django_assert_num_queries(1) as asked:
        [str(row) for row in deliveries_about(booking)]

    assert '"content"' not in asked.captured_queries[0]["sql"]
