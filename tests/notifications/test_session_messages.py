"""What a group session's customers, its TA and the admin address are told, and how often."""

from datetime import timedelta

import pytest

from bookings.models import GroupSession
from bookings.services.customer import details_of
from bookings.services.group_session import cancel_session
from bookings.services.place import PlaceRequest, join_session
from bookings.services.session_changing import change_session
from bookings.services.status import cancel_booking
from notifications.errors import NoLongerTrue
from notifications.models import Delivery, Reminder
from notifications.services.reminder import tell_due_reminders
from notifications.services.resending import resend_delivery
from tests.cast import MIA
from tests.factories import MembershipFactory
from tests.notifications.test_messages import HOUR, text_of

pytestmark = pytest.mark.django_db

LEA, AT_MIA, DESK = "lea@example.com", "mia@example.com", "desk@salon.example"
ANNA, BEN = "anna@salon.example", "ben@salon.example"
DAY = timedelta(days=1)


def said_in(mail) -> str:
    return " ".join(text_of(mail).split())


@pytest.fixture(autouse=True)
def _both_read_mail(salon, anna, ben):
    for resource, address in ((anna, ANNA), (ben, BEN)):
        resource.user = MembershipFactory(organization=salon, user__email=address).user
        resource.save()


@pytest.fixture
def joined(clock, tutorial, lea, group_pass, staff, deliver, mail_server) -> GroupSession:
    """Lea came in with her pass and Mia pays; all of that was told."""
    join_session(
        PlaceRequest(session=tutorial, customer=details_of(lea), bundle=group_pass), caller=staff
    )
    join_session(PlaceRequest(session=tutorial, customer=MIA), caller=staff)
    deliver()
    mail_server.mails.clear()
    return tutorial


def test_who_joins_reads_that_it_is_a_place_and_what_paid_for_it(
    clock, tutorial, lea, group_pass, staff, deliver, mail_server, settings
):
    settings.PUBLIC_BASE_URL = "https://book.example"
    place = PlaceRequest(session=tutorial, customer=details_of(lea), bundle=group_pass)
    join_session(place, caller=staff)
    join_session(PlaceRequest(session=tutorial, customer=MIA), caller=staff)
    deliver()

    assert mail_server.subjects_to(LEA) == [
        "Confirmed: your place in Algebra I, Wed 18 Nov, 14:00 with Anna"
    ]
    to_lea, to_mia = said_in(mail_server.to(LEA)[0]), said_in(mail_server.to(AT_MIA)[0])
    assert to_lea.startswith("Your place is confirmed Wednesday, 18 November 2026 14:00–15:00")
    assert "What: Algebra I, group session" in to_lea
    assert "Paid with: Pass for group sessions: 9 of 10 sessions left" in to_lea
    assert "Price" not in to_lea
    assert "See or give up your place: https://book.example/manage/" in to_lea
    assert "See all your appointments: https://book.example/my/salon" in to_lea
    assert "Price: 15.00 EUR" in to_mia
    subjects = [
        f"New booking: {name}, place in Algebra I, Wed 18 Nov, 14:00 with Anna"
        for name in ("Lea Lang", "Mia Müller")
    ]
    assert mail_server.subjects_to(DESK) == subjects
    assert mail_server.subjects_to(ANNA) == subjects
    (first, _) = mail_server.to(ANNA)
    assert "Somebody joined your group session" in said_in(first)
    kinds = [part.get_content_type() for part in first.walk()]
    assert "text/calendar" not in kinds  # the session stands in her feed, once


def test_a_cancelled_place_says_whether_the_session_went_back_to_the_bundle(
    joined, algebra, staff, deliver, mail_server, clock
):
    algebra.cancel_notice_minutes = 24 * 60
    algebra.save()
    first = joined.bookings.get(bundle__isnull=False)
    cancel_booking(first, caller=staff)
    deliver()
    again = PlaceRequest(session=joined, customer=details_of(first.customer), bundle=first.bundle)
    second = join_session(again, caller=staff)
    clock.move_to(joined.starts_at - HOUR)
    cancel_booking(second, caller=staff)
    deliver()

    early, late = (
        said_in(mail) for mail in mail_server.to(LEA) if mail["Subject"].startswith("Cancelled")
    )
    assert early.startswith("Your place is cancelled")
    returned = "The session went back to the bundle. Pass for group sessions: 10 of 10"
    assert f"Bundle: {returned} sessions left" in early
    kept = "The session stays used. Pass for group sessions: 9 of 10"
    assert f"Bundle: {kept} sessions left" in late
    to_anna = said_in(mail_server.to(ANNA)[0])
    assert "A place in this group session is free again." in to_anna


def test_a_session_that_moves_is_told_to_each_customer_and_to_the_business_once(
    joined, staff, deliver, mail_server
):
    change_session(joined, starts_at=joined.starts_at + HOUR, caller=staff)
    deliver()

    for customer in (LEA, AT_MIA):
        assert mail_server.subjects_to(customer) == [
            "New time: your place in Algebra I, Wed 18 Nov, 15:00 with Anna"
        ]
    text = said_in(mail_server.to(LEA)[0])
    assert text.startswith("The group session has a new time")
    assert "Before: Wed 18 Nov, 14:00–15:00" in text
    assert mail_server.subjects_to(DESK) == [
        "Changed: group session Algebra I, Wed 18 Nov, 15:00 with Anna"
    ]
    assert mail_server.subjects_to(ANNA) == [
        "New time: group session Algebra I, Wed 18 Nov, 15:00 with Anna"
    ]
    (to_anna,) = mail_server.to(ANNA)
    assert "Before: Wed 18 Nov, 14:00–15:00" in said_in(to_anna)
    assert "Places taken: 2 of 3" in said_in(to_anna)
    assert f"/admin/bookings/groupsession/{joined.pk}/change/" in said_in(to_anna)
    assert to_anna["Reply-To"] is None


def test_from_anna_to_ben_it_is_gone_for_one_and_new_for_the_other(
    joined, ben, staff, deliver, mail_server
):
    change_session(joined, resource=ben, caller=staff)
    deliver()

    assert mail_server.subjects_to(ANNA) == [
        "No longer yours: group session Algebra I, Wed 18 Nov, 14:00 with Anna"
    ]
    text = said_in(mail_server.to(ANNA)[0])
    assert "It is now with Ben. Your time is free again." in text
    assert "Now: Wed 18 Nov, 14:00–15:00 with Ben" in text
    assert mail_server.subjects_to(BEN) == [
        "Now yours: group session Algebra I, Wed 18 Nov, 14:00 with Ben"
    ]


def test_a_session_that_is_called_off_says_how_many_had_a_place(
    joined, staff, deliver, mail_server
):
    cancel_session(joined, caller=staff)
    deliver()

    for customer in (LEA, AT_MIA):
        assert mail_server.subjects_to(customer) == [
            "Cancelled: your place in Algebra I, Wed 18 Nov, 14:00 with Anna"
        ]
    to_lea = said_in(mail_server.to(LEA)[0])
    assert to_lea.startswith("The group session is cancelled")
    assert "The session went back to the bundle." in to_lea
    for reader in (DESK, ANNA):
        assert mail_server.subjects_to(reader) == [
            "Cancelled: group session Algebra I, Wed 18 Nov, 14:00 with Anna"
        ]
        assert "Places taken: 2 of 3" in said_in(mail_server.to(reader)[0])


def test_a_new_time_that_was_not_told_before_it_was_called_off_is_not_told(
    joined, staff, deliver, mail_server
):
    change_session(joined, starts_at=joined.starts_at + HOUR, caller=staff)
    cancel_session(GroupSession.objects.get(), caller=staff)
    deliver()

    assert [subject.split(":")[0] for subject in mail_server.subjects_to(ANNA)] == ["Cancelled"]
    dropped = Delivery.objects.get(message="staff_session_rescheduled")
    assert (dropped.drop_reason, dropped.about) == ("CANCELLED", ("group_session", joined.pk))
    with pytest.raises(NoLongerTrue):
        resend_delivery(dropped, caller=staff)


def test_a_move_there_and_back_that_nobody_heard_of_is_not_told(
    joined, staff, deliver, mail_server
):
    change_session(joined, starts_at=joined.starts_at + HOUR, caller=staff)
    change_session(GroupSession.objects.get(), starts_at=joined.starts_at, caller=staff)
    deliver()

    assert mail_server.subjects_to(ANNA) == []
    rows = Delivery.objects.filter(message="staff_session_rescheduled").order_by("id")
    assert [row.drop_reason for row in rows] == ["SUPERSEDED", "UNDONE"]


def test_the_business_is_reminded_of_a_session_once_and_each_customer_of_their_place(
    clock, tutorial, lea, staff, rule, deliver, mail_server
):
    for audience in ("CUSTOMER", "STAFF"):
        rule(audience=audience)
    for person in (details_of(lea), MIA):
        join_session(PlaceRequest(session=tutorial, customer=person), caller=staff)
    deliver()
    mail_server.mails.clear()
    assert Reminder.objects.count() == 4
    clock.move_to(tutorial.starts_at - DAY)
    tell_due_reminders(now=tutorial.starts_at - DAY)
    deliver()

    for customer in (LEA, AT_MIA):
        assert mail_server.subjects_to(customer) == [
            "Reminder: your place in Algebra I, Wed 18 Nov, 14:00 with Anna"
        ]
    assert mail_server.subjects_to(ANNA) == [
        "Reminder: group session Algebra I, Wed 18 Nov, 14:00 with Anna"
    ]
    assert "Places taken: 2 of 3" in said_in(mail_server.to(ANNA)[0])
