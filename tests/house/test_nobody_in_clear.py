"""Nothing that a customer told us can be read in the database, the cache or the log."""

import logging
import re
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test import Client

from bookings.models import Booking, CustomerLink, WaitlistEntry
from bookings.selectors.own_view import link_url
from bookings.services.questions import QuestionDetails, set_questions
from bookings.services.rescheduling import Changes, update_booking
from bookings.services.status import cancel_booking
from core import events
from core.access import Caller

pytestmark = pytest.mark.django_db(transaction=True)

TOLD = {
    "name": "Xaverine Quittenbaum",
    "company": "Zwetschgenhandel Oberammergau",
    "email": "xaverine@zwetschgenhandel.example",
    "phone": "+49 8822 7654321",
    "inquiry": "Meine Pflaumen sind blau angelaufen",
    "notes": "Kommt mit dem Papagei",
}
ANSWER, PLACE = "Allergisch gegen Haselnüsse", "Hinterhaus beim Schornsteinfeger"
REASON = "Der Papagei ist heiser"


def dump() -> str:
    """Every row of every table as text, as pg_dump would write it."""
    parts = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT t::text FROM "{table}" AS t')
            parts += [f"{table}: {row}" for (row,) in cursor.fetchall()]
    return "\n".join(parts)


def readable(text: str) -> list[str]:
    """The words of what was told that can be found in `text`, plain or as hexadecimal."""
    found = []
    for told in [*TOLD.values(), ANSWER, PLACE, REASON]:
        words = re.findall(r"[\w@.+]{5,}", told)
        found += [w for w in words if w.lower() in text.lower() or w.encode().hex() in text]
    digits = re.sub(r"\D", "", TOLD["phone"])
    return found + ([digits] if digits in re.sub(r"[ -]", "", text) else [])


def test_a_dump_tells_nothing_about_a_customer(desk, wish, haircut, bundle, redis, caplog):
    caplog.set_level(logging.DEBUG)
    haircut.location_kind = "CUSTOMER"
    haircut.save()
    with transaction.atomic():
        set_questions(haircut, [QuestionDetails(key="care", label="Care?")])
    wish |= {**TOLD, "answers": {"care": ANSWER}, "location": PLACE}
    headers = {"Idempotency-Key": "once"}
    assert desk.post("/api/bookings", wish, headers=headers).status_code == 201
    assert desk.post("/api/bookings", wish, headers=headers).status_code == 201
    assert desk.post("/api/bookings", wish).status_code == 409
    assert desk.post("/api/bookings", {**wish, "email": "x@"}).status_code == 400
    assert desk.get("/api/bookings", {"search": TOLD["email"]}).json()["pagination"]["total"] == 1
    booking = Booking.objects.get()
    known = {name: TOLD[name] for name in ("name", "company", "email", "phone")}
    known_at = f"/api/customers/{booking.customer_id}"
    assert desk.post("/api/customers", known, headers=headers).status_code == 409
    assert desk.patch(known_at, {**known, "name": f"{TOLD['name']} II."}).status_code == 200
    assert desk.get("/api/customers", {"search": TOLD["name"]}).json()["pagination"]["total"] == 1
    moved = Changes(starts_at=booking.starts_at + timedelta(hours=1))
    caller = Caller.command(booking.organization_id)
    booking = update_booking(booking, moved, caller=caller, reason=REASON)
    wait = {name: TOLD[name] for name in ("name", "company", "email", "phone", "inquiry")} | {
        "from": booking.starts_at.isoformat(),
        "to": booking.ends_at.isoformat(),
        "duration": 30,
    }
    assert desk.post("/api/waitlist", wait, headers=headers).status_code == 201
    assert desk.post("/api/waitlist", wait).status_code == 409
    cancel_booking(booking, caller=caller, reason=REASON)
    assert WaitlistEntry.objects.get().status == "OFFERED"
    off = {"startsOn": "2026-12-01", "endsOn": "2026-12-02", "reason": REASON}
    assert desk.post("/api/time-off", off, headers={"Idempotency-Key": "off"}).status_code == 201
    assert desk.post("/api/time-off", {**off, "kind": REASON}).status_code == 400
    adjusted = {"sessions": 1, "reason": REASON}
    adjust = f"/api/bundles/{bundle.pk}/adjust"
    assert desk.post(adjust, adjusted, headers={"Idempotency-Key": "more"}).status_code == 200
    assert desk.post(adjust, {**adjusted, "sessions": 0}).status_code == 400
    visitor = Client()
    address = f"/my/{booking.organization.slug}"
    assert visitor.post(address, {"email": TOLD["email"]}).status_code == 302
    assert visitor.post(address, {"email": f"x.{TOLD['email']}"}).status_code == 302
    visitor.post("/my/open/" + link_url(CustomerLink.objects.get()).rpartition("/")[2])
    assert TOLD["name"] in visitor.get(address).text
    while events.relay():
        pass

    assert (booking.name, booking.email) == (TOLD["name"], TOLD["email"])
    assert (booking.told(), booking.where) == ([("Care?", ANSWER)], PLACE)
    text = dump()
    assert str(booking.pk) in text
    assert readable(text) == []
    assert readable(caplog.text) == []
    assert str(booking) == booking.reference
    for key in redis.scan_iter("*"):
        kept = key + (redis.dump(key) or b"")
        assert readable(kept.decode("latin-1")) == []
