"""The doctor as a command: what it prints, how it ends, and that it only reads."""

import json
from dataclasses import replace
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from bookings.models import GroupSession
from core.invariants import invariants
from core.models import Event, Outbox
from tests.doctor import break_rows, findings
from tests.factories import OrganizationFactory

pytestmark = pytest.mark.django_db

CHECKS = len(invariants.known)


def examine(*arguments: str) -> tuple[str, str]:
    """Run the command; return what it printed, and how it complained, if it did."""
    out = StringIO()
    try:
        call_command("check_invariants", *arguments, stdout=out)
    except CommandError as error:
        return out.getvalue(), str(error)
    return out.getvalue(), ""


@pytest.fixture
def wrong(place, tutorial):
    """A session that counts a place too many."""
    place()
    break_rows("UPDATE bookings_groupsession SET taken = 2")
    return tutorial


def test_a_house_in_order_says_so(salon):
    assert examine() == (f"{CHECKS} checks, everything is in order.\n", "")


def test_each_finding_is_a_line_and_the_command_fails(wrong):
    told, complaint = examine()

    assert told == (
        f"sessions_count_their_places: bookings.groupsession {wrong.pk} (salon) "
        "It counts 2 booked and 0 held places; there are 1 bookings and 0 holds.\n"
    )
    assert complaint == f"{CHECKS} checks, 1 finding."
    wrong.refresh_from_db()
    assert wrong.taken == 2


def test_one_organization_or_one_check_can_be_looked_at(wrong):
    OrganizationFactory(slug="elsewhere")

    assert examine("--organization", "elsewhere")[1] == ""
    assert examine("--organization", "salon")[1] == f"{CHECKS} checks, 1 finding."
    assert examine("--check", "holds_lapse") == ("1 checks, everything is in order.\n", "")
    assert examine("--check", "holds_lapse", "--check", "sessions_count_their_places")[1] == (
        "2 checks, 1 finding."
    )
    assert examine("--organization", "nowhere")[1] == "There is no organization nowhere."


def test_a_check_that_is_not_known_is_refused():
    with pytest.raises(CommandError, match="invalid choice: 'nothing'"):
        call_command("check_invariants", "--check", "nothing")


def test_programs_read_json(wrong, salon):
    told, complaint = examine("--json", "--check", "sessions_count_their_places")

    assert json.loads(told) == {
        "checks": ["sessions_count_their_places"],
        "findings": [
            {
                "check": "sessions_count_their_places",
                "subject": "bookings.groupsession",
                "id": str(wrong.pk),
                "organization_id": str(salon.pk),
                "says": "It counts 2 booked and 0 held places; there are 1 bookings and 0 holds.",
                "numbers": {"taken": 2, "held": 0, "bookings": 1, "holds": 0},
            }
        ],
        "repaired": [],
    }
    assert complaint == "1 checks, 1 finding."


def test_what_can_be_mended_is_mended_on_demand_and_written_down(wrong):
    told, complaint = examine("--repair")

    assert complaint == ""
    assert told == (
        f"repaired: sessions_count_their_places: bookings.groupsession {wrong.pk} (salon) "
        "It counts 2 booked and 0 held places; there are 1 bookings and 0 holds.\n"
        f"{CHECKS} checks, everything is in order.\n"
    )
    assert GroupSession.objects.get().taken == 1
    repaired = Event.objects.get(name="group_session.repaired")
    assert (repaired.subject_id, repaired.actor_kind) == (wrong.pk, "command")


def test_what_is_left_after_mending_still_fails(wrong):
    break_rows("UPDATE core_event SET name = 'booking.made' WHERE name = 'booking.created'")

    told, complaint = examine("--repair")

    assert "bookings_have_an_event: bookings.booking" in told
    assert complaint == f"{CHECKS} checks, 1 finding."


def test_a_check_that_would_write_or_cannot_be_asked_is_a_finding_and_the_others_go_on(
    wrong, monkeypatch
):
    known = invariants.known["holds_lapse"]
    writes, reads = "SELECT setval('bookings_lane_id_seq', 1) AS id", "SELECT 1 FROM nowhere"
    for name, sql in {"greedy": writes, "lost": reads}.items():
        monkeypatch.setitem(invariants.known, name, replace(known, name=name, sql=sql))

    found = findings()

    assert found.pop("greedy") == [
        ("", None, "This could not be looked at: ReadOnlySqlTransaction.")
    ]
    assert found.pop("lost") == [("", None, "This could not be looked at: UndefinedTable.")]
    assert set(found) == {"sessions_count_their_places"}
    assert examine("--check", "lost") == (
        "lost: This could not be looked at: UndefinedTable.\n",
        "1 checks, 1 finding.",
    )


def test_an_event_that_nobody_was_told_of(book):
    book()
    late = timezone.now() - timedelta(minutes=12)
    waiting = Outbox.objects.get(event__name="booking.created")
    Outbox.objects.filter(pk=waiting.pk).update(created_at=late, attempts=3)

    assert findings() == {
        "events_are_told": [
            ("core.event", waiting.pk, "It has waited for 12 minutes, after 3 attempts.")
        ]
    }
