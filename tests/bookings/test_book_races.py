"""Impatient visitors: what is sent several times at once is done once."""

import logging

import pytest

from bookings.models import Allocation, Booking, Hold
from tests.rivals import rivals
from tests.visitor import MIA, Visitor

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("clock", "in_order"),
]

HAIRCUT = "/book/salon/haircut?day=2026-11-16&minutes=30&with=anyone"
CLICKS = 6


@pytest.fixture
def visitor(clock, haircut, ben) -> Visitor:
    """Two are free at every time, so that the second click would find somebody too."""
    haircut.resources.add(ben)
    return Visitor().open(HAIRCUT)


def same_page(visitor: Visitor) -> Visitor:
    other = Visitor()
    other.path, other.response = visitor.path, visitor.response
    return other


@pytest.mark.parametrize("clicks", [2, CLICKS])
def test_a_time_chosen_many_times_at_once_is_kept_once(visitor, clicks):
    with rivals(clicks) as at_once:
        pages = at_once(*[lambda: same_page(visitor).choose("10:00").status] * clicks)

    assert pages == [200] * clicks
    assert Hold.objects.filter(ended_at=None).count() == 1
    assert Allocation.objects.filter(released_at=None).count() == 1


def test_a_form_sent_many_times_at_once_books_once_and_all_answers_say_so(visitor):
    visitor.choose("10:00")
    with rivals(CLICKS) as at_once:
        pages = at_once(*[lambda: same_page(visitor).send(**MIA).text] * CLICKS)

    booking = Booking.objects.get()
    assert all(booking.reference in page for page in pages)
    assert Allocation.objects.filter(released_at=None).count() == 1


def test_what_is_typed_stands_in_no_log_line_and_in_no_address(visitor, caplog):
    caplog.set_level(logging.DEBUG)
    visitor.choose("10:00").send(name="Xaverine Quittenbaum", email="xaverine@")
    visitor.send(**{**MIA, "name": "Xaverine Quittenbaum", "email": "xaverine@example.com"})

    assert Booking.objects.count() == 1
    for text in (caplog.text, visitor.path):
        assert "xaverine" not in text.lower()
        assert "Quittenbaum" not in text
        assert "/booked/" not in caplog.text.replace("/booked/{token}", "")
