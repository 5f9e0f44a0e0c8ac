"""Messages in the console: what became of them, what they said, sending one again."""

from datetime import timedelta

import pytest
from django.utils import timezone

from bookings.models import Booking
from bookings.services.status import cancel_booking, confirm_booking
from core.access import Role
from core.models import Event
from notifications.models import Delivery
from notifications.selectors.delivery import first_id_of
from tests.console import desk_for, said, shown
from tests.factories import OrganizationFactory

pytestmark = pytest.mark.django_db

LIST = "/admin/notifications/delivery/"
MIA = "mia@example.com"
REFUSAL = "550 5.1.1 No such user"


@pytest.fixture
def desk(salon, clock):
    return desk_for(salon)


@pytest.fixture
def failed(book, staff, deliver, mail_server) -> Delivery:
    """A confirmation that was refused for good."""
    mail_server.to_recipient[MIA] = REFUSAL
    confirm_booking(book(), caller=staff)
    deliver()
    return Delivery.objects.get(message="booking_confirmed")


def page_of(delivery: Delivery, verb: str = "change") -> str:
    return f"{LIST}{delivery.pk}/{verb}/"


def test_a_failed_message_is_told_on_the_start_page_and_listed(desk, failed):
    (trouble,) = desk.get("/admin/").context["troubles"]

    # the confirmation; the admin address, which is told of it, is another mailbox
    assert trouble.sentence == "1 message did not arrive."
    rows = desk.get(trouble.url).context["cl"].result_list
    assert [row.pk for row in rows] == [failed.pk]


def test_its_page_says_what_was_sent_to_whom_when_and_what_came_back(desk, failed):
    page = shown(desk.get(page_of(failed)))

    for text in (MIA, "The other side said:", "No such user", "We gave up after 1 try:"):
        assert text in page
    assert "Confirmed: Haircut, Mon 16 Nov, 10:00 with Anna" in page
    assert page_of(failed, "again") in page


def test_it_is_sent_again_and_is_no_trouble_any_more(desk, failed, deliver, mail_server):
    del mail_server.to_recipient[MIA]

    answer = desk.send(page_of(failed, "again"))
    deliver()

    assert said(answer) == ["It is on its way again."]
    again = Delivery.objects.get(resend_of=failed)
    assert again.status == "SENT"
    assert Event.objects.get(name="delivery.resent").actor_id == desk.user.pk
    assert mail_server.subjects_to(MIA) == ["Confirmed: Haircut, Mon 16 Nov, 10:00 with Anna"]
    assert desk.get("/admin/").context["troubles"] == []


def test_what_is_no_longer_true_is_not_sent_again_and_says_why(desk, failed, staff):
    cancel_booking(Booking.objects.get(), caller=staff)

    page = shown(desk.get(page_of(failed)))
    answer = desk.send(page_of(failed, "again"))

    assert "It was cancelled first." in page
    assert page_of(failed, "again") not in page
    assert said(answer) == ["This message would no longer be true, so it is not sent again."]
    assert not Delivery.objects.filter(resend_of=failed).exists()


def test_of_many_each_is_sent_again_and_each_refusal_named(desk, failed, deliver, mail_server):
    del mail_server.to_recipient[MIA]
    other = Delivery.objects.exclude(pk=failed.pk).filter(status="DROPPED").first()
    rows = [str(failed.pk), str(other.pk)]

    answer = desk.send(LIST, action="send_again", _selected_action=rows)

    refused, done = said(answer)
    assert refused.startswith(str(other))
    assert done == "1 done."


def test_what_a_mail_says_stands_in_a_frame_that_may_do_nothing(desk, failed):
    html = "<script>alert(1)</script><p onclick='x()'>Hello</p>"
    Delivery.objects.filter(pk=failed.pk).update(
        content={"subject": "<b>Hi</b>", "text": "Hello <you>", "html": html}
    )

    page = desk.get(page_of(failed)).content.decode()

    assert 'sandbox=""' in page
    assert 'srcdoc="&lt;script&gt;alert(1)&lt;/script&gt;' in page
    for evil in ("<script>alert", "<b>Hi</b>", "Hello <you>"):
        assert evil not in page


def test_a_message_can_be_read_before_it_is_sent(desk, book):
    mia = book()
    page = shown(desk.get(f"{LIST}preview/{mia.pk}/booking_cancelled/"))

    assert "A preview. Nothing has been sent." in page
    assert "Cancelled: Haircut, Mon 16 Nov, 10:00 with Anna" in page
    assert Delivery.objects.count() == 0
    assert desk.get(f"{LIST}preview/{mia.pk}/booking_exploded/").status_code == 404


def test_the_booking_shows_its_messages(desk, failed):
    booking = Booking.objects.get()

    page = shown(desk.get(f"/admin/bookings/booking/{booking.pk}/change/"))

    assert page_of(failed) in page
    assert "No such user" in page


def test_messages_are_filtered_and_found_like_their_bookings(desk, failed):
    reference = Booking.objects.get().reference

    def count(query: str) -> int:
        return desk.get(f"{LIST}?{query}").context["cl"].result_count

    everything = Delivery.objects.count()
    assert count("") == count(f"q={reference}") == count("q=mia%40example.com") == everything
    assert count("status=FAILED") == count("status=WENT_WRONG") == 1
    assert count("audience=CUSTOMER") == 2
    assert count("q=nobody%40example.com") == count("status=LOST") == 0


def test_what_went_wrong_a_month_ago_is_no_trouble_any_more(desk, failed):
    long_ago = first_id_of(timezone.now() - timedelta(days=31))  # an id tells when it was made
    Delivery.objects.filter(pk=failed.pk).update(id=long_ago)

    assert not any("not arrive" in one.sentence for one in desk.get("/admin/").context["troubles"])
    assert desk.get(f"{LIST}?status=WENT_WRONG").context["cl"].result_count == 0


def test_a_list_of_many_messages_asks_as_often_as_of_one(
    desk, book, relay, ten_o_clock, django_assert_num_queries
):
    def cost() -> None:
        with django_assert_num_queries(6):  # session, user, membership, menu; count and rows
            desk.get(LIST)

    book()
    relay()
    cost()
    for hour in range(1, 6):
        book(at=ten_o_clock + timedelta(hours=hour))
    relay()
    cost()


def test_who_may_only_look_sends_nothing(salon, failed):
    viewer = desk_for(salon, Role.VIEWER)

    assert page_of(failed, "again") not in shown(viewer.get(page_of(failed)))
    assert viewer.send(page_of(failed, "again")).status_code == 403
    viewer.send(LIST, action="send_again", _selected_action=str(failed.pk))
    assert not Delivery.objects.filter(resend_of=failed).exists()


def test_messages_of_another_organization_are_not_there(failed):
    elsewhere = desk_for(OrganizationFactory(name="Elsewhere"), Role.OWNER)
    booking = Booking.objects.get()

    assert elsewhere.get(LIST).context["cl"].result_count == 0
    assert elsewhere.get(page_of(failed)).status_code == 404
    assert elsewhere.send(page_of(failed, "again")).status_code == 404
    assert elsewhere.get(f"{LIST}preview/{booking.pk}/booking_cancelled/").status_code == 404
    assert elsewhere.get("/admin/").context["troubles"] == []
    assert not Delivery.objects.filter(resend_of=failed).exists()


def test_nobody_types_a_message(desk, failed):
    desk.send(page_of(failed), status="SENT", address="other@example.com")

    failed.refresh_from_db()
    assert (failed.status, failed.address) == ("FAILED", MIA)
    assert desk.get(f"{LIST}add/").status_code == 403
