"""The waitlist in the console: who waits, somebody who calls, a time offered by hand."""

import pytest
from django.utils import timezone

from bookings.models import Hold, WaitlistEntry
from bookings.services.answering import decline_offer
from bookings.services.place import PlaceRequest, join_session
from bookings.services.place_waiting import PlaceWait, wait_for_place
from bookings.services.status import cancel_booking
from core import events
from core.access import Role
from core.models import Event, Outbox
from notifications.models import Delivery
from tests.console import desk_for, said, shown
from tests.factories import GroupSessionFactory
from tests.waiting import called, state

pytestmark = pytest.mark.django_db

LIST = "/admin/bookings/waitlistentry/"
LEA = {
    "minutes": "30",
    "resource": "",
    "first": "2026-11-07",
    "last": "2026-11-08",
    "name": "Lea Lang",
    "email": "lea@example.com",
    "phone": "",
    "company": "",
    "inquiry": "",
}


@pytest.fixture
def desk(salon, clock):
    return desk_for(salon)


def page_of(entry: WaitlistEntry, verb: str = "change") -> str:
    return f"{LIST}{entry.pk}/{verb}/"


def test_the_list_says_who_waits_for_what_in_six_queries(
    desk, book, wait, staff, haircut, django_assert_max_num_queries
):
    booking = book()
    wait("Lea"), wait("Tom")
    cancel_booking(booking, caller=staff)
    desk.get(LIST)

    with django_assert_max_num_queries(8):
        page = shown(desk.get(LIST))

    for text in ("Lea", "Tom", "Haircut, 30 min", "Mon 16 Nov, 10:00–10:30", "Offered a time"):
        assert text in page
    (waiting,) = desk.get(LIST, {"status": "WAITING"}).context["cl"].result_list
    assert waiting.name == "Tom"
    assert desk.get(LIST, {"status": "OPEN", "service": haircut.pk}).context["cl"].result_count == 2


def test_who_waits_for_a_session_is_shown_with_it_and_offered_nothing_else(
    desk, algebra, anna, staff, clock
):
    session = GroupSessionFactory(service=algebra, resource=anna, capacity=1)
    ada = join_session(PlaceRequest(session=session, customer=called("Ada")), caller=staff)
    lea, tom = (
        wait_for_place(PlaceWait(session=session, customer=called(name)), caller=staff)
        for name in ("Lea", "Tom")
    )

    page = shown(desk.get(LIST))
    assert "Algebra I, a place in the session with Anna" in page
    assert "Wed 18 Nov, 14:00–15:00" in page
    of_lea = desk.get(page_of(lea))
    assert f"/admin/bookings/groupsession/{session.pk}/change/" in of_lea.text
    assert "Offer a time" not in of_lea.text
    assert desk.get(page_of(lea, "offer")).status_code == 302

    cancel_booking(ada, caller=staff)
    assert "Offered a place" in shown(desk.get(LIST))
    decline_offer(WaitlistEntry.objects.get(pk=lea.pk), offer=1, caller=staff)
    assert "Declined" in shown(desk.get(page_of(lea)))
    assert "Declined, and went on waiting" not in shown(desk.get(page_of(lea)))
    desk.post(page_of(tom, "remove"))
    assert state(lea, tom) == ["CANCELLED", "CANCELLED"]
    session.refresh_from_db()
    assert (session.taken, session.held) == (0, 0)


def test_staff_add_who_calls_and_are_told_when_something_is_free(desk, haircut):
    """On a weekend nobody works, so there is nothing to book."""
    wish = {**LEA, "service": haircut.pk}
    free = desk.send(f"{LIST}add/", **{**wish, "first": "2026-11-06"})
    assert free.status_code == 422
    assert "There is a free time in this window: book it right away." in shown(free)
    wrong = desk.send(f"{LIST}add/", **{**wish, "last": "2026-11-06"})
    assert "This day is before the first one." in shown(wrong)
    assert not WaitlistEntry.objects.exists()

    answer = desk.send(f"{LIST}add/", **wish)

    assert said(answer) == ["They are on the waitlist, and get a mail about it."]
    entry = WaitlistEntry.objects.get()
    assert answer.url == page_of(entry)
    assert Event.objects.get(name="waitlist.joined").actor_id == desk.user.pk


def test_a_time_is_offered_by_hand_and_its_page_tells_the_story(desk, book, wait):
    book()
    lea = wait("Lea")
    page = desk.get(page_of(lea, "offer"), {"day": "2026-11-17", "resource": ""})
    (first, *_) = page.context["offer"].starts

    none = desk.send(page_of(lea, "offer"), day="2026-11-17", resource="")
    assert none.status_code == 409
    assert "Choose a time." in shown(none)
    answer = desk.send(
        page_of(lea, "offer"), day="2026-11-17", resource="", start=first.isoformat()
    )

    assert said(answer) == ["The time is kept for them, and they get a mail with the offer."]
    assert state(lea) == ["OFFERED"]
    assert Hold.objects.get().starts_at == first
    Outbox.objects.update(not_before=timezone.now())
    events.relay()
    told = shown(desk.get(page_of(lea)))
    for text in ("Was offered Tue 17 Nov, 09:00", "Joined the waitlist", "A time came free"):
        assert text in told
    message = Delivery.objects.get(message="waitlist_offer")
    assert (
        "A time came free for you"
        in desk.get(f"/admin/notifications/delivery/{message.pk}/change/").content.decode()
    )
    assert "Waitlist" in shown(desk.get("/admin/notifications/delivery/"))


def test_who_is_removed_gives_their_offer_to_the_next(desk, book, wait, staff):
    booking = book()
    lea, tom = wait("Lea"), wait("Tom")
    cancel_booking(booking, caller=staff)

    assert "Take Lea out of the line?" in shown(desk.get(page_of(lea, "remove")))
    assert state(lea, tom) == ["OFFERED", "WAITING"]
    answer = desk.send(page_of(lea, "remove"))

    assert said(answer) == ["They are not on the waitlist any more."]
    assert state(lea, tom) == ["CANCELLED", "OFFERED"]


def test_who_may_only_look_changes_nothing(salon, book, wait):
    book()
    lea = wait("Lea")
    viewer = desk_for(salon, Role.VIEWER)

    assert "Offer a time" not in shown(viewer.get(page_of(lea)))
    for path in (page_of(lea, "remove"), page_of(lea, "offer"), f"{LIST}add/"):
        assert viewer.post(path, {}).status_code == 403
    assert state(lea) == ["WAITING"]
    assert Event.objects.filter(subject_id=lea.pk).count() == 1
