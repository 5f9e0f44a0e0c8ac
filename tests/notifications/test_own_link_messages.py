"""The mail that carries a customer's one-time link."""

import re
from datetime import timedelta

import pytest

from bookings.models import CustomerLink
from bookings.selectors.own_view import link_url
from bookings.services.customer_link import open_link, send_link
from notifications.errors import NoLongerTrue
from notifications.models import Delivery
from notifications.services.resending import resend_delivery
from tests.console import desk_for
from tests.notifications.test_messages import text_of
from tests.visitor import Visitor

pytestmark = pytest.mark.django_db(transaction=True)

LEA, DESK = "lea@example.com", "desk@salon.example"


def said_in(mail) -> str:
    return " ".join(text_of(mail).split())


def test_who_asks_is_sent_a_link_that_leads_in(clock, lea, deliver, mail_server, settings):
    settings.PUBLIC_BASE_URL = "https://book.example"
    lea.timezone = "America/New_York"
    lea.save()
    visitor = Visitor()
    visitor.open("/my/salon").send(email=LEA)
    visitor.open("/my/salon").send(email="nobody@example.com")
    deliver()

    assert mail_server.subjects_to(LEA) == ["Your appointments at Salon Soleil"]
    assert len(mail_server.mails) == 1
    text = said_in(mail_server.to(LEA)[0])
    assert text.startswith("Your appointments This link shows your appointments")
    assert "It works once, until Tue 3 Nov, 02:30." in text
    link = re.search(r"https://book\.example(/my/open/\S+)", text)[1]
    visitor.open(link).send()
    assert "Lea Lang" in visitor.text


@pytest.mark.parametrize("why", ["opened", "too late"])
def test_a_link_that_leads_nowhere_any_more_is_not_sent(
    clock, lea, staff, relay, deliver, mail_server, why
):
    link = send_link(lea, caller=staff)
    relay()
    if why == "opened":
        open_link(link, caller=staff)
    else:
        clock.shift(timedelta(minutes=30))
    deliver()

    delivery = Delivery.objects.get()
    assert mail_server.mails == []
    assert (delivery.drop_reason, delivery.about) == ("LINK_OVER", ("customer_link", link.pk))
    with pytest.raises(NoLongerTrue):
        resend_delivery(delivery, caller=staff)


def test_whoever_reads_the_messages_in_the_console_cannot_go_in(
    clock, salon, lea, staff, relay, deliver, mail_server
):
    clerk = desk_for(salon)
    link = send_link(lea, caller=staff)
    token = link_url(link).rpartition("/")[2]
    relay()
    page = f"/admin/notifications/delivery/{Delivery.objects.get().pk}/change/"
    for _ in ("before it is sent", "afterwards"):
        text = clerk.get(page).text
        assert "See my appointments" in text
        assert f"/admin/bookings/customer/{lea.pk}/change/" in text
        assert token not in text
        deliver()
    for term, number in (("lea@example.com", 1), ("Lea", 1), ("mia@example.com", 0)):
        found = clerk.get("/admin/notifications/delivery/", {"q": term}).text
        assert found.count("Link to their appointments") == number


def test_a_link_that_does_not_arrive_alerts_the_desk_and_does_not_let_it_in(
    clock, lea, staff, deliver, mail_server
):
    mail_server.to_recipient[LEA] = "550 5.1.1 No such user"
    send_link(lea, caller=staff)
    deliver()
    deliver()

    alert = mail_server.to(DESK)[-1]
    assert alert["Subject"].strip() == (
        "Not delivered: message to Lea Lang, the link to their appointments"
    )
    assert "/my/open/" not in said_in(alert)
    assert CustomerLink.objects.get().used_at is None
