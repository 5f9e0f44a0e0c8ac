"""A customer's own view: the link by mail, opened once, and what stands behind it."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from bookings.models import CustomerLink
from bookings.selectors.own_view import link_url, visit_token
from bookings.services.customer import update_customer
from bookings.services.customer_link import open_link, send_link
from core.links import make_link_token
from core.models import Event
from tests.factories import CustomerFactory, OrganizationFactory
from tests.rivals import rivals
from tests.visitor import Visitor

pytestmark = pytest.mark.django_db(transaction=True)

HALF_AN_HOUR = timedelta(minutes=30)
KNOWN = "If somebody with this address books here, a link is on its way to it."


@pytest.fixture
def visitor(clock, lea) -> Visitor:
    return Visitor()


@pytest.fixture
def link(clock, lea, staff) -> CustomerLink:
    return send_link(lea, caller=staff)


@pytest.fixture
def inside(visitor, link) -> Visitor:
    """Lea, who has opened her link."""
    return visitor.open(path_of(link)).send()


def path_of(link: CustomerLink) -> str:
    return "/my/open/" + link_url(link).rpartition("/")[2]


def heading(visitor: Visitor) -> str:
    return "".join(re.findall("<h1>(.*?)</h1>", visitor.text))


def happened() -> list[str]:
    rows = Event.objects.filter(name__startswith="customer_link.").order_by("id")
    return list(rows.values_list("name", flat=True))


def state() -> tuple[object, ...]:
    return list(CustomerLink.objects.order_by("id").values()), Event.objects.count()


def test_who_books_here_gets_a_link_and_nobody_learns_whether_they_do(
    visitor, lea, django_assert_num_queries
):
    answers = []
    for email in ("LEA@example.com", "nobody@example.com"):
        with django_assert_num_queries(5):  # the organization; begin, read, write, commit
            answers.append(visitor.client.post("/my/salon", {"email": email}))
        answers.append(visitor.client.get(answers[-1]["Location"]))

    assert [answer.status_code for answer in answers] == [302, 200, 302, 200]
    assert answers[0]["Location"] == answers[2]["Location"] == "/my/salon?done=asked"
    assert answers[1].content == answers[3].content
    assert KNOWN in answers[1].text
    (link,) = CustomerLink.objects.all()
    assert link.customer == lea
    assert link.expires_at - link.created_at == pytest.approx(HALF_AN_HOUR, abs=timedelta(1))
    assert happened() == ["customer_link.requested", "customer_link.declined"]
    declined = Event.objects.get(name="customer_link.declined")
    assert declined.data == {"why": "UNKNOWN"}


def test_a_mailbox_is_not_flooded_in_somebodys_name(clock, lea):
    for number in range(7):
        clock.shift(61)
        Visitor(f"192.0.2.{number}").open("/my/salon").send(email="lea@example.com")

    assert CustomerLink.objects.count() == 5
    assert happened()[-2:] == ["customer_link.declined"] * 2


@pytest.mark.parametrize("who", ["one network", "one address"])
def test_asking_is_limited_like_a_password(clock, lea, who):
    answers = []
    for number in range(11):
        one = Visitor("192.0.2.1" if who == "one network" else f"192.0.2.{number}")
        email = "lea@example.com" if who == "one address" else f"{number}@example.com"
        answers.append(one.open("/my/salon").send(email=email))

    assert [one.status for one in answers] == [200] * 10 + [429]
    sentence = "This was asked for too often just now. Please try again in a minute."
    assert answers[-1].notice == sentence
    assert len(happened()) == 10


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [
        ("", "This is needed."),
        ("lea", "Write an address like mia@example.com."),
        ("lea@example.com\0", "Null characters are not allowed."),
        ("lea@example.com\nBcc: all@example.com", "Write an address like mia@example.com."),
        (f"{'l' * 300}@example.com", "Ensure this value has at most 254 characters (it has 312)."),
    ],
)
def test_what_is_no_address_is_said_beside_the_field(visitor, typed, wrong):
    visitor.open("/my/salon").send(email=typed)

    assert visitor.status == 400
    assert wrong in visitor.wrong["email"]
    assert happened() == []


def test_looking_at_a_link_changes_nothing_and_a_click_opens_it_once(visitor, link, settings):
    before = state()
    for _ in range(2):
        visitor.open(path_of(link))
    visitor.client.head(path_of(link))
    assert heading(visitor) == "Your appointments"
    assert "This link works once. Afterwards you are in for 12 hours" in visitor.text
    assert state() == before

    settings.SESSION_COOKIE_SECURE = True
    response = visitor.client.post(path_of(link))
    cookie = response.cookies["holdfast_visit"]
    assert response["Location"] == "/my/salon"
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == ("/my/salon", True, "Lax")
    assert (cookie["secure"], cookie["max-age"]) == (True, 12 * 3600)
    assert "Lea Lang" in visitor.open("/my/salon/").text
    assert visitor.response["Cache-Control"] == "private, no-store"
    assert visitor.response["Referrer-Policy"] == "no-referrer"
    assert visitor.response["X-Robots-Tag"] == "noindex, nofollow"

    other = Visitor("192.0.2.2").open(path_of(link))
    assert (other.status, heading(other)) == (410, "This link was used already, or is too old")
    assert other.client.post(path_of(link)).status_code == 410
    assert heading(other.follow("Go on, or get a new link")) == "Your appointments"
    assert "Lea Lang" not in other.text
    assert happened() == ["customer_link.requested", "customer_link.opened"]


def test_of_two_clicks_at_once_one_is_let_in(link):
    def click():
        return Client().post(path_of(link)).status_code

    with rivals(4) as at_once:
        assert sorted(at_once(*[click] * 4)) == [302, 410, 410, 410]
    assert happened() == ["customer_link.requested", "customer_link.opened"]


def test_a_link_is_over_after_half_an_hour_and_a_visit_after_twelve(visitor, lea, staff, clock):
    late = send_link(lea, caller=staff)
    clock.shift(HALF_AN_HOUR)
    assert visitor.open(path_of(late)).status == 410
    assert visitor.client.post(path_of(late)).status_code == 410

    visitor.open(path_of(send_link(lea, caller=staff))).send()
    assert "Lea Lang" in visitor.text
    clock.shift(timedelta(hours=12))
    visitor.open("/my/salon")
    assert visitor.status == 200
    assert "Lea Lang" not in visitor.text


def test_signing_out_ends_the_visit_on_every_device(inside, link):
    kept = inside.client.cookies["holdfast_visit"].value
    inside.open("/my/salon").send()
    assert "You are signed out." in inside.text

    thief = Client(headers={"Cookie": f"holdfast_visit={kept}"})
    assert "Lea Lang" not in thief.get("/my/salon").text
    thief.post("/my/salon/out")
    assert happened() == [f"customer_link.{what}" for what in ("requested", "opened", "revoked")]


def test_a_new_address_ends_the_links_that_went_to_the_old_one(inside, lea, staff, clock):
    unopened = send_link(lea, caller=staff)
    update_customer(lea, {"name": "Lea Langer"}, caller=staff)
    assert "Lea Langer" in inside.open("/my/salon").text

    update_customer(lea, {"email": "lea@new.example"}, caller=staff)
    assert "Lea Langer" not in inside.open("/my/salon").text
    assert inside.open(path_of(unopened)).status == 410


def test_without_redis_nobody_counts_so_nothing_is_sent(visitor, redis_is_gone):
    visitor.open("/my/salon").send(email="lea@example.com")

    assert visitor.status == 503
    assert visitor.notice == "This is not possible at the moment. Please try again shortly."
    assert happened() == []


def test_what_opens_is_no_visit_and_a_visit_of_another_business_is_none_here(clock, link, staff):
    bakery = OrganizationFactory(slug="bakery", name="Bakery")
    baker = send_link(CustomerFactory(organization=bakery, name="Tom"), caller=staff)
    open_link(baker, caller=staff)
    open_link(link, caller=staff)

    def seen(cookie: str, at: str = "/my/salon") -> str:
        return Client(headers={"Cookie": f"holdfast_visit={cookie}"}).get(at).text

    assert "Lea Lang" in seen(visit_token(link))
    for wrong in (
        visit_token(baker),
        path_of(link).rpartition("/")[2],
        make_link_token("customer.visit", link.customer_id, 1),
        visit_token(link)[:-1] + ("A" if visit_token(link)[-1] != "A" else "B"),
        "nothing",
    ):
        assert "Lea Lang" not in seen(wrong)
        assert "Tom" not in seen(wrong)
    assert "Lea Lang" not in seen(visit_token(link), at="/my/bakery")


@pytest.mark.parametrize("closed", [False, True], ids=["wrong", "closed"])
def test_what_leads_nowhere_says_no_more(visitor, link, salon, closed):
    if closed:
        salon.is_active = False
        salon.save()
        tried = ["/my/salon", path_of(link)]
    else:
        other = make_link_token("booking.manage", link.pk, 1)
        tried = ["/my/nobody", "/my/nobody/out", f"/my/open/{other}", "/my/open/x", "/my/open/%00"]
    before = state()
    for path in tried:
        for ask in (visitor.client.get, visitor.client.post):
            response = ask(path)
            assert response.status_code in (404, 405), path
            assert "This link leads nowhere" in response.text or response.status_code == 405
    assert state() == before
