"""What a service asks, and what customers answer: by API, at the desk, in mails and exports."""

import csv
import io

import pytest

from bookings.models import Booking, Question, Service
from bookings.services.questions import QuestionDetails, check_answers, set_questions
from core.access import Role
from core.errors import Invalid
from core.models import Event
from tests.console import desk_for, shown

pytestmark = pytest.mark.django_db

BOOKINGS, NEW = "/api/bookings", "/admin/bookings/booking/add/"
Kind = Question.Kind

ALLERGIES = QuestionDetails(key="allergies", label="Any allergies?", is_required=True)
LENGTH = QuestionDetails(
    key="length", label="How long?", kind=Kind.CHOICE, options=("Short", "Long")
)
EXTRAS = QuestionDetails(
    key="extras", label="Anything else?", kind=Kind.CHOICES, options=("Wash", "Color")
)
VISITS = QuestionDetails(key="visits", label="Been here how often?", kind=Kind.NUMBER)
BIRTHDAY = QuestionDetails(key="birthday", label="Your birthday", kind=Kind.DATE)
TERMS = QuestionDetails(key="terms", label="I agree", kind=Kind.YES_NO, is_required=True)
STORY = QuestionDetails(key="story", label="Tell us more", kind=Kind.LONG_TEXT)
ALL = [ALLERGIES, LENGTH, EXTRAS, VISITS, BIRTHDAY, TERMS, STORY]

RIGHT = {
    "allergies": "Henna",
    "length": "Long",
    "extras": ["Color", "Wash"],
    "visits": 2.5,
    "birthday": "1990-02-28",
    "terms": True,
    "story": "One\nTwo",
}


@pytest.fixture
def asking(haircut):
    set_questions(haircut, ALL)
    return haircut


def test_answers_are_kept_in_the_order_of_the_questions(clock):
    kept = check_answers(ALL, {**RIGHT, "visits": None, "story": "  "})

    assert kept == [
        {"key": "allergies", "label": "Any allergies?", "answer": "Henna"},
        {"key": "length", "label": "How long?", "answer": "Long"},
        {"key": "extras", "label": "Anything else?", "answer": ["Wash", "Color"]},
        {"key": "birthday", "label": "Your birthday", "answer": "1990-02-28"},
        {"key": "terms", "label": "I agree", "answer": True},
    ]


@pytest.mark.parametrize(
    ("key", "answer", "sentence"),
    [
        ("allergies", None, "This field is required."),
        ("allergies", " ", "This field is required."),
        ("allergies", 5, "This has to be a text."),
        ("allergies", "a\nb", "Write one line."),
        ("allergies", "x" * 501, "Use 500 characters at most."),
        ("story", "a\0", "This has to be a text."),
        ("story", "\ud800", "This has to be a text."),
        ("story", "x" * 5_001, "Use 5000 characters at most."),
        ("length", "Bald", "This is not one of the options."),
        ("length", ["Long"], "This is not one of the options."),
        ("extras", "Wash", "This has to be a list of options."),
        ("extras", ["Wash", "Wash"], "Each has to be one of the options, once."),
        ("extras", ["Gold"], "Each has to be one of the options, once."),
        ("visits", "2", "This has to be a number."),
        ("visits", True, "This has to be a number."),
        ("visits", 10**16, "This number is too large."),
        ("birthday", "28.2.1990", "This has to be a date like 2026-11-24."),
        ("birthday", "1990-02-30", "This has to be a date like 2026-11-24."),
        ("terms", "yes", "This has to be true or false."),
        ("terms", False, "This field is required."),
        ("color", "red", "This is not asked here."),
    ],
)
def test_an_answer_that_is_none_is_refused_by_its_key(key, answer, sentence):
    with pytest.raises(Invalid) as refusal:
        check_answers(ALL, {**RIGHT, key: answer})

    assert refusal.value.details == {"fields": {f"answers.{key}": [sentence]}}


def test_answers_are_booked_and_read_back(desk, wish, asking):
    booked = desk.post(BOOKINGS, {**wish, "answers": RIGHT})

    assert booked.status_code == 201
    data = booked.json()["data"]
    assert data["answers"][0] == {"key": "allergies", "label": "Any allergies?", "answer": "Henna"}
    assert {one["key"]: one["answer"] for one in data["answers"]} == {
        **RIGHT,
        "extras": ["Wash", "Color"],
    }
    assert data["location"] == {"kind": "ADDRESS", "text": ""}
    assert desk.get(f"{BOOKINGS}/{data['id']}").json()["data"]["answers"] == data["answers"]
    assert desk.get(BOOKINGS).json()["data"][0]["answers"] == data["answers"]
    assert "Henna" not in str(list(Event.objects.values_list("data", flat=True)))


def test_unanswered_questions_are_named_together_with_everything_else(desk, wish, asking):
    answers = {**RIGHT, "allergies": "", "color": "red"}

    wrong = desk.post(BOOKINGS, {**wish, "answers": answers}).json()["error"]["details"]["fields"]
    worse = desk.post(BOOKINGS, {**wish, "email": "none"}).json()["error"]["details"]["fields"]

    assert set(wrong) == {"answers.allergies", "answers.color"}
    assert set(worse) == {"answers.allergies", "answers.terms", "email"}
    no_object = desk.post(BOOKINGS, {**wish, "answers": ["Henna"]})
    assert "answers" in no_object.json()["error"]["details"]["fields"]
    assert not Booking.objects.exists()


def test_a_service_that_asks_nothing_takes_no_answers(desk, wish):
    refused = desk.post(BOOKINGS, {**wish, "answers": {"allergies": "Henna"}})

    assert refused.status_code == 400
    assert refused.json()["error"]["details"]["fields"] == {
        "answers.allergies": ["This is not asked here."]
    }


def test_questions_cost_a_booking_one_statement(book, asking, django_assert_num_queries):
    next_time = book(answers=RIGHT).ends_at
    fresh = Service.objects.select_related("organization").get(pk=asking.pk)

    # The questions, then what every booking costs.
    with django_assert_num_queries(8):
        book(at=next_time, service=fresh, answers=RIGHT)


def test_what_is_no_longer_asked_stays_with_who_answered(book, asking):
    booking = book(answers=RIGHT)

    assert set_questions(asking, [TERMS]) is True
    assert set_questions(asking, [TERMS]) is False

    assert Question.objects.filter(is_active=True).get().key == "terms"
    assert Question.objects.count() == len(ALL)
    booking.refresh_from_db()
    assert booking.told()[0] == ("Any allergies?", "Henna")
    set_questions(asking, [])
    asking.refresh_from_db()
    assert asking.asks_questions is False


# --- where ---------------------------------------------------------------------------------


def at(service: Service, kind: str, location: str = "") -> None:
    Service.objects.filter(pk=service.pk).update(location_kind=kind, location=location)


def test_a_customer_says_where_if_the_service_leaves_it_to_them(desk, wish, haircut):
    at(haircut, "CUSTOMER")

    nowhere = desk.post(BOOKINGS, wish)
    booked = desk.post(BOOKINGS, {**wish, "location": "At mine, Sonnenallee 5"})

    assert nowhere.json()["error"]["details"]["fields"] == {"location": ["This field is required."]}
    assert booked.json()["data"]["location"] == {
        "kind": "CUSTOMER",
        "text": "At mine, Sonnenallee 5",
    }


def test_a_booking_keeps_the_place_that_was_promised(desk, wish, haircut):
    at(haircut, "VIDEO", "https://meet.example/salon")

    refused = desk.post(BOOKINGS, {**wish, "location": "At mine"})
    booked = desk.post(BOOKINGS, wish).json()["data"]
    at(haircut, "ADDRESS", "Marktplatz 3")

    assert list(refused.json()["error"]["details"]["fields"]) == ["location"]
    read = desk.get(f"{BOOKINGS}/{booked['id']}").json()["data"]
    assert read["location"] == {"kind": "VIDEO", "text": "https://meet.example/salon"}


def test_who_is_called_leaves_a_number(desk, wish, haircut):
    at(haircut, "PHONE")

    refused = desk.post(BOOKINGS, {**wish, "phone": ""})
    booked = desk.post(BOOKINGS, wish)

    assert refused.json()["error"]["details"]["fields"] == {"phone": ["This field is required."]}
    assert booked.status_code == 201
    assert Booking.objects.get().where == "By telephone, +49 30 1234567"


# --- where people read it ------------------------------------------------------------------


@pytest.fixture
def form(asking, clock):
    return {
        "service": str(asking.pk),
        "day": "2026-11-16",
        "start": "2026-11-16T09:00:00+00:00",
        "minutes": "30",
        "name": "Mia Müller",
        "email": "mia@example.com",
        "company": "Müller GmbH",
        "inquiry": "As last time",
        "answer-allergies": "Henna",
        "answer-extras": ["Color", "Wash"],
        "answer-visits": "3",
        "answer-birthday": "1990-02-28",
        "answer-terms": "on",
        "go": "book",
    }


def test_the_desk_asks_the_same(salon, form, asking):
    clara = desk_for(salon, Role.STAFF)

    assert clara.post(NEW, form).status_code == 302

    booking = Booking.objects.get()
    assert booking.told() == [
        ("Any allergies?", "Henna"),
        ("Anything else?", "Wash, Color"),
        ("Been here how often?", "3"),
        ("Your birthday", "1990-02-28"),
        ("I agree", "Yes"),
    ]
    page = shown(clara.get(f"/admin/bookings/booking/{booking.pk}/change/"))
    assert "<dt>Anything else?</dt><dd>Wash, Color</dd>" in page


def test_the_desk_keeps_what_was_typed_when_an_answer_is_missing(salon, form):
    clara = desk_for(salon, Role.STAFF)

    page = clara.post(NEW, {**form, "answer-allergies": ""})
    other_day = clara.post(NEW, {**form, "go": "times"})

    assert page.context["form"].errors == {"answer-allergies": ["This is needed."]}
    for answer in (page, other_day):
        text = shown(answer)
        assert 'value="Wash" autocomplete="off" id="details-answer-extras_0" checked' in text
        assert 'name="answer-visits" value="3"' in text
    assert not Booking.objects.exists()


def test_the_desk_says_where(salon, form, haircut):
    at(haircut, "CUSTOMER")
    clara = desk_for(salon, Role.STAFF)

    clara.post(NEW, form)
    assert not Booking.objects.exists()
    clara.post(NEW, {**form, "location": "Sonnenallee 5"})

    assert Booking.objects.get().where == "Sonnenallee 5"


def test_an_export_holds_answers_and_places(salon, book, asking, redis):
    at(asking, "ADDRESS", "Marktplatz 3")
    asking.refresh_from_db()
    book(answers={**RIGHT, "allergies": "=1+1"})

    answer = desk_for(salon, Role.MANAGER).post(
        "/admin/bookings/booking/export/", {"format": "csv"}
    )

    (row,) = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert row["location"] == "Marktplatz 3"
    assert row["answers"].startswith("Any allergies?: =1+1\nHow long?: Long\n")
