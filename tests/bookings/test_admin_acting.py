"""What staff do with bookings: through the services, as themselves, with a report."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from bookings.models import Allocation, Booking
from bookings.selectors.manage import manage_token
from bookings.services.rescheduling import Changes, update_booking
from bookings.services.status import cancel_booking, confirm_booking
from core.access import Role
from core.models import Event
from tests.cast import MIA
from tests.console import desk_for, said, shown
from tests.factories import OrganizationFactory

pytestmark = pytest.mark.django_db

LIST = "/admin/bookings/booking/"
HOUR = timedelta(hours=1)


def page_of(booking: Booking, verb: str = "change") -> str:
    return f"{LIST}{booking.pk}/{verb}/"


@pytest.fixture
def desk(salon):
    return desk_for(salon)


@pytest.fixture
def mia(book):
    return book()


@pytest.mark.parametrize(
    ("verb", "first", "status", "event"),
    [
        ("confirm", None, "CONFIRMED", "booking.confirmed"),
        ("complete", confirm_booking, "COMPLETED", "booking.completed"),
        ("no-show", confirm_booking, "NO_SHOW", "booking.marked_no_show"),
        ("cancel", confirm_booking, "CANCELLED", "booking.cancelled"),
    ],
)
def test_a_button_changes_the_status_as_whoever_pressed_it(
    desk, mia, staff, verb, first, status, event
):
    version = first(mia, caller=staff).version if first else mia.version

    answer = desk.send(page_of(mia, verb), version=version)

    assert (answer.status_code, answer.url) == (302, page_of(mia))
    mia.refresh_from_db()
    assert (mia.status, mia.version) == (status, version + 1)
    happened = Event.objects.get(name=event)
    assert (happened.actor_kind, happened.actor_id) == ("user", desk.user.pk)
    assert happened.subject_id == mia.pk


@pytest.mark.parametrize("verb", ["confirm", "complete", "no-show"])
def test_looking_at_an_action_does_nothing(desk, mia, verb):
    assert desk.get(page_of(mia, verb)).status_code == 405
    mia.refresh_from_db()
    assert mia.status == "PENDING"


@pytest.mark.parametrize("verb", ["confirm", "complete", "no-show", "cancel", "reschedule"])
def test_who_may_only_look_cannot_act(salon, mia, verb):
    viewer = desk_for(salon, Role.VIEWER)

    assert viewer.send(page_of(mia, verb), version=1, move="1").status_code == 403
    mia.refresh_from_db()
    assert (mia.status, mia.version) == ("PENDING", 1)
    assert Event.objects.count() == 1


@pytest.mark.parametrize(
    "verb", ["change", "confirm", "complete", "no-show", "cancel", "reschedule"]
)
def test_another_organizations_booking_is_not_there(mia, verb):
    elsewhere = desk_for(OrganizationFactory(name="Elsewhere"), Role.OWNER)

    assert elsewhere.get(page_of(mia, verb)).status_code in (404, 405)
    assert elsewhere.send(page_of(mia, verb), version=1).status_code == 404
    mia.refresh_from_db()
    assert (mia.status, mia.version) == ("PENDING", 1)


def test_what_somebody_else_changed_meanwhile_is_not_changed_unseen(desk, mia, staff):
    confirm_booking(mia, caller=staff)

    answer = desk.send(page_of(mia, "cancel"), version=1, reason="No")

    assert said(answer) == ["Somebody changed this since you opened it. This is how it is now."]
    mia.refresh_from_db()
    assert mia.status == "CONFIRMED"


def test_what_was_moved_meanwhile_is_not_confirmed_unseen(desk, mia, staff, ten_o_clock):
    update_booking(mia, Changes(starts_at=ten_o_clock + HOUR), caller=staff)

    answer = desk.send(page_of(mia, "confirm"), version=1)

    assert said(answer) == ["Somebody changed this since you opened it. This is how it is now."]
    mia.refresh_from_db()
    assert mia.status == "PENDING"


def test_the_second_click_of_a_double_click_is_calm(desk, mia):
    for _ in range(2):
        answer = desk.send(page_of(mia, "confirm"), version=1)

    assert said(answer)[-1] == f"{mia.reference}: Confirmed."
    assert Event.objects.filter(name="booking.confirmed").count() == 1


def test_what_the_status_does_not_allow_is_refused_in_a_sentence(desk, mia):
    answer = desk.send(page_of(mia, "complete"), version=1)

    assert said(answer) == ["In its present status this booking cannot do that."]
    mia.refresh_from_db()
    assert mia.status == "PENDING"


def test_a_confirmation_from_the_start_page_leads_back_there(desk, mia):
    answer = desk.send(page_of(mia, "confirm"), version=1, next="/admin/?day=2026-11-16")

    assert answer.url == "/admin/?day=2026-11-16"


@pytest.mark.parametrize(
    "next_page", ["https://evil.example/", "//evil.example", "javascript:alert(1)"]
)
def test_nobody_is_led_away_from_the_console(desk, mia, next_page):
    assert desk.send(page_of(mia, "confirm"), version=1, next=next_page).url == page_of(mia)


def test_cancelling_asks_for_the_reason_and_says_what_the_customer_will_receive(desk, mia):
    page = shown(desk.get(page_of(mia, "cancel")))

    assert "Cancel and tell the customer" in page
    assert "The customer gets the message “Cancellation” at mia@example.com." in page


def test_the_reason_stays_with_the_booking_and_the_time_is_free_again(desk, mia, book):
    answer = desk.send(page_of(mia, "cancel"), version=1, reason="  She is ill.\0 ")

    assert said(answer) == [f"{mia.reference} is cancelled, and its time is free again."]
    mia.refresh_from_db()
    assert mia.cancel_reason == "She is ill."
    assert Allocation.objects.get().released_at is not None
    assert "She is ill." in shown(desk.get(page_of(mia)))
    assert book().pk != mia.pk


def test_what_is_over_cannot_be_cancelled_again(desk, mia, staff):
    cancel_booking(mia, caller=staff)

    assert said(desk.get(page_of(mia, "cancel"))) == [
        "This booking is over, so it cannot be cancelled."
    ]
    assert desk.send(page_of(mia, "cancel"), version=2).status_code == 302
    assert Event.objects.filter(name="booking.cancelled").count() == 1


def test_the_page_tells_the_story_with_who_and_when(desk, mia, ben, haircut, ten_o_clock):
    haircut.resources.add(ben)
    desk.user.name = "Clara Vogt"
    desk.user.save()
    desk.send(page_of(mia, "confirm"), version=1)
    desk.send(
        page_of(mia, "reschedule"),
        version=2,
        day="2026-11-16",
        start=(ten_o_clock + HOUR).isoformat(),
        minutes=30,
        resource=ben.pk,
        reason="Anna is at the dentist.",
        move="1",
    )
    desk.send(page_of(mia, "cancel"), version=3, reason="She called.")

    history = desk.get(page_of(mia)).context["history"]

    moved = "Moved from Mon 16 Nov, 10:00 with Anna to Mon 16 Nov, 11:00 with Ben"
    assert [(entry.sentence, entry.who, entry.why) for entry in history] == [
        ("Requested for Mon 16 Nov, 10:00", "a command", ""),
        ("Confirmed", "Clara Vogt", ""),
        (moved, "Clara Vogt", "Anna is at the dentist."),
        ("Cancelled", "Clara Vogt", "She called."),
    ]


def test_a_link_in_other_hands_is_made_invalid_and_the_story_says_so(desk, salon, mia, client):
    link = f"/manage/{manage_token(mia)}"
    assert client.get(link).status_code == 200
    assert desk_for(salon, Role.VIEWER).send(page_of(mia, "renew-link")).status_code == 403
    assert desk.get(page_of(mia, "renew-link")).status_code == 405
    assert client.get(link).status_code == 200

    answer = desk.send(page_of(mia, "renew-link"), version=1)

    assert said(answer) == [
        "The links that were sent are invalid. The next message carries a new one."
    ]
    assert client.get(link).status_code == 404
    mia.refresh_from_db()
    assert client.get(f"/manage/{manage_token(mia)}").status_code == 200
    [_, renewed] = desk.get(page_of(mia)).context["history"]
    assert renewed.sentence == "Older links were made invalid"
    desk.send(page_of(mia, "renew-link"), version=1)  # the second click of a double click
    mia.refresh_from_db()
    assert mia.manage_generation == 2


def test_the_page_shows_what_a_late_cancellation_cost(desk, mia):
    mia.fee_amount = Decimal("15.00")
    mia.save()

    assert "15.00 EUR for cancelling late" in shown(desk.get(page_of(mia)))


def test_the_page_of_a_long_story_asks_as_often_as_of_a_short_one(
    desk, mia, django_assert_num_queries, staff
):
    # session, user, membership, menu; the booking; what it takes besides; its events,
    # their reasons; its messages and its reminders
    with django_assert_num_queries(10):
        desk.get(page_of(mia))
    desk.send(page_of(mia, "confirm"), version=1)
    with django_assert_num_queries(11):  # and who acted
        desk.get(page_of(mia))


def test_the_page_offers_only_what_the_status_allows(desk, salon, mia, staff):
    def buttons(who=desk):
        page = shown(who.get(page_of(mia)))
        verbs = ("confirm", "complete", "no-show", "reschedule", "cancel")
        return {verb for verb in verbs if page_of(mia, verb) in page}

    assert buttons() == {"confirm", "reschedule", "cancel"}
    assert buttons(desk_for(salon, Role.VIEWER)) == set()
    confirm_booking(mia, caller=staff)
    assert buttons() == {"complete", "no-show", "reschedule", "cancel"}
    cancel_booking(mia, caller=staff)
    assert buttons() == set()


def test_a_status_is_never_typed(desk, mia):
    answer = desk.send(page_of(mia), status="COMPLETED", name="Somebody else", version=7)

    assert answer.status_code == 200
    mia.refresh_from_db()
    assert (mia.status, mia.name, mia.version) == ("PENDING", "Mia Müller", 1)


@pytest.mark.parametrize("path", ["x", "1", "00000000-0000-0000-0000-000000000000"])
def test_an_address_that_is_none_is_not_found(desk, path):
    assert desk.get(f"{LIST}{path}/change/").status_code == 404


def test_what_people_wrote_is_shown_and_never_run(desk, book):

    evil = "<script>alert(1)</script>"
    booking = book(customer=replace(MIA, name=evil, company=evil), inquiry=evil, notes=evil)

    for path in (LIST, page_of(booking), page_of(booking, "cancel"), "/admin/?day=2026-11-16"):
        page = desk.get(path).content.decode()
        assert evil not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
