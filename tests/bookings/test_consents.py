"""What customers agree to: asked in its current words, written down for ever, taken back."""

import pytest
from django.db import DatabaseError, transaction
from rest_framework.test import APIClient

from bookings.models import Booking, ConsentEntry, ConsentText, Customer, WaitlistEntry
from bookings.selectors.own_view import link_url
from bookings.selectors.waitlist import waitlist_token
from bookings.services.consent import write_consent_text
from bookings.services.customer_link import send_link
from bookings.services.status import cancel_booking
from core.access import Role
from core.errors import Invalid
from core.models import ApiKey, Event
from tests.cast import a_key, client_with
from tests.console import desk_for, said, shown
from tests.core.openapi_document import Document
from tests.factories import OrganizationFactory
from tests.visitor import MIA, Visitor

pytestmark = pytest.mark.django_db(transaction=True)

WORDS = {"en": "I have read https://salon.example/privacy", "de": "Ich habe es gelesen"}
NEWS = {"en": "Write to me about offers"}
PRIVACY_1, PRIVACY_2 = {"key": "privacy", "version": 1}, {"key": "privacy", "version": 2}
NEWS_1 = {"key": "news", "version": 1}


@pytest.fixture
def write(salon, staff):
    def write(key="privacy", texts=WORDS, **changes):
        asked = {"is_required": True, **changes}
        return write_consent_text(salon, key, texts=texts, caller=staff, **asked)

    return write


@pytest.fixture
def texts(write):
    """A privacy notice that is required, and offers that are not."""
    return write(), write("news", NEWS, is_required=False)


def entries() -> list[tuple[str, int, str, str]]:
    rows = ConsentEntry.objects.order_by("id")
    return list(rows.values_list("text__key", "text__version", "kind", "door"))


def test_a_website_reads_what_is_asked_and_books_with_it(texts, website, wish):
    listed = website.get("/api/consents")
    booked = website.post("/api/bookings", {**wish, "consents": [PRIVACY_1, NEWS_1]})

    assert Document().faults("listConsents", listed) == []
    first, second = listed.json()["data"]
    assert (first["key"], first["version"], first["required"]) == ("privacy", 1, True)
    assert first["texts"] == [
        {"locale": "de", "text": WORDS["de"]},
        {"locale": "en", "text": WORDS["en"]},
    ]
    assert (second["key"], second["required"]) == ("news", False)
    assert booked.status_code == 201, booked.content
    assert sorted(entries()) == [("news", 1, "GIVEN", "API"), ("privacy", 1, "GIVEN", "API")]
    assert ConsentEntry.objects.values_list("booking", "customer").distinct().get() == (
        Booking.objects.get().pk,
        Customer.objects.get().pk,
    )
    about = Event.objects.get(name="booking.created").data["consents"]
    assert about == [PRIVACY_1, NEWS_1]


def test_without_what_is_required_or_with_older_words_nobody_books(texts, write, website, wish):
    missing = website.post("/api/bookings", {**wish, "consents": [NEWS_1]})
    assert Document().faults("createBooking", missing) == []
    write(texts={"en": "Other words"})
    outdated = website.post("/api/bookings", {**wish, "consents": [PRIVACY_1]})
    unknown = website.post("/api/bookings", {**wish, "consents": [{"key": "x", "version": 1}]})

    told = [answer.json()["error"]["details"] for answer in (missing, outdated, unknown)]
    assert [(answer.status_code) for answer in (missing, outdated, unknown)] == [409, 409, 409]
    assert told[0] == {"reason": "CONSENT_MISSING", "consents": [PRIVACY_1]}
    assert told[1] == {"reason": "CONSENT_OUTDATED", "consents": [PRIVACY_2, NEWS_1]}
    assert told[2]["reason"] == "CONSENT_OUTDATED"
    assert not Booking.objects.exists()
    assert not Customer.objects.exists()
    assert entries() == []

    booked = website.post("/api/bookings", {**wish, "consents": [PRIVACY_2]})

    assert booked.status_code == 201
    assert entries() == [("privacy", 2, "GIVEN", "API")]


def test_staff_and_their_programs_book_without(texts, desk, book, wish):
    assert desk.post("/api/bookings", wish).status_code == 201
    assert entries() == []


def test_a_place_in_a_session_wants_the_same(clock, texts, tutorial, website):
    who = {"name": "Ada", "email": "ada@example.com"}
    path = f"/api/group-sessions/{tutorial.pk}/join"

    refused = website.post(path, who)
    joined = website.post(path, {**who, "consents": [PRIVACY_1]})

    assert refused.json()["error"]["details"]["reason"] == "CONSENT_MISSING"
    assert joined.status_code == 201, joined.content
    assert entries() == [("privacy", 1, "GIVEN", "API")]


def test_each_change_is_a_version_and_none_is_ever_changed(texts, write, staff, salon):
    privacy, _ = texts
    assert write().pk == privacy.pk
    second = write(is_required=False)
    third = write(is_asked=False)

    assert (second.version, third.version) == (2, 3)
    told = Event.objects.filter(name="consent_text.written", data__key="privacy").order_by("id")
    assert [event.data["version"] for event in told] == [1, 2, 3]
    for key, words in (("Not a key", WORDS), ("ok", {"en": " "}), ("ok", {"xx": "?"})):
        with pytest.raises(Invalid):
            write(key, words)
    for work in (
        lambda: ConsentText.objects.update(is_required=False),
        lambda: ConsentText.objects.all().delete(),
    ):
        with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
            work()
    assert ConsentText.objects.count() == 4


def test_another_organization_asks_something_else(texts, website, wish, staff):
    elsewhere = OrganizationFactory()
    theirs = client_with(a_key(elsewhere, kind=ApiKey.Kind.PUBLISHABLE))

    assert theirs.get("/api/consents").json()["data"] == []
    assert len(website.get("/api/consents").json()["data"]) == 2


@pytest.fixture
def visitor(clock, haircut, texts) -> Visitor:
    """Somebody before the form of the third step."""
    visitor = Visitor().open("/book/salon/haircut?day=2026-11-16&minutes=30")
    return visitor.choose("10:00")


def test_the_page_asks_for_it_in_the_readers_language(visitor, write):
    assert 'href="https://salon.example/privacy"' in visitor.text
    box = "consent-privacy-1"
    write(texts={"en": "Other words"})

    visitor.send(**MIA, **{box: "on"})

    assert visitor.status == 400
    assert visitor.wrong == {"consent-privacy-2": "This is needed."}
    assert "Other words" in visitor.text
    assert not Booking.objects.exists()

    visitor.send(**MIA, **{"consent-privacy-2": "on", "consent-news-1": "on"})

    assert visitor.status == 200
    assert Booking.objects.get().source == "PAGE"
    assert sorted(entries()) == [("news", 1, "GIVEN", "PAGE"), ("privacy", 2, "GIVEN", "PAGE")]


@pytest.fixture
def offer(texts, wait, book, staff) -> str:
    """The token of an offer: Leo waited for ten o'clock, which came free."""
    booking = book()
    leo = wait("Leo")
    cancel_booking(booking, caller=staff)
    leo.refresh_from_db()
    return waitlist_token(leo)


def test_who_waited_is_asked_when_they_accept(offer):
    know = {"company": "Leo & Co", "inquiry": "Short", "phone": "", "answer": "accept"}
    visitor = Visitor().open(f"/waitlist/{offer}")

    visitor.send(**know)
    assert visitor.wrong == {"consent-privacy-1": "This is needed."}
    assert Booking.objects.exclude(status="CANCELLED").count() == 0
    visitor.send(**know, **{"consent-privacy-1": "on"})

    assert visitor.status == 200
    assert Booking.objects.get(source="WAITLIST").name == "Leo"
    assert entries() == [("privacy", 1, "GIVEN", "WAITLIST")]


def test_an_offer_is_accepted_over_the_api_with_what_is_required(offer):
    program, path = APIClient(), f"/api/waitlist/offers/{offer}"
    said = {"company": "Leo & Co", "inquiry": "Short"}

    refused = program.post(path, said)
    accepted = program.post(path, {**said, "consents": [PRIVACY_1]})

    assert refused.json()["error"]["details"] == {
        "reason": "CONSENT_MISSING",
        "consents": [PRIVACY_1],
    }
    assert accepted.status_code == 201, accepted.content
    assert entries() == [("privacy", 1, "GIVEN", "WAITLIST")]


def test_the_page_of_a_session_asks_who_joins_and_not_who_waits(clock, texts, tutorial, staff):
    who = {"name": "Ada", "email": "ada@example.com", "phone": "", "website": ""}
    page = f"/book/salon/algebra/sessions/{tutorial.pk}"
    visitor = Visitor().open(page)
    visit = visitor.hidden("visit")

    visitor.send(**who, visit=visit)
    assert visitor.wrong == {"consent-privacy-1": "This is needed."}
    visitor.send(**who, visit=visit, **{"consent-privacy-1": "on"})
    assert entries() == [("privacy", 1, "GIVEN", "PAGE")]

    tutorial.refresh_from_db()
    tutorial.capacity = tutorial.taken
    tutorial.save()
    other = Visitor("192.0.2.2").open(page)
    assert "consent-" not in other.text
    late = {**who, "name": "Ben", "email": "ben@example.com", "visit": other.hidden("visit")}
    other.send(**late, answer="wait")
    assert WaitlistEntry.objects.get().name == "Ben"


@pytest.fixture
def lea_inside(clock, lea, staff, texts) -> Visitor:
    link = send_link(lea, caller=staff)
    return Visitor().open("/my/open/" + link_url(link).rpartition("/")[2]).send()


def press(visitor: Visitor, **fields: str) -> Visitor:
    return visitor._arrive("/my/salon", visitor.client.post("/my/salon/consents", fields))


def test_a_customer_agrees_and_takes_it_back_on_their_own_page(lea_inside, lea, write, desk):
    assert "You have not agreed." in lea_inside.text
    press(lea_inside, key="news", version="1", answer="give")
    assert "This is saved." in lea_inside.text
    press(lea_inside, key="news", version="1", answer="give")
    press(lea_inside, key="news", answer="withdraw")
    press(lea_inside, key="news", answer="withdraw")
    write()
    write(texts={"en": "Other words"})
    press(lea_inside, key="privacy", version="1", answer="give")
    assert "This was changed meanwhile." in lea_inside.text
    press(lea_inside, key="nothing", answer="withdraw")

    assert entries() == [("news", 1, "GIVEN", "OWN_PAGE"), ("news", 1, "WITHDRAWN", "OWN_PAGE")]
    about = Event.objects.filter(subject_id=lea.pk, name__startswith="consent.").order_by("id")
    assert [(one.name, one.actor_id) for one in about] == [
        ("consent.given", lea.pk),
        ("consent.withdrawn", lea.pk),
    ]
    told = desk.get(f"/api/customers/{lea.pk}/export").json()["data"]["consents"]
    assert [(one["key"], one["kind"]) for one in told] == [("news", "GIVEN"), ("news", "WITHDRAWN")]
    assert told[0]["texts"] == [{"locale": "en", "text": NEWS["en"]}]


def test_who_is_not_in_changes_nothing(clock, lea, texts):
    answer = press(Visitor(), key="news", version="1", answer="give")

    assert "Send me the link" in answer.text
    assert entries() == []


def test_what_somebody_erased_agreed_to_stays_without_their_name(lea_inside, lea, desk):
    press(lea_inside, key="news", version="1", answer="give")

    assert desk.post(f"/api/customers/{lea.pk}/erase").status_code == 200

    press(lea_inside, key="news", answer="withdraw")
    assert entries() == [("news", 1, "GIVEN", "OWN_PAGE")]
    assert ConsentEntry.objects.get().customer.name == "Erased"


def test_staff_see_what_a_customer_agreed_to_and_write_down_that_they_do_not(
    salon, lea_inside, lea
):
    press(lea_inside, key="news", version="1", answer="give")
    path = f"/admin/bookings/customer/{lea.pk}"
    viewer, clerk = desk_for(salon, Role.VIEWER), desk_for(salon, Role.STAFF)

    assert "They take it back" not in viewer.get(f"{path}/change/").text
    assert viewer.send(f"{path}/consent/", key="news").status_code == 403
    assert "They take it back" in clerk.get(f"{path}/change/").text
    done = clerk.send(f"{path}/consent/", key="news")

    assert said(done) == ["It is written down that they no longer agree."]
    assert entries()[-1] == ("news", 1, "WITHDRAWN", "STAFF")
    assert "They take it back" not in clerk.get(f"{path}/change/").text


def test_an_owner_writes_a_text_and_sees_how_it_was(salon):
    owner, manager = desk_for(salon, Role.OWNER), desk_for(salon, Role.MANAGER)
    page = "/admin/consents/write/"

    assert manager.get("/admin/consents/").status_code == 403
    assert manager.send(page, key="privacy", asking="required", text_en="!").status_code == 403
    assert owner.send(page, key="privacy", asking="required").status_code == 422
    owner.send(page, key="privacy", asking="required", text_en="First words")
    changed = owner.send(f"{page}?key=privacy", asking="optional", text_en="Second words")
    same = owner.send(f"{page}?key=privacy", asking="optional", text_en="Second words")

    assert said(changed)[-1:] == ["Version 2 of privacy is saved."]
    assert said(same)[-1] == "Nothing was changed."
    assert owner.get(f"{page}?key=nothing").status_code == 404
    shows = shown(owner.get("/admin/consents/"))
    assert shows.index("Second words") < shows.index("Earlier versions") < shows.index("First")
    assert list(ConsentText.objects.values_list("version", "is_required")) == [
        (2, False),
        (1, True),
    ]
