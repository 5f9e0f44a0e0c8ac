"""A course in a real browser: the last place, the waitlist, and a place that comes free.

Pictures go to artifacts/pictures, for a person to look at.
"""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from bookings.models import Booking, GroupSession, WaitlistEntry
from bookings.selectors.manage import manage_url
from bookings.selectors.waitlist import waitlist_url
from bookings.services.photo import set_photo
from tests.browser import Reader, reader_at
from tests.factories import GroupSessionFactory
from tests.journeys.test_book_in_browser import a_face

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def session(clock, salon, algebra, anna, ben, products, staff) -> GroupSession:
    """The last place in a session; more sessions and all bundles beside it."""
    salon.contact_email, salon.accent_color = "hello@salon.example", "#1d4ed8"
    salon.save()
    algebra.description = "Vectors, matrices, and why they are worth the trouble."
    algebra.location = "Room 12, Mathematics"
    algebra.save()
    anna.qualification = "M.Sc. Mathematics, GPA 3.9"
    anna.bio = "Has taught this course for four years. Draws everything twice."
    anna.save()
    ben.qualification = "B.Sc. Physics, GPA 3.7"
    ben.save()
    set_photo(anna, a_face(), caller=staff)
    last = GroupSessionFactory(service=algebra, resource=anna, capacity=1)
    for week in range(1, 8):
        GroupSessionFactory(
            service=algebra,
            resource=ben if week % 2 else anna,
            starts_at=last.starts_at + timedelta(days=7 * week),
            capacity=1 if week == 3 else 4,
        )
    return last


def types(reader: Reader, name: str) -> None:
    reader.page.get_by_label("Name").fill(name)
    reader.page.get_by_label("E-mail").fill(f"{name.split()[0].lower()}@example.com")


def heading(reader: Reader) -> str:
    return reader.page.get_by_role("heading", level=1).inner_text()


def first_session(reader: Reader) -> None:
    reader.open("/book/salon/algebra")
    reader.click("Wed 18 Nov, 14:00–15:00")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("phone", [True, False], ids=["360", "1440"])
def test_a_place_goes_from_one_to_the_next(chromium, live_server, session, phone, dark):
    ada, lea = (reader_at(chromium, live_server.url, phone=phone, dark=dark) for _ in range(2))
    where = f"{'dark' if dark else 'light'}-{'360' if phone else '1440'}"

    ada.open("/book/salon/algebra")
    ada.looks_at(f"course-{where}")
    assert ada.violations() == []
    ada.click("Wed 18 Nov, 14:00–15:00")
    types(ada, "Ada Amsel")
    ada.looks_at(f"course-join-{where}")
    assert ada.violations() == []
    ada.click("Join this session", role="button")
    assert heading(ada) == "Your place is booked"
    ada.looks_at(f"course-booked-{where}")
    assert ada.violations() == []

    first_session(lea)
    types(lea, "Lea Lang")
    lea.looks_at(f"course-full-{where}")
    assert lea.violations() == []
    lea.click("Join the waitlist", role="button")
    assert heading(lea) == "You are on the waitlist"
    lea.looks_at(f"course-waiting-{where}")
    assert lea.violations() == []

    ada.open(urlsplit(manage_url(Booking.objects.get())).path)
    ada.click("Cancel…")
    ada.page.locator("main button.button-danger").first.click()
    ada.page.wait_for_load_state("load")
    lea.open(urlsplit(waitlist_url(WaitlistEntry.objects.get())).path)
    assert heading(lea) == "A place came free for you"
    lea.looks_at(f"course-offer-{where}")
    assert lea.violations() == []
    lea.click("Take this place", role="button")

    assert heading(lea) == "Your appointment"
    session.refresh_from_db()
    assert (session.taken, session.held) == (1, 0)
    taken = Booking.objects.exclude(status="CANCELLED").get()
    assert (taken.name, taken.source) == ("Lea Lang", "WAITLIST")
    assert ada.problems + lea.problems == []


def test_somebody_joins_without_script(chromium, live_server, session):
    ada = reader_at(chromium, live_server.url, script=False, phone=True)

    first_session(ada)
    types(ada, "Ada Amsel")
    ada.click("Join this session", role="button")

    assert heading(ada) == "Your place is booked"
    assert Booking.objects.get().group_session == session
    assert ada.problems == []
