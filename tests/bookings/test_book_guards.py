"""What keeps programs away from the booking page without turning people away in silence."""

from datetime import UTC, datetime, timedelta

import pytest

from bookings.models import Booking, Hold
from core.redis import watch
from tests.factories import OrganizationFactory, ResourceFactory, ServiceFactory
from tests.visitor import MIA, Visitor

pytestmark = pytest.mark.django_db(transaction=True)

HAIRCUT = "/book/salon/haircut?day=2026-11-16"
NOON = datetime(2026, 11, 16, 11, tzinfo=UTC)


@pytest.fixture
def visitor(clock, haircut) -> Visitor:
    return Visitor()


@pytest.fixture
def chosen(visitor) -> Visitor:
    return visitor.open(HAIRCUT).choose("10:00")


def test_the_trap_is_hidden_and_whoever_falls_in_is_told(chosen):
    assert 'class="field hidden" aria-hidden="true"' in chosen.text

    chosen.send(**MIA, website="https://spam.example")

    assert chosen.status == 400
    assert chosen.wrong == {
        "website": "This field catches programs. Please empty it and send the form again."
    }
    assert 'class="field hidden"' not in chosen.text  # a person can see and empty it
    assert Booking.objects.count() == 0
    chosen.send(**MIA)
    assert Booking.objects.count() == 1


def test_an_address_has_so_many_appointments_ahead_and_no_more(chosen, salon, settings, book):
    settings.PAGE_BOOKINGS_AHEAD_PER_EMAIL = 2
    salon.contact_email = "hello@salon.example"
    salon.save()
    book(NOON)
    book(NOON + timedelta(hours=1))

    chosen.send(**{**MIA, "email": "MIA@example.com"})

    assert chosen.status == 409
    assert chosen.notice == (
        "You have as many open appointments as can be booked here. Cancel one that you do not "
        "need, with the link in its e-mail. Or write to hello@salon.example."
    )
    assert Booking.objects.count() == 2
    chosen.send(**{**MIA, "email": "jonas@example.com"})
    assert Booking.objects.count() == 3


def test_a_network_chooses_so_many_times_in_an_hour(visitor, settings):
    settings.PAGE_HOLDS_PER_HOUR = 2
    visitor.open(HAIRCUT).choose("10:00")
    visitor.open(HAIRCUT).choose("10:30")

    visitor.open(HAIRCUT).choose("11:00")

    assert visitor.status == 429
    assert visitor.notice == (
        "From your internet connection many times were chosen lately. Please try again in an hour."
    )
    assert Hold.objects.count() == 2
    assert Visitor("192.0.2.2").open(HAIRCUT).choose("11:00").status == 200


def test_only_what_could_be_booked_counts_as_a_booking(chosen, settings):
    settings.PAGE_BOOKINGS_PER_HOUR = 1
    for _ in range(3):
        assert chosen.send(name="Mia").status == 400
    chosen.send(**MIA)
    assert Booking.objects.count() == 1

    other = Visitor().open(HAIRCUT).choose("11:00").send(**MIA)

    assert other.status == 429
    assert 'value="Mia Müller"' in other.text
    assert Booking.objects.count() == 1


def test_the_page_works_without_redis(visitor, redis_is_gone):
    watch.forget()

    visitor.open(HAIRCUT).choose("10:00").send(**MIA)

    assert Booking.objects.count() == 1


class TestSignatures:
    """There is no cookie to trust: see bookings.web.tokens."""

    def test_no_cookie_is_needed_or_set(self, chosen):
        chosen.client = type(chosen.client)(enforce_csrf_checks=True)

        chosen.send(**MIA)

        assert Booking.objects.count() == 1
        assert not chosen.client.cookies
        assert "Set-Cookie" not in chosen.response.headers
        assert "Cookie" not in chosen.response.headers.get("Vary", "")

    @pytest.mark.parametrize("visit", ["", "made up", "a:b:c"])
    def test_a_form_that_is_not_ours_keeps_nothing(self, visitor, visit):
        visitor.open(HAIRCUT).send(visit=visit, start="2026-11-16T10:00:00+01:00")

        assert visitor.status == 400
        assert visitor.notice == ("This page was open for too long. Please choose the time again.")
        assert "10:00" in visitor.times
        assert Hold.objects.count() == 0

    def test_neither_does_one_of_yesterday_or_of_another_organization(self, visitor, clock, salon):
        visitor.open(HAIRCUT)
        visit = visitor.hidden("visit")
        other = OrganizationFactory(slug="other")
        ServiceFactory(
            organization=other, slug="cut", resources=[ResourceFactory(organization=other)]
        )
        start = "2026-11-16T10:00:00+01:00"

        assert visitor.open("/book/other/cut").send(visit=visit, start=start).status == 400
        clock.shift(25 * 3600)
        assert visitor.open(HAIRCUT).send(visit=visit, start=start).status == 400

        assert Hold.objects.count() == 0

    def test_an_address_of_somebody_elses_details_books_nothing_there(self, chosen):
        """A draft belongs to its organization and its service."""
        draft = chosen.path.rpartition("/")[2]
        other = OrganizationFactory(slug="other")
        ServiceFactory(
            organization=other, slug="haircut", resources=[ResourceFactory(organization=other)]
        )

        response = chosen.client.post(f"/book/other/haircut/details/{draft}", MIA)

        assert response.status_code == 400
        assert Booking.objects.count() == 0

    def test_what_was_booked_is_shown_for_two_hours(self, chosen, clock):
        chosen.send(**MIA)
        path = chosen.path
        assert "mia@example.com" in chosen.text

        clock.shift(2 * 3600 + 60)

        assert chosen.open(path).status == 404
        assert "mia@example.com" not in chosen.text


class TestFrames:
    def policy(self, visitor) -> str:
        parts = visitor.response["Content-Security-Policy"].split("; ")
        return next(part for part in parts if part.startswith("frame-ancestors"))

    def test_nobody_may_show_the_page_in_a_frame_unless_the_organization_says_so(
        self, visitor, salon
    ):
        visitor.open(HAIRCUT)
        assert self.policy(visitor) == "frame-ancestors 'none'"
        assert visitor.response["X-Frame-Options"] == "DENY"

        salon.embed_origins = ["https://www.salon.example"]
        salon.save()
        for path in ("/book/salon", HAIRCUT, "/book/salon/nothing"):
            visitor.open(path)
            assert self.policy(visitor) == "frame-ancestors 'self' https://www.salon.example"
            assert "X-Frame-Options" not in visitor.response.headers
        assert "unsafe" not in visitor.response["Content-Security-Policy"]

    def test_other_pages_stay_out_of_every_frame(self, visitor, salon):
        salon.embed_origins = ["https://www.salon.example"]
        salon.save()

        assert self.policy(visitor.open("/")) == "frame-ancestors 'none'"
        assert visitor.response["X-Frame-Options"] == "DENY"
