"""What a service wants to know, asked on the booking page; and the file for one's calendar."""

from datetime import UTC, datetime

import pytest
from icalendar import Calendar

from bookings.models import Booking
from bookings.selectors.manage import manage_token
from bookings.services.questions import QuestionDetails, set_questions
from core.db import in_one_transaction
from tests.visitor import MIA, Visitor

pytestmark = pytest.mark.django_db(transaction=True)

HAIRCUT = "/book/salon/haircut?day=2026-11-16&minutes=30"
QUESTIONS = [
    QuestionDetails(key="length", label="How long is it?", kind="NUMBER", is_required=True),
    QuestionDetails(key="since", label="Since when?", kind="DATE"),
    QuestionDetails(
        key="color", label="Which color?", kind="CHOICE", options=("Red", "Blue"), is_required=True
    ),
    QuestionDetails(key="with", label="With what?", kind="CHOICES", options=("Wash", "Dry", "Wax")),
    QuestionDetails(key="rules", label="I come on time", kind="YES_NO", is_required=True),
    QuestionDetails(key="more", label="More?", kind="LONG_TEXT"),
]


@pytest.fixture
def chosen(clock, haircut) -> Visitor:
    return Visitor().open(HAIRCUT).choose("10:00")


@pytest.fixture
def questions(haircut):
    in_one_transaction(set_questions)(haircut, QUESTIONS)


def test_a_services_questions_are_asked_and_answered(questions, chosen):
    answers = {
        "answer-length": "12.5",
        "answer-since": "2026-10-01",
        "answer-color": "Blue",
        "answer-with": ["Wax", "Wash"],
        "answer-rules": "on",
        "answer-more": "One\nTwo",
    }

    chosen.send(**MIA, **answers)

    told = Booking.objects.get().answers
    assert {one["key"]: one["answer"] for one in told} == {
        "length": 12.5,
        "since": "2026-10-01",
        "color": "Blue",
        "with": ["Wash", "Wax"],
        "rules": True,
        "more": "One\nTwo",
    }
    assert "Wash, Wax" in chosen.text


def test_a_question_unanswered_is_said_beside_it_and_the_rest_stays(questions, chosen):
    chosen.send(**MIA, **{"answer-color": "Green", "answer-with": ["Wax"], "answer-length": "two"})

    assert chosen.status == 400
    assert chosen.wrong == {
        "answer-length": "Enter a number.",
        "answer-color": "Select a valid choice. Green is not one of the available choices.",
        "answer-rules": "This is needed.",
    }
    assert 'value="Wax" id="answer-with_2" checked' in chosen.text
    assert Booking.objects.count() == 0


def test_answers_stay_when_another_time_is_taken_instead(questions, chosen, clock, book):
    answers = {
        "answer-length": "3",
        "answer-color": "Red",
        "answer-rules": "on",
        "answer-with": ["Wash", "Dry"],
    }
    clock.shift(601)
    book(minutes=30, answers={"length": 1, "color": "Red", "rules": True})
    chosen.send(**MIA, **answers)
    assert chosen.status == 409

    chosen.send(**MIA, **answers, start=chosen.buttons["10:30"])

    assert chosen.status == 200
    assert 'value="Wash" id="answer-with_0" checked' in chosen.text
    assert 'value="Dry" id="answer-with_1" checked' in chosen.text
    assert 'value="Red" selected' in chosen.text


def test_the_customer_says_where_when_the_service_leaves_it_to_them(haircut, chosen):
    haircut.location_kind = "CUSTOMER"
    haircut.save()

    chosen.send(**MIA)
    assert chosen.wrong == {"location": "This is needed."}

    chosen.send(**MIA, location="Torstraße 1, Berlin")
    booking = Booking.objects.get()
    assert (booking.location_kind, booking.location) == ("CUSTOMER", "Torstraße 1, Berlin")
    assert "Torstraße 1, Berlin" in chosen.text


def test_the_appointment_can_be_put_into_ones_own_calendar(chosen):
    chosen.send(**MIA).follow("Add to my calendar")

    assert chosen.response["Content-Type"] == "text/calendar; charset=utf-8"
    booking = Booking.objects.get()
    assert chosen.response["Content-Disposition"] == (
        f'attachment; filename="{booking.reference}.ics"'
    )
    assert f"/manage/{manage_token(booking)}" in unfolded(chosen.response)
    [event] = Calendar.from_ical(chosen.response.content).walk("VEVENT")
    assert event["uid"].startswith(str(booking.pk))
    assert event.start == datetime(2026, 11, 16, 9, tzinfo=UTC)


def unfolded(response) -> str:
    return response.text.replace("\r\n ", "")


def test_the_file_is_there_as_long_as_the_page(chosen, clock):
    path = chosen.send(**MIA).path + "/calendar.ics"
    assert chosen.open(path).status == 200

    clock.shift(2 * 3600 + 60)

    assert chosen.open(path).status == 404
