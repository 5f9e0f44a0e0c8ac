"""What stands behind a customer's one-time link: everything of theirs, nothing of anybody else."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bookings.models import Booking
from bookings.selectors.own_view import visit_token
from bookings.services.booking import BookingRequest, create_booking
from bookings.services.credit import adjust_credits, expire_bundles
from bookings.services.customer import details_of
from bookings.services.customer_link import open_link, send_link
from bookings.services.place import PlaceRequest, join_session
from bookings.services.status import cancel_booking
from core.models import Event
from tests.cast import MIA
from tests.console import desk_for, said
from tests.factories import BundleFactory, CustomerFactory, OrganizationFactory
from tests.visitor import Visitor

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def request_of_lea(clock, algebra, lea, ten_o_clock) -> BookingRequest:
    return BookingRequest(
        service=algebra,
        customer=details_of(lea),
        starts_at=ten_o_clock,
        minutes=60,
        inquiry="Fractions",
    )


@pytest.fixture
def inside(clock, lea, staff) -> Visitor:
    """Lea, who has opened her link; she has not looked yet."""
    link = open_link(send_link(lea, caller=staff), caller=staff)
    visitor = Visitor()
    visitor.client.cookies["holdfast_visit"] = visit_token(link)
    return visitor


def shown(visitor: Visitor) -> str:
    return " ".join(visitor.text.split())


def test_everything_of_hers_is_there_and_leads_to_where_it_is_changed(
    request_of_lea, tutorial, lea, bundle, group_pass, staff, inside, ten_o_clock
):
    single = create_booking(replace(request_of_lea, bundle=bundle), caller=staff)
    gone = create_booking(
        replace(request_of_lea, starts_at=ten_o_clock + timedelta(hours=2)), caller=staff
    )
    cancel_booking(gone, caller=staff)
    place = PlaceRequest(session=tutorial, customer=details_of(lea), bundle=group_pass)
    join_session(place, caller=staff)
    adjust_credits(bundle, amount=-2, reason="Typed wrongly", caller=staff)
    inside.open("/my/salon")

    text = shown(inside)
    assert "Mon 16 Nov, 10:00–11:00</time>" in text
    assert "Bundle for the whole semester</p>" in text  # what paid for it
    assert "7 of 8 sessions left" in text
    assert "9 of 10 sessions left" in text
    assert "Valid Sun 1 Nov – Sun 28 Feb 2027." in text
    assert "Mon 16 Nov, 10:00 with " in text
    assert "Adjusted by staff" in text
    assert "Typed wrongly" not in text
    assert text.count('class="pill pill-cancelled"') == 1
    assert "There is nothing here yet." not in text

    inside.follow("See, move or cancel")
    assert single.reference in inside.text
    inside.open("/my/salon").follow("Give it up…").send()
    assert Booking.objects.get(group_session=tutorial).status == "CANCELLED"
    tutorial.refresh_from_db()
    assert tutorial.taken == 0
    assert "10 of 10 sessions left" in shown(inside.open("/my/salon"))
    assert inside.follow("Book an appointment").path.startswith("/book/salon")


def test_nothing_of_anybody_else_is_there(
    request_of_lea, tutorial, products, lea, staff, inside, ten_o_clock
):
    join_session(PlaceRequest(session=tutorial, customer=MIA), caller=staff)
    tom = CustomerFactory(organization=lea.organization, name="Tom")
    BundleFactory(customer=tom, product=products["FULL_SEMESTER_BUNDLE"])
    namesake = CustomerFactory(
        organization=OrganizationFactory(), name="Lea elsewhere", email=lea.email
    )
    BundleFactory(customer=namesake, product__service__organization=namesake.organization)

    text = shown(inside.open("/my/salon"))
    assert "There is nothing here yet." in text
    assert "sessions left" not in text
    assert "Tutorial" not in text


def test_what_is_over_is_listed_shortly_and_looking_asks_as_often_for_much_as_for_little(
    request_of_lea, algebra, products, bundle, group_pass, lea, staff, inside, ten_o_clock, clock
):
    algebra.horizon_days = 365
    algebra.save()
    first = create_booking(replace(request_of_lea, bundle=bundle), caller=staff)
    with CaptureQueriesContext(connection) as little:
        inside.open("/my/salon")
    for week in range(1, 12):
        at = ten_o_clock + timedelta(weeks=week)
        create_booking(replace(request_of_lea, starts_at=at, bundle=None), caller=staff)
    tutoring = replace(request_of_lea, starts_at=ten_o_clock + timedelta(days=1), bundle=bundle)
    create_booking(tutoring, caller=staff)
    with CaptureQueriesContext(connection) as much:
        inside.open("/my/salon")
    # Whose page it is, who is in, what is ahead, what was, the bundles and their statements, what
    # they agree to, and what is asked.
    assert len(little) == len(much) == 8
    assert "8 of 10 sessions left" in shown(inside)

    clock.move_to(bundle.valid_to_at)
    expire_bundles()
    visit = open_link(send_link(lea, caller=staff), caller=staff)
    inside.client.cookies["holdfast_visit"] = visit_token(visit)
    text = shown(inside.open("/my/salon"))
    assert text.count('class="row-when') == 10 + 2  # appointments, bundles
    assert text.count("Expired") == 2
    assert "sessions left" not in text
    assert "What was used" not in text
    assert first.reference not in text


def test_staff_and_programs_send_the_link(clock, salon, lea, desk, website, stranger, ben):
    clerk = desk_for(salon)
    page = f"/admin/bookings/customer/{lea.pk}/change/"
    assert "Send their own link" in clerk.get(page).text
    response = clerk.send(f"/admin/bookings/customer/{lea.pk}/link/")
    assert said(response) == ["The link is on its way. It works once, for 30 minutes."]
    assert clerk.get(f"/admin/bookings/customer/{lea.pk}/link/").status_code == 405

    answer = desk.post(f"/api/customers/{lea.pk}/link")
    assert answer.status_code == 202
    assert answer.json()["data"]["expiresAt"].startswith("2026-11-03T07:30:0")
    assert Event.objects.filter(name="customer_link.requested").count() == 2
    assert website.post(f"/api/customers/{lea.pk}/link").status_code == 403
    assert stranger.post(f"/api/customers/{lea.pk}/link").status_code == 404
    assert Event.objects.filter(name="customer_link.requested").count() == 2
