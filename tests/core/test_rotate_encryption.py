import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError

from bookings.models import Booking
from core.encryption import key_id_of
from core.services.encryption import encrypted_tables, rotate_table
from tests.core.guests import (
    ALL,
    FIRST,
    FIRST_ID,
    LOST,
    LOST_ID,
    SECOND,
    SECOND_ID,
    Guest,
    Regular,
    execute,
    keys_of,
    run_rotation,
    stored,
)

pytestmark = pytest.mark.usefixtures("installed")


def rotate(batch_size=500, note=lambda _: None):
    (table,) = encrypted_tables([Guest])
    return rotate_table(table=table, batch_size=batch_size, note=note)


def test_after_a_rotation_every_value_is_under_the_first_key_and_reads_the_same(guests, ring):
    Regular.objects.create(name="Mia", email=None, card={"number": 7})
    guests.create(name="Ben", email="")
    ring(SECOND, FIRST)

    out, err = run_rotation()

    assert out == "3 rows rewritten.\n"
    assert "test_guest: 2 rows rewritten, done.\n" in err
    assert "test_regular: 1 rows rewritten, done.\n" in err
    assert keys_of() == {SECOND_ID: 2}
    assert keys_of("email") == {None: 1, SECOND_ID: 1}
    assert keys_of("card", "test_regular") == {SECOND_ID: 1}
    ring(SECOND)
    assert list(guests.order_by("pk").values_list("name", "email")) == [("Mia", None), ("Ben", "")]
    assert Regular.objects.get().card == {"number": 7}


def test_nothing_but_the_tokens_changes(guests, ring):
    guests.create(name="Mia", notes="window seat")
    before = stored("id, version, updated_at")
    ring(SECOND, FIRST)

    assert rotate().rewritten == 1

    assert stored("id, version, updated_at") == before


def test_what_is_under_the_first_key_is_left_as_it_is(guests, ring):
    guests.create(name="Mia")
    half_done = guests.create(name="Zoe")
    ring(SECOND, FIRST)
    guests.create(name="Ben", notes="x")
    guests.filter(pk=half_done.pk).update(notes="written today")
    mia, zoe, ben = stored("id, name, notes")

    assert rotate().rewritten == 2

    new_mia, new_zoe, new_ben = stored("id, name, notes")
    assert new_mia[1] != mia[1]
    assert new_zoe[1] != zoe[1]
    assert new_zoe[2] == zoe[2]
    assert new_ben == ben
    assert rotate().rewritten == 0
    assert stored("id, name, notes") == [new_mia, new_zoe, new_ben]


def test_old_fernet_tokens_become_ours(guests, ring, settings):
    guests.create(name="Mia")
    key = Fernet.generate_key()
    execute("UPDATE test_guest SET name = %s", Fernet(key).encrypt(b"Mia Berg"))
    settings.FERNET_KEYS = [key]

    assert rotate().rewritten == 1

    assert keys_of() == {FIRST_ID: 1}
    assert guests.get().name == "Mia Berg"


def test_a_run_that_was_stopped_is_continued_by_the_next(guests, ring):
    guests.bulk_create(Guest(name=f"Guest {i}") for i in range(5))
    ring(SECOND, FIRST)

    def stop(rotation):
        if rotation.rewritten == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rotate(batch_size=2, note=stop)
    assert keys_of() == {SECOND_ID: 4, FIRST_ID: 1}
    done = [token for token in stored("name") if key_id_of(token) == SECOND_ID]

    assert rotate(batch_size=2).rewritten == 1

    assert keys_of() == {SECOND_ID: 5}
    assert set(done) < set(stored("name"))


def test_rows_are_rewritten_in_batches(guests, ring, django_assert_num_queries):
    guests.bulk_create(Guest(name=f"Guest {i}") for i in range(5))
    ring(SECOND, FIRST)
    progress = []

    rotate(batch_size=2, note=lambda rotation: progress.append(rotation.rewritten))

    assert progress == [2, 4, 5]
    assert sorted(guests.values_list("name", flat=True)) == [f"Guest {i}" for i in range(5)]
    with django_assert_num_queries(1):  # a finished table costs one statement
        rotate()


def test_a_dry_run_counts_and_changes_nothing(guests, ring):
    Regular.objects.create(name="Mia", card=[])
    guests.create(name="Ben", email="ben@example.com")
    ring(LOST)
    guests.create(name="Zoe")
    ring(SECOND, FIRST)
    guests.create(name="Tom")
    execute("UPDATE test_guest SET email = 'gAAAAABn' WHERE email IS NULL")
    before = stored("id, name, email, notes")

    out, err = run_rotation(dry_run=True)

    assert sorted(line for line in out.splitlines() if line.startswith("test_")) == sorted(
        [
            f"test_guest.name\t{SECOND_ID} (writes)\t1",
            f"test_guest.name\t{FIRST_ID} (reads)\t2",
            f"test_guest.name\t{LOST_ID} (not in the ring)\t1",
            f"test_guest.notes\t{SECOND_ID} (writes)\t1",
            f"test_guest.notes\t{FIRST_ID} (reads)\t2",
            f"test_guest.notes\t{LOST_ID} (not in the ring)\t1",
            f"test_guest.email\t{FIRST_ID} (reads)\t1",
            "test_guest.email\tfernet (FERNET_KEYS)\t3",
            f"test_regular.card\t{FIRST_ID} (reads)\t1",
        ]
    )
    assert err == ""
    assert stored("id, name, email, notes") == before


def test_what_does_not_open_is_reported_and_does_not_stop_the_rest(guests, ring):
    ring(LOST)
    guests.create(name="Zoe", notes="secret")
    ring(FIRST)
    guests.create(name="Mia")
    ring(SECOND, FIRST)

    with pytest.raises(CommandError) as refusal:
        run_rotation(batch_size=1)

    assert str(refusal.value).splitlines() == [
        f"test_guest.name: 1 values of key {LOST_ID} do not open.",
        f"test_guest.notes: 1 values of key {LOST_ID} do not open.",
    ]
    assert keys_of() == {SECOND_ID: 1, LOST_ID: 1}


def test_a_value_that_does_not_open_does_not_keep_its_row_from_being_renewed(guests, ring):
    ring(LOST)
    guests.create(name="Zoe")
    ring(FIRST)
    guests.update(notes="late")
    ring(SECOND, FIRST)

    rotation = rotate()

    assert (rotation.rewritten, rotation.unreadable) == (1, {("name", LOST_ID): 1})
    assert keys_of("notes") == {SECOND_ID: 1}


def test_progress_is_told_on_standard_error(guests, ring, monkeypatch):
    guests.bulk_create(Guest(name=f"Guest {i}") for i in range(3))
    ring(SECOND, FIRST)
    monkeypatch.setattr("core.management.commands.rotate_encryption.SECONDS_BETWEEN_NOTES", 0)

    out, err = run_rotation(batch_size=2)

    assert [line for line in err.splitlines() if line.startswith("test_guest")] == [
        "test_guest: 2 rows rewritten …",
        "test_guest: 3 rows rewritten …",
        "test_guest: 3 rows rewritten, done.",
    ]
    assert out == "3 rows rewritten.\n"


@pytest.mark.parametrize("batch_size", [0, -1])
def test_a_batch_has_at_least_one_row(batch_size):
    with pytest.raises(CommandError, match=r"^--batch-size must be at least 1"):
        run_rotation(batch_size=batch_size)


def test_each_encrypted_column_is_found_once():
    found = {
        table.name: [field.column for field in table.fields] for table in encrypted_tables(ALL)
    }

    assert found == {
        "test_guest": ["name", "email", "notes", "answers"],
        "test_regular": ["card"],
        "test_host": ["name", "email"],
    }


def test_a_booking_stays_as_it_is_but_for_its_tokens(guests, book, ring):
    booking = book()
    people = ["name", "company", "email", "phone", "inquiry", "notes", "cancel_reason"]
    everything = Booking.objects.values().get()
    ring(SECOND, FIRST)

    run_rotation()

    tokens = stored(", ".join(people), "bookings_booking")[0]
    assert [key_id_of(token) for token in tokens] == [SECOND_ID] * len(people)
    ring(SECOND)
    assert Booking.objects.values().get() == everything
    assert everything["version"] == booking.version == 1
