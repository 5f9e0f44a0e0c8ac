import hashlib
from datetime import UTC, datetime, timedelta

import pytest

from core import known_keys
from core.access import EVERYTHING, PUBLISHABLE_SCOPES, Caller, CallerKind
from core.api.authentication import BadCredential, caller_for
from core.errors import Conflict, Forbidden, Invalid
from core.models import ApiKey, Event
from core.services.api_key import create_api_key, revoke_api_key, rotate_api_key

pytestmark = pytest.mark.django_db

SECRET, PUBLISHABLE = ApiKey.Kind.SECRET, ApiKey.Kind.PUBLISHABLE


@pytest.fixture
def owner(salon):
    return Caller.command(salon.pk)


@pytest.fixture
def at(monkeypatch, time_machine):
    """Sets every clock of the process to so many seconds after 9 o'clock."""
    nine = datetime(2026, 11, 20, 9, tzinfo=UTC)

    def after(seconds):
        time_machine.move_to(nine + timedelta(seconds=seconds), tick=False)
        monkeypatch.setattr(known_keys, "monotonic", lambda: float(seconds))
        return nine + timedelta(seconds=seconds)

    after(0)
    return after


def make(salon, kind=SECRET, name="till", **more):
    return create_api_key(
        organization=salon, kind=kind, name=name, caller=Caller.command(salon.pk), **more
    )


def test_a_key_is_shown_once_and_kept_as_a_digest_of_its_whole_text(salon):
    key, text = make(salon)

    assert text.startswith(f"{key.prefix}_")
    assert len(text.removeprefix(f"{key.prefix}_")) == 64  # 256 bits
    assert bytes(ApiKey.objects.get().digest) == hashlib.sha256(text.encode()).digest()
    assert text[-60:] not in str(ApiKey.objects.values().get())


@pytest.mark.parametrize(("kind", "beginning"), [(SECRET, "sk_"), (PUBLISHABLE, "pk_")])
def test_a_key_tells_its_kind_by_its_first_letters(salon, kind, beginning):
    assert make(salon, kind)[1].startswith(beginning)


def test_only_the_whole_key_opens_the_door(salon):
    key, text = make(salon)

    assert caller_for(text) == Caller(CallerKind.KEY, salon.pk, key.pk, EVERYTHING)
    for wrong in (text[:-1], text + "0", text.upper(), key.prefix, "sk_nobody_knows"):
        with pytest.raises(BadCredential):
            caller_for(wrong)


def test_making_a_key_is_recorded_without_the_key(salon, owner):
    key, _ = make(salon, scopes=["bookings:read"])

    event = Event.objects.get(name="api_key.created")
    assert (event.subject_id, event.actor_kind) == (key.pk, "command")
    assert event.data == {"kind": "secret", "scopes": ["bookings:read"]}


def test_without_scopes_a_secret_key_does_everything_and_a_publishable_one_reads_no_person(salon):
    secret, publishable = caller_for(make(salon)[1]), caller_for(make(salon, PUBLISHABLE)[1])

    assert secret.may("customers:write")
    assert publishable.scopes == PUBLISHABLE_SCOPES
    assert not publishable.may("bookings:read")


def test_a_publishable_key_reads_no_person_whatever_its_row_says(salon):
    key, text = make(salon, PUBLISHABLE)
    ApiKey.objects.filter(pk=key.pk).update(scopes=["*", "bookings:read", "catalog:read"])

    assert caller_for(text).scopes == {"catalog:read"}


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"scopes": ["bookings:fly"]}, "A secret key cannot have bookings:fly."),
        ({"scopes": []}, "A key without a scope could do nothing."),
        (
            {"kind": PUBLISHABLE, "scopes": ["catalog:read", "customers:read"]},
            "A publishable key cannot have customers:read.",
        ),
        ({"kind": PUBLISHABLE, "scopes": ["*"]}, "A publishable key cannot have *."),
        ({"name": "  "}, "Give a name of 1 to 80 characters."),
        ({"name": "x" * 81}, "Give a name of 1 to 80 characters."),
        ({"expires_at": datetime(2020, 1, 1, tzinfo=UTC)}, "This is in the past."),
        ({"origins": ["https://a.example"]}, "Only a publishable key is bound to websites."),
        (
            {"kind": PUBLISHABLE, "origins": ["https://a.example/shop"]},
            "Write an origin like https://www.example.com.",
        ),
        (
            {"kind": PUBLISHABLE, "origins": [f"https://{n}.example" for n in range(21)]},
            "Give 20 at most.",
        ),
        ({"requests_per_minute": 0}, "Give 1 to 6000."),
        ({"requests_per_minute": 6001}, "Give 1 to 6000."),
    ],
)
def test_a_key_that_makes_no_sense_is_refused_and_not_made(salon, changed, sentence):
    with pytest.raises(Invalid) as refused:
        make(salon, **changed)

    [said] = refused.value.details.values()
    assert sentence in str(said)
    assert not ApiKey.objects.exists()
    assert not Event.objects.exists()


def test_nobody_hands_out_more_than_he_has(salon):
    clerk = Caller(CallerKind.USER, salon.pk, scopes=frozenset({"keys:write", "bookings:read"}))
    wanted = {"organization": salon, "kind": SECRET, "name": "till", "caller": clerk}

    create_api_key(**wanted, scopes=["bookings:read"])
    with pytest.raises(Forbidden):
        create_api_key(**wanted, scopes=["bookings:read", "customers:read"])
    usual, _ = create_api_key(**wanted)

    assert usual.scopes == ["bookings:read", "keys:write"]
    assert ApiKey.objects.count() == 2


def test_a_revoked_key_is_refused_and_the_revocation_recorded_once(salon, owner):
    key, text = make(salon)

    revoked_at = revoke_api_key(key=key, caller=owner).revoked_at
    assert revoke_api_key(key=key, caller=owner).revoked_at == revoked_at

    with pytest.raises(BadCredential):
        caller_for(text)
    assert Event.objects.filter(name="api_key.revoked", subject_id=key.pk).count() == 1


def test_a_rotated_key_and_its_successor_both_work_until_the_overlap_is_over(salon, owner, at):
    key, old = make(salon, scopes=["bookings:read"])
    caller_for(old)

    successor, new = rotate_api_key(key=key, caller=owner, overlap_hours=2)

    assert new != old
    assert (successor.replaces_id, successor.name) == (key.pk, "till")
    assert (successor.scopes, successor.expires_at) == (["bookings:read"], None)
    at(2 * 3600 - 1)
    assert (caller_for(old).id, caller_for(new).id) == (key.pk, successor.pk)
    at(2 * 3600)
    with pytest.raises(BadCredential):
        caller_for(old)
    assert caller_for(new).id == successor.pk
    event = Event.objects.get(name="api_key.rotated")
    assert event.subject_id == key.pk
    assert event.data == {
        "replaced_by": str(successor.pk),
        "good_until": "2026-11-20T11:00:00+00:00",
    }


def test_a_key_for_a_month_is_followed_by_one_for_a_month_and_never_outlives_its_own_end(
    salon, owner, at
):
    key, _ = make(salon, expires_at=at(0) + timedelta(days=30))

    now = at(30 * 86_400 - 60)  # a minute before
    successor, _ = rotate_api_key(key=key, caller=owner, overlap_hours=24)

    key.refresh_from_db()
    assert key.expires_at == now + timedelta(seconds=60)
    assert abs(successor.expires_at - (now + timedelta(days=30))) < timedelta(seconds=5)


def test_a_websites_key_keeps_its_websites_and_its_limit_when_it_is_rotated(salon, owner):
    key, _ = make(salon, PUBLISHABLE, origins=["https://a.example"], requests_per_minute=7)

    successor, _ = rotate_api_key(key=key, caller=owner)

    assert (successor.origins, successor.requests_per_minute) == (["https://a.example"], 7)


def test_a_key_rotated_without_an_overlap_is_refused_at_once(
    salon, owner, at, django_capture_on_commit_callbacks
):
    key, old = make(salon)
    caller_for(old)  # and remembered

    with django_capture_on_commit_callbacks(execute=True):
        rotate_api_key(key=key, caller=owner, overlap_hours=0)

    with pytest.raises(BadCredential):
        caller_for(old)


@pytest.mark.parametrize("ended", ["revoked", "expired", "rotated"])
def test_a_key_that_has_ended_or_was_replaced_is_not_rotated(salon, owner, at, ended):
    key, _ = make(salon, expires_at=at(0) + timedelta(hours=1))
    reason = "KEY_ENDED"
    if ended == "revoked":
        revoke_api_key(key=key, caller=owner)
    elif ended == "expired":
        at(3600)
    else:
        rotate_api_key(key=key, caller=owner, overlap_hours=1)
        reason = "KEY_REPLACED"
    before = ApiKey.objects.count()

    with pytest.raises(Conflict) as refused:
        rotate_api_key(key=key, caller=owner)

    assert refused.value.reason == reason
    assert ApiKey.objects.count() == before


def test_who_may_less_than_a_key_cannot_have_its_successor(salon):
    key, _ = make(salon, scopes=["bookings:read", "customers:read"])
    clerk = Caller(CallerKind.USER, salon.pk, scopes=frozenset({"keys:write", "bookings:read"}))

    with pytest.raises(Forbidden):
        rotate_api_key(key=key, caller=clerk)

    key.refresh_from_db()
    assert (ApiKey.objects.count(), key.expires_at) == (1, None)


def test_a_key_ends_on_time_even_while_it_is_remembered(salon, at):
    _, text = make(salon, expires_at=at(0) + timedelta(seconds=4))

    at(3)
    assert caller_for(text).organization_id == salon.pk
    at(5)
    with pytest.raises(BadCredential):
        caller_for(text)


def test_a_closed_organizations_keys_are_refused(salon):
    _, text = make(salon)
    salon.is_active = False
    salon.save()

    with pytest.raises(BadCredential):
        caller_for(text)


def test_a_key_is_looked_up_once_in_ten_seconds(salon, at, django_assert_num_queries):
    _, text = make(salon)

    with django_assert_num_queries(1):
        caller_for(text)
        at(9)
        caller_for(text)
    at(11)
    with django_assert_num_queries(1):
        caller_for(text)


def test_a_process_remembers_the_ten_thousand_keys_it_met_last(salon, monkeypatch):
    monkeypatch.setattr(known_keys, "MOST_REMEMBERED", 2)
    texts = [make(salon)[1] for _ in range(3)]

    for text in texts:
        caller_for(text)

    remembered = [known_keys.recall(known_keys.digest_of(text)) is not None for text in texts]
    assert remembered == [False, True, True]


def test_what_was_remembered_before_a_revocation_elsewhere_is_asked_again(salon, owner):
    key, text = make(salon)
    caller_for(text, generation=b"before")
    ApiKey.objects.filter(pk=key.pk).update(revoked_at=datetime.now(UTC))  # another process did

    assert caller_for(text, generation=b"before").id == key.pk
    assert caller_for(text, generation=None).id == key.pk  # Redis is away: for ten seconds
    with pytest.raises(BadCredential):
        caller_for(text, generation=b"after")


def test_a_revocation_reaches_the_other_processes_once_it_is_committed(
    salon, owner, redis, django_capture_on_commit_callbacks
):
    key, _ = make(salon)

    with django_capture_on_commit_callbacks() as later:
        revoke_api_key(key=key, caller=owner)
    assert redis.get(known_keys.GENERATION) is None
    for tell in later:
        tell()

    assert redis.get(known_keys.GENERATION) is not None


def test_the_use_of_a_key_is_noted_once_a_minute(salon, at, django_assert_num_queries):
    key, text = make(salon)

    for seconds, noted in [(0, 0), (30, 0), (61, 61)]:
        at(seconds)
        caller_for(text)
        with django_assert_num_queries(1 if seconds == noted else 0):
            known_keys.note_uses()
        key.refresh_from_db()
        assert key.last_used_at == datetime(2026, 11, 20, 9, 0, tzinfo=UTC) + timedelta(
            seconds=noted
        )
