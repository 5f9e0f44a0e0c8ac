"""The trail is sealed behind the writers, and whoever tampers with it is found out."""

from datetime import timedelta
from io import StringIO
from threading import Event as Signal
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.utils import timezone

from core import events
from core.access import Caller, CallerKind
from core.audit.network import network_of
from core.audit.sealing import seal_all_events, seal_events
from core.models import Event, Outbox, Seal
from core.observability.context import request_id_of
from tests.core.log_lines import log_lines
from tests.doctor import changing_tables, findings
from tests.factories import OrganizationFactory
from tests.rivals import rivals

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_nudges(settings):
    settings.QUEUE_NUDGES = False


@pytest.fixture
def ring(salon, staff):
    """The bell of an organization rings that often: so many events, without a seal."""

    def ring(times: int = 1, organization=salon, at=None) -> list[Event]:
        rung = [
            events.build_for(organization.pk, "bell.rung", organization, caller=staff, number=n)
            for n in range(times)
        ]
        for event in rung:
            event.save(force_insert=True)
            if at is not None:
                tamper("UPDATE core_event SET created_at = %s WHERE id = %s", at, event.pk)
        return rung

    return ring


@pytest.fixture
def trail(ring) -> list[Event]:
    """Six events of the salon, sealed."""
    rung = ring(6)
    assert seal_events() == 6
    return rung


def tamper(statement: str, *parameters: object) -> None:
    """Run a statement of which no trigger and no foreign key hears, as the tables' owner can."""
    with changing_tables() as cursor:
        cursor.execute(
            "SELECT conname, conrelid::regclass::text FROM pg_constraint"
            " WHERE contype = 'f' AND confrelid = 'core_event'::regclass"
        )
        for name, table in cursor.fetchall():
            cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        for table in ("core_event", "core_seal"):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(statement, parameters)
        assert cursor.rowcount > 0
    with changing_tables() as cursor:
        for table in ("core_event", "core_seal"):
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def verify(*arguments: str) -> tuple[list[str], str]:
    """Return what `verify_audit` says is wrong, and its complaint; without where chains end."""
    out, complaint = StringIO(), ""
    try:
        call_command("verify_audit", *arguments, stdout=out)
    except CommandError as error:
        complaint = str(error)
    lines = out.getvalue().splitlines()
    return [line for line in lines if " events sealed, head " not in line], complaint


def order() -> list[UUID]:
    return list(Seal.objects.order_by("organization", "number").values_list("event", flat=True))


def head_of_salon() -> str:
    out = StringIO()
    call_command("verify_audit", "--organization", "salon", stdout=out)
    return out.getvalue().splitlines()[0].rpartition(" head ")[2]


INTACT = (["Every event is as it was sealed."], "")


# --- sealing -----------------------------------------------------------------------------


def test_events_are_sealed_in_the_order_in_which_they_happened(trail, ring):
    later = ring(2)
    assert seal_events() == 2

    assert order() == [event.pk for event in [*trail, *later]]
    assert list(Seal.objects.values_list("number", flat=True)) == [1, 2, 3, 4, 5, 6, 7, 8]
    assert seal_events() == 0
    assert verify() == INTACT


def test_each_organization_has_a_chain_of_its_own(trail, ring):
    elsewhere = OrganizationFactory(slug="elsewhere")
    ring(3, organization=elsewhere)
    seal_events()

    theirs = Seal.objects.filter(organization=elsewhere)
    assert list(theirs.values_list("number", flat=True)) == [1, 2, 3]
    assert verify() == INTACT
    assert verify("--organization", "elsewhere") == INTACT
    assert verify("--organization", "nowhere")[1] == "There is no organization nowhere."


def test_a_seal_is_never_changed_or_deleted(trail):
    seal = Seal.objects.get(number=3)
    for change in (lambda: Seal.objects.filter(pk=seal.pk).update(number=9), seal.delete):
        with pytest.raises(IntegrityError, match="never changed or deleted"), transaction.atomic():
            change()

    assert Seal.objects.count() == 6


def test_an_event_of_long_ago_that_no_round_found_is_sealed_at_night(trail, ring):
    """As after a transaction that took longer than an hour; it then looks like a forged one."""
    (late,) = ring(at=timezone.now() - timedelta(hours=3))

    assert seal_events() == 0
    with log_lines() as lines:
        seal_all_events()

    assert order()[-1] == late.pk
    (line,) = lines.of("core.audit.sealing")
    last = Seal.objects.get(number=7)
    assert line["context"]["head"] == f"7:{bytes(last.digest).hex()}"


@pytest.mark.django_db(transaction=True)
def test_an_event_that_commits_after_a_later_one_is_sealed_after_it(ring):
    """Nobody waits for a slow transaction, and what it wrote is not passed over."""
    is_written, go_on = Signal(), Signal()

    def slow() -> UUID:
        with transaction.atomic():
            (event,) = ring()
            is_written.set()
            assert go_on.wait(10)
        return event.pk

    def quick() -> UUID:
        assert is_written.wait(10)
        (event,) = ring()
        assert seal_events() == 1
        go_on.set()
        return event.pk

    with rivals(2) as at_once:
        first, second = at_once(slow, quick)
    assert first < second
    assert seal_events() == 1

    assert order() == [second, first]
    assert verify() == INTACT


@pytest.mark.django_db(transaction=True)
def test_many_who_seal_at_once_make_one_chain(ring):
    with rivals(4) as at_once:
        for _ in range(5):
            ring(20)
            done = at_once(*[seal_events] * 4)
            assert all(isinstance(each, int) for each in done), done
            seal_events()

    assert list(Seal.objects.order_by("number").values_list("number", flat=True)) == [
        *range(1, 101)
    ]
    assert verify() == INTACT


# --- tampering ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        "name = 'bell.stolen'",
        "data = '{\"number\": 7}'",
        "actor_kind = 'user'",
        "actor_id = gen_random_uuid()",
        "subject_id = gen_random_uuid()",
        "subject_type = 'booking'",
        "request_id = 'another'",
        "network = '198.51.100.7'",
        "created_at = created_at + interval '1 microsecond'",
    ],
)
def test_an_event_that_was_altered_is_named(trail, change):
    tamper(f"UPDATE core_event SET {change} WHERE id = %s", trail[2].pk)

    assert verify() == (
        [
            f"salon: altered: number 3 event {trail[2].pk}. "
            "The event or its seal is not what was sealed."
        ],
        "1 thing is wrong.",
    )


def test_a_seal_that_was_altered_is_named_and_not_the_next_one(trail):
    tamper("UPDATE core_seal SET digest = decode(repeat('00', 32), 'hex') WHERE number = 3")

    (line,), _ = verify()
    assert line.startswith(f"salon: altered: number 3 event {trail[2].pk}.")


def test_an_event_that_is_gone_is_named(trail):
    tamper("DELETE FROM core_event WHERE id = %s", trail[2].pk)

    (line,), _ = verify()
    assert line == f"salon: missing: number 3 event {trail[2].pk}. It was sealed, and is gone."
    assert set(findings()) == {"sealed_events_are_there"}


def test_events_that_are_gone_with_their_seals_leave_a_gap(trail):
    Outbox.objects.all().delete()
    tamper("DELETE FROM core_seal WHERE number IN (3, 4)")
    tamper("DELETE FROM core_event WHERE id IN (%s, %s)", trail[2].pk, trail[3].pk)

    assert verify() == (
        ["salon: missing: numbers 3 to 4. It was sealed, and is gone."],
        "1 thing is wrong.",
    )
    seal = Seal.objects.get(number=5)
    assert findings() == {
        "sealed_events_are_there": [
            (
                "core.seal",
                seal.pk,
                "It is number 5 behind number 2: an event, or a seal, is gone.",
            )
        ]
    }


def test_links_that_changed_places_are_named_and_no_other(trail):
    tamper("UPDATE core_seal SET number = 99 WHERE number = 2")
    tamper("UPDATE core_seal SET number = 2 WHERE number = 5")
    tamper("UPDATE core_seal SET number = 5 WHERE number = 99")

    lines, complaint = verify()

    assert [line.partition(". ")[0] for line in lines] == [
        f"salon: reordered: number 2 event {trail[4].pk}",
        f"salon: reordered: number 5 event {trail[1].pk}",
    ]
    assert complaint == "2 things are wrong."


def test_an_event_that_was_inserted_into_the_past_is_named(trail, ring):
    (forged,) = ring(at=timezone.now() - timedelta(days=1))
    assert [line.partition(". ")[0] for line in verify()[0]] == [
        f"salon: unsealed: event {forged.pk}"
    ]

    seal_all_events()
    assert [line.partition(". ")[0] for line in verify()[0]] == [
        f"salon: inserted: number 7 event {forged.pk}"
    ]


def test_an_event_that_was_given_to_another_organization_is_named(trail):
    elsewhere = OrganizationFactory(slug="elsewhere")
    tamper("UPDATE core_event SET organization_id = %s WHERE id = %s", elsewhere.pk, trail[1].pk)

    assert [line.partition(". ")[0] for line in verify()[0]] == [
        f"salon: altered: number 2 event {trail[1].pk}"
    ]


def test_a_house_in_order_has_no_findings(trail):
    assert findings(sealed=False) == {}


def test_an_end_that_was_cut_off_is_seen_by_who_kept_where_it_was(trail, ring):
    head = head_of_salon()
    assert verify("--head", head) == INTACT
    tamper("DELETE FROM core_seal WHERE number = 6")
    tamper("DELETE FROM core_event WHERE id = %s", trail[5].pk)
    assert verify() == INTACT  # nothing of it is left in the database

    cut_off = (
        ["salon: cut off: number 6. The chain does not lead to where it once ended."],
        "1 thing is wrong.",
    )
    assert verify("--head", head) == cut_off
    ring(3)
    seal_events()
    assert verify("--head", head) == cut_off

    assert verify("--head", "salon:six")[1] == "salon:six is not SLUG:NUMBER:DIGEST."
    assert "there is no organization nowhere" in verify("--head", "nowhere:1:00")[1]


def test_an_event_that_waits_for_its_seal_for_an_hour_is_a_finding(ring):
    (old,) = ring(at=timezone.now() - timedelta(minutes=61))
    Outbox.objects.all().delete()

    assert findings(sealed=False) == {
        "events_are_sealed": [
            ("core.event", old.pk, "It was written 61 minutes ago and has no seal.")
        ]
    }
    assert verify()[1] == "1 thing is wrong."


# --- where from --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "of_staff", "of_customers"),
    [
        ("198.51.100.7", "198.51.100.7", "198.51.0.0/16"),
        ("2001:db8:1:2::7", "2001:db8:1:2::7", "2001:db8::/32"),
        ("0.0.0.0", "", ""),  # a Unix socket has no address
    ],
)
def test_an_event_says_from_where_it_was_done(desk, website, wish, address, of_staff, of_customers):
    """A customer may be forgotten, so no more of theirs is kept than their provider's network."""
    for client, time in ((desk, "10:00"), (website, "11:00")):
        slot = {"startTime": f"2026-11-16T{time}:00+01:00", "duration": 30}
        answer = client.post("/api/bookings", {**wish, "timeSlot": slot}, REMOTE_ADDR=address)
        assert answer.status_code == 201

    created = Event.objects.filter(name="booking.created").order_by("id")
    assert list(created.values_list("network", flat=True)) == [of_staff, of_customers]


def test_whoever_fails_to_sign_in_is_not_known_to_be_staff(salon, rf):
    somebody = Caller(CallerKind.USER, salon.pk)
    clara = Caller(CallerKind.USER, salon.pk, id=salon.pk)
    with request_id_of("a-request", rf.get("/", REMOTE_ADDR="198.51.100.7")):
        assert network_of(somebody) == "198.51.0.0/16"
        assert network_of(clara) == "198.51.100.7"


def test_a_proxy_that_is_trusted_says_who_the_client_is_and_no_other(desk, wish, settings):
    settings.TRUSTED_PROXIES = []
    desk.post("/api/bookings", wish, REMOTE_ADDR="192.0.2.1", HTTP_X_FORWARDED_FOR="203.0.113.9")

    assert Event.objects.get(name="booking.created").network == "192.0.2.1"


def test_what_no_request_did_came_from_nowhere(book):
    with request_id_of("a-task"):
        book()

    assert set(Event.objects.values_list("network", flat=True)) == {""}
