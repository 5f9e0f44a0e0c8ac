"""Booking with a bundle in the console: from the customer, at the desk, and its cancellation."""

from datetime import UTC, datetime, timedelta

import pytest

from bookings.models import Booking, BundlePurchase, CreditEntry
from bookings.services.booking import BookingRequest, create_booking
from bookings.services.customer import details_of
from bookings.services.place import PlaceRequest, join_session
from core.access import Role
from tests.console import desk_for, said, shown
from tests.factories import BundleFactory, CustomerFactory

pytestmark = pytest.mark.django_db

BOOKINGS = "/admin/bookings/booking/"
NEW = f"{BOOKINGS}add/"


@pytest.fixture
def desk(salon, clock):
    return desk_for(salon)


@pytest.fixture
def form(desk, algebra, lea, bundle, ten_o_clock):
    """The form as it opens from Lea's bundle, with a time chosen."""
    page = desk.get(f"{NEW}?customer={lea.pk}&service={algebra.pk}&bundle={bundle.pk}")
    return {
        "token": page.context["token"],
        "service": str(algebra.pk),
        "minutes": "60",
        "resource": "",
        "day": "2026-11-16",
        "start": ten_o_clock.isoformat(),
        "name": "Lea Lang",
        "email": "lea@example.com",
        "bundle": str(bundle.pk),
    }


@pytest.fixture
def paid(clock, algebra, lea, bundle, staff):
    def paid(at: datetime) -> Booking:
        request = BookingRequest(
            service=algebra,
            customer=details_of(lea),
            starts_at=at,
            minutes=60,
            bundle=bundle,
        )
        return create_booking(request, caller=staff)

    return paid


def left(bundle: BundlePurchase) -> int:
    return BundlePurchase.objects.get(pk=bundle.pk).remaining_sessions


def ways(page) -> list[tuple[str, bool]]:
    return [(way.name, way.is_chosen) for way in page.context["ways_to_pay"]]


def test_the_customers_page_shows_what_is_left_and_leads_to_booking(
    desk, lea, bundle, group_pass, algebra
):
    page = shown(desk.get(f"/admin/bookings/customer/{lea.pk}/change/"))

    assert "10 of 10 left · until Sun 28 Feb 2027" in page
    assert f"/admin/bookings/bundlepurchase/add/?customer={lea.pk}" in page
    query = f"customer={lea.pk}&amp;service={algebra.pk}&amp;bundle={bundle.pk}"
    assert f"{NEW}?{query}" in page
    assert f"/admin/bookings/groupsession/?course={algebra.pk}" in page


def test_a_customer_of_who_sells_nothing_in_advance_sees_no_bundles(desk, book):
    booking = book()

    page = shown(desk.get(f"/admin/bookings/customer/{booking.customer_id}/change/"))

    assert "Bundles</h2>" not in page
    assert "Sell a bundle" not in page


def test_a_bundle_pays_for_what_is_booked_with_it(desk, form, bundle, lea, algebra):
    page = desk.get(f"{NEW}?customer={lea.pk}&service={algebra.pk}&bundle={bundle.pk}")
    assert ways(page) == [
        ("Bundle for the whole semester", True),
        ("The price of a session", False),
    ]
    assert "40.00 EUR" in shown(page)

    answer = desk.post(NEW, {**form, "go": "book"})

    booking = Booking.objects.get()
    assert answer.url == f"{BOOKINGS}{booking.pk}/change/"
    assert (booking.bundle_id, str(booking.price_amount)) == (bundle.pk, "0.00")
    entry = CreditEntry.objects.get(booking=booking)
    assert (entry.kind, entry.actor_id) == ("SPENT", desk.user.pk)
    assert left(bundle) == 9
    page = shown(desk.get(answer.url))
    assert f"/admin/bookings/bundlepurchase/{bundle.pk}/change/" in page
    assert "one session" in page


def test_a_bundle_pays_unless_the_price_is_chosen(desk, form, bundle, lea):
    found = desk.post(NEW, {**form, "go": f"use:{lea.pk}", "bundle": bundle.product_id})
    assert ways(found)[0] == ("Bundle for the whole semester", True)
    again = desk.post(NEW, {**form, "go": "times", "bundle": ""})
    assert ways(again)[1] == ("The price of a session", True)

    desk.post(NEW, {**form, "go": "book", "bundle": ""})

    booking = Booking.objects.get()
    assert (booking.bundle_id, str(booking.price_amount)) == (None, "40.00")
    assert left(bundle) == 10


def test_a_bundle_that_does_not_pay_says_why_and_books_nothing(desk, form, bundle, algebra):
    others = BundleFactory(
        customer=CustomerFactory(organization=algebra.organization), product=bundle.product
    )
    elsewhere = BundleFactory()

    refused = desk.post(NEW, {**form, "go": "book", "bundle": str(others.pk)})
    assert "This bundle does not pay for that." in shown(refused)
    assert not Booking.objects.exists()
    gone = desk.post(NEW, {**form, "go": "book", "bundle": str(elsewhere.pk)})

    assert "This bundle is not here any more." in shown(gone)
    assert not Booking.objects.exists()
    assert (left(bundle), left(others), left(elsewhere)) == (10, 10, 10)


def test_a_bundle_for_exams_is_chosen_by_hand_and_says_what_it_pays(
    desk, form, bundle, lea, products
):
    exams = BundleFactory(
        customer=lea,
        product=products["MIDTERM_FINAL_BUNDLE"],
        valid_from_at=datetime(2026, 11, 30, 23, tzinfo=UTC),
        valid_to_at=datetime(2027, 1, 31, 23, tzinfo=UTC),
    )

    page = desk.post(NEW, {**form, "go": f"use:{lea.pk}"})

    assert ways(page)[:2] == [
        ("Bundle for midterms and finals", False),
        ("Bundle for the whole semester", True),
    ]
    terms = "10 of 10 left, Tue 1 Dec – Sun 31 Jan 2027, midterms and finals only"
    assert terms in shown(page)
    theirs = shown(desk.get(f"/admin/bookings/bundlepurchase/{exams.pk}/change/"))
    assert f"bundle={exams.pk}&amp;day=2026-12-01" in theirs


def test_nobody_is_offered_the_bundle_of_somebody_else(desk, form, bundle):
    page = desk.post(NEW, {**form, "go": "times", "email": "tom@example.com"})

    assert page.context["ways_to_pay"] == []


@pytest.mark.parametrize(("hours", "usual"), [(25, "goes back to the bundle"), (23, "stays used")])
def test_whether_the_session_goes_back_is_asked_with_the_rules_answer(
    desk, paid, algebra, ten_o_clock, clock, hours, usual
):
    algebra.cancel_notice_minutes = 24 * 60
    algebra.save()
    booking = paid(ten_o_clock)
    clock.move_to(ten_o_clock - timedelta(hours=hours))
    desk.force_login(desk.user)

    page = desk.get(f"{BOOKINGS}{booking.pk}/cancel/")

    assert page.context["returns"].is_usual == (usual == "goes back to the bundle")
    assert "By the rule it goes back until Sun 15 Nov, 10:00." in shown(page)


@pytest.mark.parametrize(
    ("chosen", "sessions", "sentence"),
    [
        ("yes", 10, "Cancelled, and the session went back to the bundle"),
        ("no", 9, "Cancelled, and the session of the bundle stays used"),
        ("", 10, "the session was returned"),
    ],
)
def test_staff_decide_whether_the_session_goes_back(
    desk, paid, bundle, ten_o_clock, chosen, sessions, sentence
):
    booking = paid(ten_o_clock)

    answer = desk.send(f"{BOOKINGS}{booking.pk}/cancel/", return_credit=chosen, reason="ill")

    assert said(answer) == [f"{booking} is cancelled, and its time is free again."]
    assert left(bundle) == sessions
    assert sentence in shown(desk.get(f"{BOOKINGS}{booking.pk}/change/"))


def test_what_no_bundle_paid_asks_nothing(desk, book):
    booking = book()

    page = desk.get(f"{BOOKINGS}{booking.pk}/cancel/")

    assert page.context["returns"] is None
    assert "goes back" not in shown(page)


def test_several_at_once_say_that_the_rule_decides(salon, paid, bundle, ten_o_clock, clock):
    booking = paid(ten_o_clock)
    desk = desk_for(salon, Role.MANAGER)
    them = {"action": "cancel_them", "_selected_action": [str(booking.pk)]}

    asked = desk.post(BOOKINGS, them)
    assert "its session goes back by the rule of the service" in shown(asked)
    desk.post(BOOKINGS, {**them, "reason": ""})

    assert left(bundle) == 10


def test_what_is_repeated_is_not_paid_by_the_bundle_and_says_so(desk, paid, bundle, ten_o_clock):
    booking = paid(ten_o_clock)
    page = f"{BOOKINGS}{booking.pk}/repeat/"
    assert "A bundle paid for the first one alone." in shown(desk.get(page))

    desk.send(page, every="WEEKLY", count="2", book="ALL_OR_NOTHING")

    again = Booking.objects.exclude(pk=booking.pk).get()
    assert (again.bundle, str(again.price_amount)) == (None, "40.00")
    assert left(bundle) == 9


def test_a_place_that_is_given_up_returns_the_session_of_a_pass(
    desk, staff, tutorial, group_pass, lea, clock
):
    request = PlaceRequest(session=tutorial, customer=details_of(lea), bundle=group_pass)
    booking = join_session(request, caller=staff)
    cancel = f"{BOOKINGS}{booking.pk}/cancel/"
    assert left(group_pass) == 9
    assert desk.get(cancel).context["returns"].is_usual

    answer = desk.send(cancel, return_credit="yes")

    assert said(answer) == [f"{booking} is cancelled, and its place is free again."]
    assert left(group_pass) == 10
