import base64
import hashlib

import pytest
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings
from fernet_fields.hkdf import derive_fernet_key

from core.encryption import ColumnCipher, DecryptionFailed, KeyRing, current_ring, key_id_of

RAW = "q7}Vw-Zr2m!Xk_8Tn/Lb>Ey?Jd~Pf+4c"
KEY = RAW.encode()
OLD = bytes(range(32))
EMAIL = b"bookings_booking.email"
MIA = b"mia@example.com"


def key_id(key):
    return hashlib.sha256(b"holdfast key id 1\0" + key).digest()[:4]


@pytest.mark.parametrize(
    "text",
    [
        RAW,
        KEY,
        KEY.hex(),
        KEY.hex().upper(),
        base64.b64encode(KEY).decode(),
        base64.urlsafe_b64encode(KEY).decode(),
        base64.urlsafe_b64encode(KEY).decode().rstrip("="),
        f"  {KEY.hex()}\n",
    ],
)
def test_a_key_may_be_written_raw_hex_or_base64(text):
    token = KeyRing.parse(text).encrypt(MIA, EMAIL)

    assert KeyRing([KEY]).decrypt(token, EMAIL) == MIA


def test_base64_and_base64url_are_both_tried_with_a_key_in_which_they_differ():
    key = b"\xfb\xff\xbe" * 10 + b"ab"
    assert "+" in base64.b64encode(key).decode()
    assert "-" in base64.urlsafe_b64encode(key).decode()

    ring = KeyRing.parse(base64.b64encode(key))

    assert (
        ring.header == KeyRing.parse(base64.urlsafe_b64encode(key)).header == b"\x01" + key_id(key)
    )


def test_a_raw_key_with_a_comma_may_stand_alone():
    ring = KeyRing.parse("q7}Vw,Zr2m!Xk_8Tn/Lb>Ey?Jd~Pf+4c")

    assert len(ring.headers) == 1


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "ENCRYPTION_KEY is missing"),
        ("  ", "ENCRYPTION_KEY is missing"),
        ("too-short-for-a-key", "ENCRYPTION_KEY: key 1 is not 32 bytes"),
        (KEY.hex()[:-2], "ENCRYPTION_KEY: key 1 is not 32 bytes"),
        (f"{KEY.hex()},{'not hex!' * 8}", "ENCRYPTION_KEY: key 2 is not 32 bytes"),
        (f"{KEY.hex()},", "ENCRYPTION_KEY: key 2 is not 32 bytes"),
        (f"{KEY.hex()},{OLD.hex()},{RAW}", "ENCRYPTION_KEY: key 3 stands there twice"),
    ],
)
def test_a_bad_ring_is_refused_by_name_and_never_quoted(text, sentence):
    with pytest.raises(ImproperlyConfigured, match=sentence) as refusal:
        KeyRing.parse(text)

    assert not any(part.strip() and part.strip() in str(refusal.value) for part in text.split(","))


def test_the_refusal_names_the_variable_it_was_asked_about():
    with pytest.raises(ImproperlyConfigured, match=r"^BACKUP_KEY: key 1 is not 32 bytes"):
        KeyRing.parse("short", variable="BACKUP_KEY")


def test_a_token_is_aes_256_gcm_as_documented():
    token = KeyRing([KEY]).encrypt(MIA, EMAIL)

    assert token[:5] == b"\x01" + key_id(KEY)
    assert AESGCM(KEY).decrypt(token[5:17], token[17:], EMAIL) == MIA
    assert len(token) == 1 + 4 + 12 + len(MIA) + 16


def test_the_same_value_never_looks_the_same_twice():
    ring = KeyRing([KEY])

    tokens = {ring.encrypt(MIA, EMAIL) for _ in range(1000)}

    assert len({token[5:17] for token in tokens}) == 1000
    assert len({token[17:] for token in tokens}) == 1000


def test_the_first_key_writes_and_every_key_reads():
    before = KeyRing([OLD]).encrypt(MIA, EMAIL)
    ring = KeyRing.parse(f"{KEY.hex()},{OLD.hex()}")

    assert ring.decrypt(before, EMAIL) == MIA
    assert key_id_of(before) == key_id(OLD).hex()
    assert key_id_of(ring.encrypt(MIA, EMAIL)) == key_id(KEY).hex()


def test_a_value_moved_to_another_column_does_not_open():
    token = KeyRing([KEY]).encrypt(MIA, EMAIL)

    with pytest.raises(DecryptionFailed, match=r"^bookings_booking\.phone does not open"):
        KeyRing([KEY]).decrypt(token, b"bookings_booking.phone")


@pytest.mark.parametrize("place", [5, 16, 17, -1])
def test_one_changed_bit_is_noticed(place):
    token = bytearray(KeyRing([KEY]).encrypt(MIA, EMAIL))
    token[place] ^= 1

    with pytest.raises(DecryptionFailed):
        KeyRing([KEY]).decrypt(bytes(token), EMAIL)


def test_an_error_says_where_and_which_key_and_nothing_else():
    token = KeyRing([OLD]).encrypt(MIA, EMAIL)

    with pytest.raises(DecryptionFailed) as unknown:
        KeyRing([KEY]).decrypt(token, EMAIL)
    assert str(unknown.value) == (
        f"bookings_booking.email does not open with key {key_id(OLD).hex()}: "
        "ENCRYPTION_KEY has no such key."
    )
    assert (unknown.value.context, unknown.value.key_id) == (EMAIL.decode(), key_id(OLD).hex())

    with pytest.raises(DecryptionFailed) as cut_off:
        KeyRing([OLD]).decrypt(token[:20], EMAIL)
    assert cut_off.value.__cause__ is None
    assert cut_off.value.__suppress_context__


@pytest.mark.parametrize("rubbish", [b"", b"\x01", b"mia@example.com", b"\x02" + bytes(40)])
def test_what_is_no_token_is_refused_in_the_same_words(rubbish):
    with pytest.raises(DecryptionFailed, match=r"^bookings_booking\.email does not open with key"):
        KeyRing([KEY]).decrypt(rubbish, EMAIL)


def test_old_tokens_of_django_fernet_fields_stay_readable():
    derived = Fernet(derive_fernet_key("an old SECRET_KEY")).encrypt(MIA)
    plain_key = Fernet.generate_key()
    plain = Fernet(plain_key).encrypt(MIA)

    with override_settings(ENCRYPTION_KEY=RAW, FERNET_KEYS=["an old SECRET_KEY", plain_key]):
        cipher = ColumnCipher(EMAIL.decode())
        assert cipher.decrypt(derived) == MIA
        assert cipher.decrypt(plain) == MIA
        assert key_id_of(cipher.encrypt(MIA)) == key_id(KEY).hex()
    with (
        override_settings(ENCRYPTION_KEY=RAW, FERNET_KEYS=["another"]),
        pytest.raises(DecryptionFailed, match="with key fernet: no key in FERNET_KEYS opens it"),
    ):
        cipher.decrypt(derived)


def test_the_ring_follows_the_settings_and_is_otherwise_made_once():
    with override_settings(ENCRYPTION_KEY=RAW):
        first = current_ring()
        assert current_ring() is first
        with override_settings(ENCRYPTION_KEY=f"{OLD.hex()},{RAW}"):
            assert key_id_of(ColumnCipher("a.b").encrypt(MIA)) == key_id(OLD).hex()
        assert current_ring().header == first.header


def test_a_key_ring_does_not_show_its_keys():
    ring = KeyRing.parse(RAW)

    assert RAW not in repr(ring)
    assert RAW not in repr(vars(ring))
    assert KEY.hex() not in repr(vars(ring))
