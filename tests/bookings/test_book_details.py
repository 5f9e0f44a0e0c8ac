"""A time is kept while somebody types, and what they typed becomes one booking."""

from datetime import UTC, datetime, timedelta

import pytest

from bookings.models import Booking, Hold
from tests.visitor import MIA, Visitor

pytestmark = pytest.mark.django_db(transaction=True)

HAIRCUT = "/book/salon/haircut?day=2026-11-16&minutes=30"
TEN = datetime(2026, 11, 16, 9, tzinfo=UTC)


@pytest.fixture
def visitor(clock, haircut) -> Visitor:
    return Visitor()


@pytest.fixture
def chosen(visitor) -> Visitor:
    """Somebody who has chosen Monday at ten."""
    return visitor.open(HAIRCUT).choose("10:00")


class TestKeeping:
    def test_a_chosen_time_is_nobody_elses_for_ten_minutes(self, chosen, clock):
        other = Visitor("192.0.2.2")
        assert "10:00" not in other.open(HAIRCUT).times

        clock.shift(601)

        assert "10:00" in other.open(HAIRCUT).times

    def test_a_double_click_keeps_one_time(self, visitor, haircut, ben):
        haircut.resources.add(ben)
        visitor.open(f"{HAIRCUT}&with=anyone")
        page = visitor.response

        first = visitor.choose("10:00").path
        visitor.response = page
        visitor.path = HAIRCUT
        second = visitor.choose("10:00").path

        assert "kept for you" in visitor.text
        assert first.startswith("/book/salon/haircut/details/")
        assert second.startswith("/book/salon/haircut/details/")
        assert Hold.objects.count() == 1

    def test_whoever_goes_back_finds_their_time_and_gives_it_back_for_another(self, chosen):
        chosen.follow("Choose another time")
        assert "10:00" in chosen.times
        chosen.choose("10:30")

        live = Hold.objects.get(ended_at=None)
        assert live.starts_at == TEN + timedelta(minutes=30)
        assert "10:00" in Visitor("192.0.2.2").open(HAIRCUT).times

    def test_a_time_that_somebody_else_took_is_refused_with_others(self, visitor, book):
        visitor.open(HAIRCUT)
        book(minutes=30)

        visitor.choose("10:00")

        assert visitor.status == 409
        assert visitor.notice == "10:00 is no longer free. 09:00, 09:30 and 10:30 are."
        assert Hold.objects.count() == 0


class TestDetails:
    def test_what_is_wrong_is_said_beside_its_field_and_what_was_typed_stays(self, chosen):
        chosen.send(name="Mia <Müller>", email="mia", company=" ", phone="later")

        assert chosen.status == 400
        assert chosen.wrong == {
            "email": "Write an address like mia@example.com.",
            "phone": "Write a number like +49 30 1234567.",
            "company": "This is needed.",
            "inquiry": "This is needed.",
        }
        assert 'value="Mia &lt;Müller&gt;"' in chosen.text
        assert Booking.objects.count() == 0

    def test_a_service_asks_for_what_it_wants(self, visitor, haircut):
        haircut.company_required = haircut.inquiry_required = False
        haircut.location_kind = "PHONE"
        haircut.save()
        visitor.open(HAIRCUT).choose("10:00")
        assert 'name="company"' not in visitor.text

        visitor.send(name="Mia", email="mia@example.com")
        assert visitor.wrong == {"phone": "This is needed."}

        visitor.send(name="Mia", email="mia@example.com", phone="030 1234567")
        assert Booking.objects.count() == 1

    def test_the_form_sent_twice_books_once(self, chosen):
        page, path = chosen.response, chosen.path
        first = chosen.send(**MIA).path
        chosen.response, chosen.path = page, path
        second = chosen.send(**MIA).path

        assert Booking.objects.count() == 1
        reference = Booking.objects.get().reference
        assert "/booked/" in first
        assert "/booked/" in second
        assert reference in chosen.text
        assert reference in chosen.open(path).text  # and so does whoever goes back to the form

    def test_whoever_has_booked_may_go_back_and_book_another_time(self, visitor):
        visitor.open(HAIRCUT)
        page, path = visitor.response, visitor.path
        visitor.choose("10:00").send(**MIA)
        visitor.response, visitor.path = page, path

        visitor.choose("11:00").send(**MIA)

        assert Booking.objects.count() == 2

    def test_a_time_that_was_kept_for_too_long_is_booked_if_it_is_free(self, chosen, clock):
        clock.shift(601)
        assert "no longer kept for you" in chosen.open(chosen.path).text

        chosen.send(**MIA)

        assert Booking.objects.get().starts_at == TEN

    def test_a_time_that_is_gone_is_refused_with_others_and_what_was_typed_stays(
        self, chosen, clock, book
    ):
        clock.shift(601)
        book(minutes=30)

        chosen.send(**MIA)

        assert chosen.status == 409
        assert chosen.notice == "10:00 is no longer free. 09:00, 09:30 and 10:30 are."
        assert chosen.times == ["09:00", "09:30", "10:30"]
        assert Booking.objects.count() == 1

        chosen.send(**MIA, start=chosen.buttons["10:30"])
        assert "10:30–11:00" in chosen.text
        assert 'value="Mia Müller"' in chosen.text
        assert Booking.objects.count() == 1

        chosen.send(**MIA)
        taken = Booking.objects.get(source="PAGE")
        assert taken.starts_at == TEN + timedelta(minutes=30)

    def test_somebody_who_left_meanwhile_cannot_be_booked(self, visitor, haircut, anna, ben):
        haircut.resources.add(ben)
        visitor.open(f"{HAIRCUT}&with={ben.pk}").choose("10:00")
        ben.is_active = False
        ben.save()

        visitor.send(**MIA)

        assert visitor.status == 404
        assert Booking.objects.count() == 0

    def test_what_no_field_can_put_right_is_said_above_them_all(self, visitor, haircut, ben):
        haircut.resources.add(ben)
        visitor.open(f"{HAIRCUT}&with=anyone").choose("10:00")
        Hold.objects.all().update(expires_at=datetime(2026, 11, 3, tzinfo=UTC))
        haircut.assignment = "CUSTOMER"
        haircut.save()

        visitor.send(**MIA)

        assert visitor.status == 400
        assert visitor.notice == "Choose with whom."
        assert Booking.objects.count() == 0
