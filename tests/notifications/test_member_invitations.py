"""The mail that asks a colleague to work here."""

import re

import pytest

from core.access import Caller, CallerKind, Role
from core.invitations import invitation_url
from core.services.invitation import invite, invite_again, revoke_invitation
from notifications.models import Delivery
from tests.console import desk_for, shown
from tests.factories import UserFactory
from tests.notifications.test_messages import text_of

pytestmark = pytest.mark.django_db(transaction=True)

DORA = "dora@salon.example"


@pytest.fixture
def owner(salon) -> Caller:
    user = UserFactory(name="Anna Sommer")
    return Caller(CallerKind.USER, salon.pk, id=user.pk)


@pytest.fixture
def dora(salon, owner, clock):
    return invite(organization=salon, email=DORA, role=Role.STAFF, caller=owner)


def test_who_is_invited_reads_by_whom_until_when_and_where(dora, deliver, mail_server, client):
    deliver()

    assert mail_server.subjects_to(DORA) == ["Invitation: work at Salon Soleil"]
    assert len(mail_server.mails) == 1
    text = " ".join(text_of(mail_server.to(DORA)[0]).split())
    assert "From: Anna Sommer" in text
    assert "The link works once, until Tue 10 Nov, 08:00." in text
    link = re.search(r"(/invitation/\S+)", text)[1]
    assert client.get(link).status_code == 200


def test_an_invitation_that_was_taken_back_first_is_not_sent(
    dora, owner, relay, deliver, mail_server
):
    relay()
    revoke_invitation(dora, caller=owner)
    deliver()

    assert mail_server.mails == []
    assert Delivery.objects.get().drop_reason == "LINK_OVER"


def test_sent_again_only_the_newer_link_is_mailed(dora, owner, clock, relay, deliver, mail_server):
    relay()
    clock.shift(300)
    newer = invite_again(dora, caller=owner)
    deliver()

    [mail] = mail_server.to(DORA)
    assert invitation_url(newer) in text_of(mail)
    assert sorted(Delivery.objects.values_list("status", "drop_reason")) == [
        ("DROPPED", "SUPERSEDED"),
        ("SENT", ""),
    ]


def test_who_reads_messages_in_the_console_does_not_read_the_way_in(
    dora, salon, deliver, mail_server
):
    deliver()
    sent = Delivery.objects.get()

    desk = desk_for(salon, Role.STAFF)
    page = desk.get(f"/admin/notifications/delivery/{sent.pk}/change/")

    token = invitation_url(dora).rsplit("/", 1)[1]
    assert token in sent.content["text"]
    assert "/invitation/…" in shown(page)
    assert token not in page.content.decode()
    assert desk.get("/admin/notifications/delivery/").status_code == 200
