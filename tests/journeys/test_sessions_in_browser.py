"""Group sessions in a real browser: who came in three clicks, a list to print, every page."""

from datetime import datetime, time, timedelta
from decimal import Decimal

import pytest

from bookings.models import Booking, Customer, GroupSession, GroupSessionTemplate, TimeOff
from bookings.services.customer import CustomerDetails
from bookings.services.place import PlaceRequest, join_session
from bookings.services.place_waiting import PlaceWait, wait_for_place
from bookings.services.session_template import TemplateDetails, create_template
from tests.factories import BundleFactory, GroupSessionFactory
from tests.journeys.console_day import PEOPLE, TUESDAY
from tests.waiting import called

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

AT_MOST_CLICKS = 3
SESSIONS = "/admin/bookings/groupsession/"
WEEKLY = "/admin/bookings/groupsessiontemplate/"
TWO_O_CLOCK: datetime = TUESDAY + timedelta(hours=5)


@pytest.fixture
def tutorial(day, algebra, ben, products, staff) -> GroupSession:
    """Today at two with Ben: five of six places taken, one of them by a pass."""
    session = GroupSessionFactory(service=algebra, resource=ben, capacity=6, starts_at=TWO_O_CLOCK)
    zoe = Customer.objects.get(email_index=Customer.index_of_email(PEOPLE[-1][1]))
    bundle = BundleFactory(product=products["GROUP_SESSION_PASS"], customer=zoe)
    for name, email, phone in PEOPLE:
        place = PlaceRequest(
            session=session,
            customer=CustomerDetails(name=name, email=email, phone=phone),
            bundle=bundle if email == zoe.email else None,
        )
        join_session(place, caller=staff)
    return session


@pytest.fixture
def weekly(tutorial, anna, staff) -> GroupSessionTemplate:
    """Thursdays with Anna, who is off on the second of them; in the first somebody waits."""
    TimeOff.objects.create(
        organization=anna.organization,
        resource=anna,
        starts_on=TUESDAY.date() + timedelta(days=9),
        ends_on=TUESDAY.date() + timedelta(days=9),
        last_on=TUESDAY.date() + timedelta(days=9),
    )
    details = TemplateDetails(
        service=tutorial.service,
        resource=anna,
        weekday=3,
        starts_at_time=time(15),
        ends_at_time=time(16, 30),
        capacity=1,
        price_amount=Decimal("12.50"),
    )
    made = create_template(details, caller=staff)
    first = made.sessions.order_by("starts_at")[0]
    join_session(PlaceRequest(session=first, customer=called("Ada")), caller=staff)
    wait_for_place(PlaceWait(session=first, customer=called("Kim")), caller=staff)
    return made


def test_who_came_is_marked_in_three_clicks_from_today(look, tutorial, clock):
    clock.move_to(TWO_O_CLOCK + timedelta(minutes=10))
    reader = look()
    reader.open("/admin/")

    reader.page.locator(".hf-session").click()
    reader.clicks += 1
    row = reader.page.get_by_role("listitem").filter(has_text="Jonas Weber")
    row.get_by_role("radio", name="No-show").click()
    reader.clicks += 1
    reader.click("Save, and all others attended", role="button")

    reader.page.get_by_text("Noted: 4 attended, 1 did not come.").wait_for()
    came = Booking.objects.filter(group_session=tutorial).order_by("name")
    assert {one.name: one.status for one in came if one.status != "COMPLETED"} == {
        "Jonas Weber": "NO_SHOW"
    }
    assert reader.clicks <= AT_MOST_CLICKS
    assert reader.problems == []


def test_the_list_is_printed_black_on_white_without_its_buttons_even_in_the_dark(look, tutorial):
    reader = look(dark=True)
    reader.open(f"{SESSIONS}{tutorial.pk}/list/")
    assert reader.page.get_by_role("button", name="Print").is_visible()

    reader.page.emulate_media(media="print")

    assert not reader.page.get_by_role("button", name="Print").is_visible()
    style = "getComputedStyle(document.body)"
    assert reader.page.evaluate(f"{style}.color") == "rgb(0, 0, 0)"
    assert reader.page.evaluate(f"{style}.backgroundColor") == "rgb(255, 255, 255)"
    assert reader.page.locator("tbody tr").count() == 6
    reader.looks_at("console-attendance-printed")
    assert reader.problems == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("phone", [False, True], ids=["desktop", "phone"])
def test_every_page_of_sessions_can_be_read_by_everybody(look, tutorial, weekly, phone, dark):
    waited_for = weekly.sessions.order_by("starts_at")[0]
    pages = {
        "sessions": SESSIONS,
        "session": f"{SESSIONS}{tutorial.pk}/change/",
        "session-waited-for": f"{SESSIONS}{waited_for.pk}/change/",
        "session-new": f"{SESSIONS}add/",
        "session-join": f"{SESSIONS}{tutorial.pk}/join/",
        "session-edit": f"{SESSIONS}{tutorial.pk}/edit/",
        "session-cancel": f"{SESSIONS}{tutorial.pk}/cancel/",
        "attendance": f"{SESSIONS}{tutorial.pk}/list/",
        "weekly": WEEKLY,
        "weekly-one": f"{WEEKLY}{weekly.pk}/change/",
        "weekly-new": f"{WEEKLY}add/",
        "weekly-cancel": f"{WEEKLY}{weekly.pk}/cancel/",
        "calendar-with-sessions": "/admin/calendar/?view=week",
    }
    reader = look(phone=phone, dark=dark)
    name = f"{'phone' if phone else 'desktop'}-{'dark' if dark else 'light'}"
    wrong = []
    for title, path in pages.items():
        reader.open(path)
        reader.looks_at(f"console-{title}-{name}")
        wrong += [f"{title}: {violation}" for violation in reader.violations()]
        wide = reader.page.evaluate("document.documentElement.scrollWidth")
        if wide > reader.page.viewport_size["width"]:
            wrong.append(f"{title}: {wide} px wide")
    assert wrong == []
    assert reader.problems == []
