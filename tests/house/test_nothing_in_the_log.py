"""Whoever reads logs, numbers and reports learns nobody's name, address or secret."""

from __future__ import annotations

import base64
import logging
import re

import pyotp
import pytest
from django.test import Client
from django.utils import timezone

from bookings.models import Booking, Customer, CustomerLink, WaitlistEntry
from bookings.selectors.own_view import link_url
from bookings.selectors.waitlist import waitlist_token
from bookings.services.customer import CustomerDetails
from core import events
from core.access import Role
from core.invitations import invitation_url
from core.models import Invitation, Outbox, PasswordReset
from core.password_links import password_reset_url
from core.rates import PER_MINUTE, RateClass
from notifications.models import Delivery
from notifications.tasks import send_due_deliveries
from tests.cast import client_with
from tests.core.people import bearer, refresh, sign_in, somebody
from tests.house.said import broken, everything_said
from tests.house.test_nobody_in_clear import PLACE, REASON, TOLD
from tests.notifications.smtp_server import MailServer
from tests.visitor import Visitor

pytestmark = pytest.mark.django_db(transaction=True)

PAGE = {
    "name": "Ottokar Blaubeerwald",
    "email": "ottokar@blaubeerwald.example",
    "company": "Kürbisverleih Niederdorf",
    "inquiry": "Bitte einmal Schnauzbart zwirbeln",
}
OWNER, OWNER_NAME = "walpurga@donnerschlag.example", "Walpurga Donnerschlag"
INVITED, INVITED_NAME = "theobald@fliederbusch.example", "Theobald Fliederbusch"
NOBODY = "gundelinde@nirgendwo.example"
TYPED = "Schildkroete-Pfefferminz-9"  # every password, right or wrong, has these words in it
JSON = "application/json"


@pytest.fixture(autouse=True)
def _as_often_as_one_likes(monkeypatch):
    for rate_class in RateClass:
        monkeypatch.setitem(PER_MINUTE, rate_class, 10_000)


@pytest.fixture
def mail_server(settings):
    server = MailServer()
    server.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
    settings.EMAIL_USE_TLS, settings.EMAIL_TIMEOUT = False, 1
    yield server
    server.stop()


@pytest.fixture
def said(settings, tmp_path, salon, capfd):
    settings.METRICS_TOKEN = "numbers-for-whoever-counts-them-4711"
    settings.EMAIL_HOST_PASSWORD = "the-mail-server-knows-me-by-this"
    salon.admin_email = "tresen@quellgrund.example"
    salon.save()
    with everything_said(tmp_path, capfd, settings) as said:
        said.told += [*TOLD.values(), *PAGE.values(), PLACE, REASON, TYPED, salon.admin_email]
        said.told += [OWNER, OWNER_NAME, INVITED, INVITED_NAME, NOBODY]
        yield said


@pytest.fixture
def owner(salon):
    user = somebody(salon, OWNER, OWNER_NAME)
    user.set_password(f"{TYPED}-first")
    user.save()
    return user


def deliver() -> None:
    """What the relay and a worker do, a failure included: it is written down, as Celery does."""
    Outbox.objects.update(not_before=timezone.now())
    while events.relay():
        pass
    Delivery.objects.filter(status="QUEUED").update(not_before=timezone.now())
    send_due_deliveries.apply(throw=False)


def told_customer() -> CustomerDetails:
    return CustomerDetails(**{one: TOLD[one] for one in ("name", "company", "email", "phone")})


def test_the_walls_of_this_test_hold(said):
    """What it looks for would be found."""
    assert OWNER in said.found_in(f"to {OWNER.upper()}")
    assert PAGE["email"] in said.found_in("/my?email=ottokar%40blaubeerwald.example")
    assert said.found_in(f"…{said.secret('sk_abcdefgh_0123456789abcdef')[-20:]}") != []
    assert said.found_in("called +49/8822/7654321") != []
    logging.getLogger("somebody").error("It was Quittenbaum")
    assert said.printed.count("It was Quittenbaum") == said.lines.count("It was Quittenbaum") == 1
    assert said.found() == ["Quittenbaum"]


def test_customers_by_the_api_leave_no_word_of_theirs(said, desk, website, wish, mail_server):
    wish |= TOLD
    key = {"Idempotency-Key": "order-of-Quittenbaum"}
    made = website.post("/api/bookings", wish, headers=key).json()["data"]
    token = said.secret(made["manageToken"])
    path = f"/api/bookings/{made['id']}"
    held = {"timeSlot": {"startTime": "2026-11-17T10:00:00+01:00", "duration": 30}}
    said.secret(website.post("/api/holds", held).json()["data"]["token"])
    feed = desk.post(f"/api/customers/{Customer.objects.get().pk}/feed").json()["data"]["url"]
    said.secret(feed.removesuffix(".ics"))
    asked = [
        website.post("/api/bookings", wish).status_code,
        desk.post("/api/bookings", {**wish, "email": TOLD["name"]}).status_code,
        desk.post("/api/bookings", {**wish, TOLD["company"]: TOLD["notes"]}).status_code,
        desk.generic("POST", "/api/bookings", f'{{"name": "{TOLD["name"]}'.encode(), JSON),
        desk.get("/api/bookings", {"email": TOLD["email"], "search": TOLD["name"]}).status_code,
        desk.get("/api/customers", {"phone": TOLD["phone"]}).status_code,
        desk.get("/api/customers", {TOLD["name"]: TOLD["email"]}).status_code,
        desk.get(f"/api/bookings/{TOLD['email']}").status_code,
        desk.get(f"/api/people/{TOLD['name']}/{token}").status_code,
        desk.get(f"/api/manage/{token}").status_code,
        desk.get(f"/api/manage/{token[:-1]}x").status_code,
        Client().get(f"/feeds/{feed.rsplit('/', 1)[1]}").status_code,
        desk.put(path, {"inquiry": f"{TOLD['inquiry']} 2", "reason": REASON}).status_code,
        desk.delete(path, {"reason": REASON}).status_code,
    ]
    assert [getattr(one, "status_code", one) for one in asked] == [
        *(409, 400, 400, 400, 200, 200, 400),
        *(404, 404, 200, 404, 200, 200, 200),
    ]
    desk.raise_request_exception = False
    with broken("bookings_customer"):
        assert desk.post("/api/customers", {**PAGE, "inquiry": None}).status_code in (400, 500)
        new = {name: PAGE[name] for name in ("name", "email", "company")}
        assert desk.post("/api/customers", new).status_code == 500
    mail_server.to_recipient[TOLD["email"]] = f"550 5.1.1 <{TOLD['email']}> Quittenbaum has moved"
    deliver()
    sent = Delivery.objects.exclude(status="DROPPED").values_list("message", "status")
    assert set(sent) == {("admin_booking_cancelled", "SENT"), ("booking_cancelled", "FAILED")}
    desk.post(f"/api/customers/{Customer.objects.get().pk}/erase")

    assert said.found() == []
    assert '"message":"POST /api/bookings 201"' in said.lines
    assert "IntegrityError" in said.lines
    assert "IntegrityError" in said.reports


def test_customers_on_the_pages_leave_no_word_of_theirs(said, clock, haircut, mail_server):
    visitor = Visitor().open("/book/salon/haircut?day=2026-11-16&minutes=30").choose("10:00")
    visitor.send(**{**PAGE, "email": PAGE["name"]})
    assert visitor.status == 400
    visitor.send(**PAGE)
    assert visitor.status == 200
    said.secret(visitor.path)
    wait = f"/book/salon/haircut/wait?day=2026-11-16&minutes=30&email={PAGE['email']}"
    visitor.client.post(wait, {**PAGE, "website": PAGE["name"]})
    visitor.client.post("/my/salon", {"email": PAGE["email"]})
    link = said.secret(link_url(CustomerLink.objects.get())).rpartition("/")[2]
    visitor.client.get(f"/my/open/{link}")
    visitor.client.post(f"/my/open/{link}")
    assert PAGE["name"] in visitor.client.get("/my/salon").text
    for cookie in visitor.client.cookies.values():
        said.secret(cookie.value)
    deliver()
    [mail] = mail_server.to(PAGE["email"])[:1]
    manage = re.search(r"/manage/([\w-]+)", mail.get_body(("plain",)).get_content())[1]
    said.secret(manage)
    moved = {"start": "2026-11-17T10:00:00Z", "reason": REASON}
    assert visitor.client.post(f"/manage/{manage}/move", moved).status_code in (302, 303)
    visitor.client.get(f"/manage/{manage}/calendar.ics")
    visitor.client.get(f"/manage/{manage}x/cancel", {"why": REASON})
    visitor.client.post(f"/manage/{manage}/cancel", {"reason": REASON})
    assert Booking.objects.get().status == "CANCELLED"
    for entry in WaitlistEntry.objects.all():
        visitor.client.get(f"/waitlist/{said.secret(waitlist_token(entry))}")
    strict = Client(enforce_csrf_checks=True)
    assert strict.post("/password/forgotten", {"email": PAGE["email"]}).status_code == 403
    assert strict.get(f"/my/{PAGE['name']}", headers={"Host": PAGE["email"]}).status_code == 400
    mail_server.stop()
    deliver()

    assert said.found() == []
    assert "GET /manage/{token}" in said.lines


def test_people_who_sign_in_leave_no_password_token_or_code(
    said, client, owner, clock, mail_server
):
    right = f"{TYPED}-first"
    assert sign_in(client, OWNER, f"{TYPED}-wrong").status_code == 401
    assert sign_in(client, NOBODY, f"{TYPED}-wrong").status_code == 401
    assert sign_in(client, OWNER, ["not", TYPED]).status_code == 400
    with_cookie = sign_in(Client(), OWNER, right)
    for cookie in with_cookie.cookies.values():
        said.secret(cookie.value)
    tokens = sign_in(client, OWNER, right, cookie=False).json()["data"]
    for name in ("accessToken", "refreshToken"):
        said.secret(tokens[name])
    me = bearer(tokens["accessToken"])
    assert me.get("/api/auth/me").status_code == 200
    assert bearer(f"{tokens['accessToken'][:-4]}AAAA").get("/api/auth/me").status_code == 401
    basic = base64.b64encode(f"{OWNER}:{right}".encode()).decode()
    assert (
        client.get("/api/auth/me", headers={"Authorization": f"Basic {basic}"}).status_code == 401
    )
    assert client.get("/api/auth/me", {"access_token": tokens["accessToken"]}).status_code == 401

    begun = me.post("/api/auth/otp", {"password": right}).json()["data"]
    app = pyotp.TOTP(said.secret(begun["secret"]))
    assert me.post("/api/auth/otp/confirm", {"otp": "000000"}).status_code == 400
    confirmed = me.post("/api/auth/otp/confirm", {"otp": app.at(timezone.now())})
    codes = confirmed.json()["data"]["recoveryCodes"]
    for code in codes:
        said.secret(code)
    assert sign_in(client, OWNER, right, otp=codes[0]).status_code == 200
    assert sign_in(client, OWNER, right, otp=codes[0]).status_code == 401

    assert refresh(client, tokens["refreshToken"]).status_code == 200
    assert refresh(client, tokens["refreshToken"]).status_code == 401  # spent: the family ends

    reset = "/api/auth/password/reset"
    for address in (OWNER, NOBODY):
        assert client.post(reset, {"email": address}, JSON).status_code == 200
    link = password_reset_url(PasswordReset.objects.get())
    token = said.secret(link.rsplit("/", 1)[1])
    deliver()
    assert len(mail_server.to(OWNER)) == 1
    assert client.get(f"/password/reset/{token}").status_code == 200
    body = {"token": token, "password": "1234"}
    assert client.post(reset, body, JSON).status_code == 400
    client.raise_request_exception = False
    with broken("core_user"):
        assert client.post(f"/password/reset/{token}", {"password": right}).status_code == 500
    assert client.post(reset, {**body, "password": f"{TYPED}-new"}, JSON).status_code == 200
    assert client.get(f"/password/reset/{token}").status_code == 410

    assert said.found() == []
    assert '"message":"POST /api/auth/login 401"' in said.lines
    assert "IntegrityError" in said.reports


def test_the_console_and_its_keys_leave_none_either(
    said, desk, owner, salon, book, clock, mail_server, settings
):
    booking = book(customer=told_customer())
    browser = Client()
    enter = {"username": OWNER, "password": f"{TYPED}-wrong"}
    assert browser.post("/admin/login/", enter).status_code == 200
    entered = browser.post("/admin/login/", {**enter, "password": f"{TYPED}-first"})
    assert entered.status_code == 302
    said.secret(browser.cookies["sessionid"].value)
    customers = "/admin/bookings/customer/"
    assert browser.get(customers, {"q": TOLD["email"]}).status_code == 200
    assert browser.get("/admin/find/", {"q": TOLD["name"]}).status_code in (200, 404)
    assert browser.get("/admin/bookings/booking/export/", {"q": TOLD["name"]}).status_code < 500
    assert browser.get(f"{customers}{booking.customer_id}/change/").status_code == 200

    people = "/admin/core/membership/invite/"
    assert browser.post(people, {"email": INVITED, "role": Role.STAFF}).status_code == 302
    link = invitation_url(Invitation.objects.get()).rsplit("/", 1)[1]
    said.secret(link)
    deliver()
    somebody_new = {"name": INVITED_NAME, "password": f"{TYPED}-mine"}
    new = Client(raise_request_exception=False)
    with broken("core_user"):
        assert new.post(f"/invitation/{link}", somebody_new).status_code == 500
    assert new.post(f"/invitation/{link}", {**somebody_new, "password": "1"}).status_code == 400
    assert new.post(f"/invitation/{link}", somebody_new).status_code == 200

    key = desk.post("/api/api-keys", {"kind": "SECRET", "name": "till"}).json()["data"]
    program = client_with(said.secret(key["key"]))
    assert program.get("/api/bookings").status_code == 200
    assert new.get("/api/bookings", {"api_key": key["key"]}).status_code in (400, 401)
    assert new.get(f"/api/bookings/{key['key']}").status_code in (401, 404)
    replaced = program.post(f"/api/api-keys/{key['id']}/rotate", {"overlapHours": 0})
    said.secret(replaced.json()["data"]["key"])
    assert program.get("/api/bookings").status_code == 401

    erase = f"{customers}{booking.customer_id}/erase/"
    assert browser.post(erase, {"email": PAGE["email"]}).status_code == 422
    assert browser.post(erase, {"email": TOLD["email"]}).status_code == 302

    with broken("notifications_delivery"):
        deliver()
    counted = new.get("/metrics", headers={"Authorization": f"Bearer {settings.METRICS_TOKEN}"})

    assert said.found() == []
    assert said.found_in(counted.text) == []
    assert "holdfast_requests_total" in counted.text
    assert "notifications.tasks.send_due_deliveries" in said.lines
