"""A course on the booking page: who teaches it, its group sessions, its bundles."""

import html
import re
from datetime import date, timedelta

import pytest

from bookings.models import Booking, ExamPeriod, GroupSession, WaitlistEntry
from bookings.services.group_session import cancel_session
from bookings.services.place import PlaceRequest, join_session
from core.models import Event
from tests.factories import CourseFactory, GroupSessionFactory, OrganizationFactory
from tests.rivals import rivals
from tests.visitor import Visitor
from tests.waiting import called

pytestmark = pytest.mark.django_db(transaction=True)

COURSE = "/book/salon/algebra"
LEA = {"name": "Lea Lang", "email": "lea@example.com", "phone": "", "website": ""}
WEEK = timedelta(days=7)


@pytest.fixture
def visitor(clock, algebra, settings) -> Visitor:
    settings.QUEUE_NUDGES = False
    return Visitor()


@pytest.fixture
def session(algebra, anna) -> GroupSession:
    """One place on Wednesday in two weeks at 14:00, with Anna."""
    return GroupSessionFactory(service=algebra, resource=anna, capacity=1)


@pytest.fixture
def join(staff):
    def join(session: GroupSession, name: str) -> Booking:
        return join_session(PlaceRequest(session=session, customer=called(name)), caller=staff)

    return join


def page_of(session: GroupSession) -> str:
    return f"{COURSE}/sessions/{session.pk}"


def said(visitor: Visitor) -> str:
    """The page's words, one line."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", visitor.text)).split())


def send(visitor: Visitor, **typed: str) -> Visitor:
    return visitor.send(visit=visitor.hidden("visit"), **{**LEA, **typed})


def places(session: GroupSession) -> tuple[int, int]:
    return GroupSession.objects.values_list("taken", "held").get(pk=session.pk)


def test_a_course_shows_its_tas_its_sessions_and_its_bundles(
    visitor, algebra, anna, ben, salon, products, session, join, django_assert_num_queries
):
    anna.qualification, anna.bio = "M.Sc., GPA 3.9", "Likes proofs."
    anna.save()
    salon.contact_email = "hello@salon.example"
    salon.save()
    at = session.starts_at
    roomy = GroupSessionFactory(service=algebra, resource=ben, capacity=3, starts_at=at + WEEK)
    join(session, "Ada")
    join(roomy, "Ada")
    GroupSessionFactory(service=algebra, resource=ben, starts_at=at, cancelled_at=at)
    GroupSessionFactory(service=algebra, resource=ben, starts_at=at - 3 * WEEK)

    for kind, first, last in (
        ("MIDTERM", date(2026, 10, 5), date(2026, 10, 9)),
        ("FINAL", date(2026, 12, 7), date(2026, 12, 18)),
    ):
        ExamPeriod.objects.create(service=algebra, kind=kind, starts_on=first, ends_on=last)

    # organization, services, TAs, their pictures, sessions, bundles, exams
    with django_assert_num_queries(7):
        visitor.open(COURSE)

    text = said(visitor)
    for sentence in (
        "MATH-101 · 60 min · 40.00 EUR",
        "Anna M.Sc., GPA 3.9 Likes proofs. Ben",
        "Wed 18 Nov, 14:00–15:00 with Anna · 15.00 EUR Full Join the waitlist",
        "Wed 25 Nov, 14:00–15:00 with Ben · 15.00 EUR 2 places left Join",
        "Salon Soleil sells them, and books with them for you. Ask for one by e-mail.",
        "Bundle for the whole semester 300.00 EUR 10 sessions · valid for 120 days",
        "Pays for single sessions on exam days: Mon 7 Dec – Fri 18 Dec.",
    ):
        assert sentence in text
    assert len(re.findall("/sessions/", visitor.text)) == 2


def test_choosing_a_ta_shows_their_times_at_the_price_of_a_single_session(visitor, products, anna):
    visitor.open(COURSE).follow("Anna")
    assert visitor.path == f"{COURSE}?with={anna.pk}"
    assert "with Anna" in visitor.text

    visitor.open(f"{visitor.path}&day=2026-11-16").choose("10:00")
    assert "40.00 EUR" in visitor.text
    visitor.send(name="Lea Lang", email="lea@example.com")

    booking = Booking.objects.get()
    assert (booking.resource, str(booking.price_amount)) == (anna, "40.00")


def test_a_course_with_one_ta_has_its_page_too(visitor, algebra, ben, session):
    algebra.resources.remove(ben)

    visitor.open(COURSE)
    assert "Group sessions" in visitor.text
    assert "The most times to choose from." not in visitor.text
    assert "11:00" in visitor.follow("Anna").times
    assert "Group sessions" in visitor.follow("Back to the course").text


def test_a_visitor_joins_and_reads_what_they_have(visitor, session):
    visitor.open(COURSE).follow("Wed 18 Nov, 14:00–15:00")
    assert "1 place left." in visitor.text

    send(visitor)

    booking = Booking.objects.get()
    assert (booking.status, booking.source, booking.group_session_id) == (
        "CONFIRMED", "PAGE", session.pk,
    )  # fmt: skip
    assert "<h1>Your place is booked</h1>" in visitor.text
    assert "Algebra I, group session" in visitor.text
    assert places(session) == (1, 0)


def test_a_full_session_offers_its_waitlist(visitor, session, join):
    join(session, "Ada")
    visitor.open(page_of(session))
    assert "Join this session" not in visitor.text

    send(visitor, answer="wait")

    entry = WaitlistEntry.objects.get()
    assert (entry.group_session_id, entry.name) == (session.pk, "Lea Lang")
    assert visitor.path.endswith("?done=joined")
    assert Event.objects.get(name="waitlist.joined").actor_kind == "customer"
    send(visitor.open(page_of(session)), answer="wait")
    assert visitor.status == 409
    assert visitor.notice == "You are on the waitlist for this session already."
    assert WaitlistEntry.objects.count() == 1


def test_who_comes_a_moment_too_late_keeps_what_they_typed_and_can_wait(visitor, session, join):
    visitor.open(page_of(session))
    join(session, "Ada")

    send(visitor)

    assert visitor.status == 409
    assert visitor.notice == "This session is full by now. You can join its waitlist."
    assert 'value="Lea Lang"' in visitor.text
    assert "Join the waitlist" in visitor.text
    assert (Booking.objects.count(), places(session)) == (1, (1, 0))


def test_who_would_wait_for_a_free_place_is_told_to_take_it(visitor, session):
    send(visitor.open(page_of(session)), answer="wait")

    assert visitor.status == 409
    assert visitor.notice == "There is a free place. You can join right away."
    assert not WaitlistEntry.objects.exists()


def test_nobody_joins_twice_or_what_has_begun_or_was_called_off(
    visitor, algebra, ben, session, staff, clock
):
    other = GroupSessionFactory(service=algebra, resource=ben)
    visitor.open(page_of(other))
    cancel_session(other, caller=staff)
    send(visitor)
    assert visitor.notice == "This session has begun, or was cancelled. Nothing was booked."
    assert "This session was cancelled." in visitor.text

    send(visitor.open(page_of(session)))
    clock.shift(60)
    GroupSession.objects.update(capacity=2)
    send(visitor.open(page_of(session)))
    assert visitor.notice.startswith("You have a place in this session already.")

    visitor.open(page_of(session))
    clock.move_to(session.starts_at)
    assert send(visitor, email="tom@example.com").status == 400  # the page is of two weeks ago
    visitor.open(page_of(session))
    assert "This session has begun, so nobody can join any more." in visitor.text
    assert "<form id=" not in visitor.text
    assert Booking.objects.count() == 1


class TestGuards:
    def test_a_double_click_is_one_place(self, visitor, session):
        session.capacity = 5
        session.save()
        visitor.open(page_of(session))
        typed = {**LEA, "visit": visitor.hidden("visit")}
        clients = [Visitor().client for _ in range(4)]
        with rivals(4) as at_once:
            answers = at_once(*[lambda c=each: c.post(page_of(session), typed) for each in clients])

        assert [answer.status_code for answer in answers] == [302] * 4
        assert Booking.objects.count() == 1
        assert places(session) == (1, 0)

    def test_programs_and_forms_of_others_join_nothing(self, visitor, session):
        visitor.open(page_of(session))
        trapped = send(visitor, website="https://spam.example")
        assert (trapped.status, list(trapped.wrong)) == (400, ["website"])
        for visit in ("", "made up"):
            visitor.open(page_of(session)).send(**LEA, visit=visit)
            assert visitor.status == 400
            assert visitor.notice == "This page was open for too long. Please send it again."
            assert 'value="Lea Lang"' in visitor.text
        missing = send(visitor.open(page_of(session)), name="", email="lea")
        assert set(missing.wrong) == {"name", "email"}
        assert places(session) == (0, 0)
        send(visitor)
        assert places(session) == (1, 0)

    def test_an_address_and_a_network_join_so_often_and_no_more(
        self, visitor, algebra, ben, session, settings
    ):
        settings.PAGE_BOOKINGS_AHEAD_PER_EMAIL, settings.PAGE_BOOKINGS_PER_HOUR = 1, 2
        send(visitor.open(page_of(session)))
        other = GroupSessionFactory(
            service=algebra, resource=ben, starts_at=session.starts_at + WEEK
        )
        send(visitor.open(page_of(other)))
        assert visitor.status == 409
        assert visitor.notice.startswith("You have as many open appointments")
        send(visitor.open(page_of(other)), email="tom@example.com")
        assert visitor.status == 429
        assert places(other) == (0, 0)

    def test_a_session_is_found_below_its_own_course_alone(self, visitor, algebra, session, salon):
        other = OrganizationFactory(slug="other")
        CourseFactory(organization=salon, slug="chemistry", resources=list(algebra.resources.all()))
        CourseFactory(organization=other, slug="algebra")
        for path in ("/book/salon/chemistry", "/book/other/algebra"):
            assert visitor.open(f"{path}/sessions/{session.pk}").status == 404
        assert visitor.open(f"{COURSE}/sessions/{session.pk}".upper()[:-1]).status == 404

    def test_it_works_in_a_frame_up_to_the_waitlist(self, visitor, session, salon, join):
        salon.embed_origins = ["https://www.salon.example"]
        salon.save()
        join(session, "Ada")
        allowed = "frame-ancestors 'self' https://www.salon.example"
        for path in (COURSE, page_of(session)):
            assert allowed in visitor.open(path).response["Content-Security-Policy"]
        send(visitor, answer="wait")
        assert "You are on the waitlist" in visitor.text
        assert allowed in visitor.response["Content-Security-Policy"]
        assert "Set-Cookie" not in visitor.response.headers


def test_times_are_in_the_visitors_zone(visitor, session):
    visitor.open(f"{COURSE}?zone=America/New_York")
    visitor.follow("Wed 18 Nov, 08:00–09:00")
    assert "America/New York" in visitor.text

    send(visitor)

    assert Booking.objects.get().timezone == "America/New_York"
    assert "08:00–09:00" in visitor.text


def test_the_page_of_a_busy_course_is_light(visitor, algebra, anna, session):
    for day in range(1, 70):
        starts_at = session.starts_at + timedelta(days=day)
        GroupSessionFactory(service=algebra, resource=anna, starts_at=starts_at)

    visitor.open(COURSE)

    assert len(re.findall("/sessions/", visitor.text)) == 40
    assert len(visitor.response.content) < 36_000
