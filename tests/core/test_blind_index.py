import hashlib
import hmac

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings

from core.blind_index import (
    blind_index,
    name_prefixes,
    normalise_email,
    normalise_phone,
    prefix_indexes,
    prefix_lookup,
)

KEY = bytes(range(32))


@pytest.fixture(autouse=True)
def _index_key(settings):
    settings.ENCRYPTION_INDEX_KEY = KEY.hex()


def test_an_index_is_a_keyed_digest_of_the_value_for_one_purpose():
    purpose_key = hmac.digest(KEY, b"holdfast blind index 1\0booking.email", "sha256")

    index = blind_index("mia@example.com", purpose="booking.email")

    assert index == hmac.digest(purpose_key, b"mia@example.com", "sha256")
    assert index == blind_index("mia@example.com", purpose="booking.email")
    assert index != blind_index("mia@example.com", purpose="customer.email")
    assert index != blind_index("mia@example.org", purpose="booking.email")
    assert index != hashlib.sha256(b"mia@example.com").digest()


def test_another_key_gives_other_indexes():
    before = blind_index("mia", purpose="name"), prefix_indexes("Mia")

    with override_settings(ENCRYPTION_INDEX_KEY=bytes(32).hex()):
        assert blind_index("mia", purpose="name") != before[0]
        assert prefix_indexes("Mia") != before[1]


@pytest.mark.parametrize("text", ["", "short", f"{KEY.hex()},{bytes(32).hex()}"])
def test_the_index_key_is_exactly_one_key(text):
    with (
        override_settings(ENCRYPTION_INDEX_KEY=text),
        pytest.raises(ImproperlyConfigured, match=r"^ENCRYPTION_INDEX_KEY"),
    ):
        blind_index("mia", purpose="name")


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Mia.Berg@Example.COM\n", "mia.berg@example.com"),
        ("mia+salon@example.com", "mia+salon@example.com"),
        ("JOSE\u0301@example.com", "jos\u00e9@example.com"),
        ("İpek@example.com", "i\u0307pek@example.com"),
        ("", ""),
    ],
)
def test_spellings_of_one_email_address_are_one(typed, kept):
    assert normalise_email(typed) == kept


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("+49 711 / 123-456", "+49711123456"),
        ("0049 711 123456", "+49711123456"),
        ("+49 (0)711 123456", "+49711123456"),
        ("0049 (0) 711".replace(" ", ""), "+49711"),
        ("(+49) 711 123456", "+49711123456"),
        ("+1 (415) 555-2671 ext. 12", "+14155552671"),
        ("+1 415 555 2671x12", "+14155552671"),
        ("\uff0b49 711", "+49711"),  # a full-width plus
        ("+٩٧١ ٥٠ ١٢٣", "+97150123"),  # noqa: RUF001
        ("0711 123456", "0711123456"),
        ("(415) 555-2671", "4155552671"),
        ("call me", ""),
        ("+", ""),
        ("", ""),
    ],
)
def test_spellings_of_one_telephone_number_are_one(typed, kept):
    assert normalise_phone(typed) == kept


def test_a_national_number_becomes_international_where_the_country_is_known():
    assert normalise_phone("0711 123456", country_code="49") == "+49711123456"
    assert normalise_phone("(415) 555-2671", country_code="1") == "+14155552671"
    assert normalise_phone("+43 1 234", country_code="49") == "+431234"
    assert normalise_phone("", country_code="49") == ""


@pytest.mark.parametrize(
    ("name", "prefixes"),
    [
        ("Mia", ["mia"]),
        ("José", ["jos", "jose"]),
        ("JOSE\u0301", ["jos", "jose"]),
        ("Anna-Lena", ["ann", "anna", "len", "lena"]),
        ("Alexandrina", ["ale", "alex", "alexa", "alexan", "alexand", "alexandr"]),
        ("O'Brien", ["obr", "obri", "obrie", "obrien", "bri", "brie", "brien"]),
        ("Łukasz Ørsted", ["luk", "luka", "lukas", "lukasz", "ors", "orst", "orste", "orsted"]),
        ("Weiß", ["wei", "weis", "weiss"]),
        ("Ng Bo", []),
        ("Anna Anna", ["ann", "anna"]),
        ("Юлия", ["юли", "юлия"]),
        ("Γιώργος", ["γιω", "γιωρ", "γιωργ", "γιωργο", "γιωργοσ"]),
        ("दीया", ["दीय", "दीया"]),
        ("محمد", ["محم", "محمد"]),
        ("李明", ["李明"]),
        ("김민준", ["김민", "김민준"]),
        ("ながさわ", ["なが", "ながさ", "ながさわ"]),
        ("\u200fMia\u200f 🦊", ["mia"]),
        ("3M Group\u0000", ["gro", "grou", "group"]),
        ("\ud800abc", ["abc"]),
        ("", []),
    ],
)
def test_a_name_is_found_by_the_first_three_to_eight_letters_of_each_word(name, prefixes):
    assert name_prefixes(name) == prefixes


def test_prefixes_are_kept_as_signed_64_bit_numbers_that_tell_nothing():
    indexes = prefix_indexes("Alexandrina Weber-Müller")

    assert len(indexes) == len(set(indexes)) == len(name_prefixes("Alexandrina Weber-Müller")) == 13
    assert all(-(2**63) <= index < 2**63 for index in indexes)
    assert any(index < 0 for index in indexes)
    assert any(index >= 2**62 or index < -(2**62) for index in indexes)
    assert prefix_indexes("Mia", purpose="company") != prefix_indexes("Mia")


@pytest.mark.parametrize(
    "term",
    [
        "jos",
        "JOSE",
        "José",
        "jose garcia",
        "garcía josé",
        "Garc",
        "rodriguez",  # nine letters: the first eight are looked up
        "Rodríguez-García",
        "jose r",  # the r is too short to look for
        "d'angelo",
        "dangelo",
        "angelo",
    ],
)
def test_a_person_is_found_by_the_beginnings_of_their_names(term):
    found = prefix_lookup(term)

    assert found
    assert set(found) <= set(prefix_indexes("José Rodríguez-García D'Angelo"))


@pytest.mark.parametrize("term", ["jos rodrigez", "ose", "mia", "josephine", "jose mia"])
def test_every_word_of_the_term_has_to_be_a_beginning(term):
    assert not set(prefix_lookup(term)) <= set(prefix_indexes("José Rodríguez-García"))


@pytest.mark.parametrize("term", ["", "jo", "jo a b", "  ", "…", "李"])
def test_a_term_without_three_letters_in_a_row_finds_nothing(term):
    assert prefix_lookup(term) == []
