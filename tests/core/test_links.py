"""Tokens of links: who can write one, and what opens with it."""

import base64
import hmac
from uuid import UUID, uuid4

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings

from core.errors import NotFound
from core.links import check_link_token, make_link_token, read_link_token

KEY, OLD = bytes(range(32)), bytes(range(32, 64))
ROW = UUID("01935c4e-7b1a-7000-8000-00000000000f")


@pytest.fixture(autouse=True)
def _link_key(settings):
    settings.LINK_KEY = KEY.hex()


def check(token, *, purpose="booking.manage", row_id=ROW, generation=1):
    check_link_token(token, purpose=purpose, row_id=row_id, generation=generation)


def test_a_token_is_the_id_and_a_keyed_digest_of_purpose_id_and_generation():
    said = b"holdfast link 1\0booking.manage\0" + ROW.bytes + b"1"
    mac = hmac.digest(KEY, said, "sha256")[:16]

    token = make_link_token("booking.manage", ROW, 1)

    assert token == base64.urlsafe_b64encode(ROW.bytes + mac).decode().rstrip("=")
    assert len(token) == 43
    assert read_link_token(token) == ROW
    check(token)


@pytest.mark.parametrize("other", [{"purpose": "waitlist"}, {"row_id": uuid4()}, {"generation": 2}])
def test_a_token_opens_nothing_else(other):
    with pytest.raises(NotFound):
        check(make_link_token("booking.manage", ROW, 1), **other)


def test_a_token_has_one_spelling():
    token = make_link_token("booking.manage", ROW, 1)
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    twin = token[:-1] + letters[letters.index(token[-1]) ^ 1]  # the last two bits say nothing
    assert read_link_token(twin) == ROW

    with pytest.raises(NotFound):
        check(twin)


@pytest.mark.parametrize("text", ["", "x", "a" * 42, "a" * 44, "é" * 43, "a b"])
def test_what_cannot_be_a_token_names_no_row(text):
    with pytest.raises(NotFound):
        read_link_token(text)
    with pytest.raises(NotFound):
        check(text)


def test_links_of_an_older_key_stay_good_until_it_leaves_the_ring():
    with override_settings(LINK_KEY=OLD.hex()):
        old = make_link_token("booking.manage", ROW, 1)

    with override_settings(LINK_KEY=f"{KEY.hex()},{OLD.hex()}"):
        check(old)
        new = make_link_token("booking.manage", ROW, 1)
    check(new)
    with pytest.raises(NotFound):
        check(old)


def test_the_key_is_32_bytes():
    with (
        override_settings(LINK_KEY="short"),
        pytest.raises(ImproperlyConfigured, match=r"^LINK_KEY"),
    ):
        make_link_token("booking.manage", ROW, 1)
