"""How a variable is read: from a file, under another name, empty, or wrong."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.settings.env import ALIASES, env, seconds, words

EXAMPLES = {str: "a value", int: "7", float: "2.5", bool: "true", words: "one, two", seconds: "15m"}
READ = {str: "a value", int: 7, float: 2.5, bool: True, words: ["one", "two"], seconds: 900}


@pytest.mark.parametrize("name", env.scheme)
def test_every_variable_may_be_the_content_of_a_file(name, monkeypatch, tmp_path):
    kind = env.scheme[name][0]
    file = tmp_path / name.lower()
    file.write_text(EXAMPLES[kind] + "\n")
    monkeypatch.setenv(f"{name}_FILE", str(file))

    assert env(name) == READ[kind]


@pytest.mark.parametrize(
    ("name", "other"), [(a, b) for a, others in ALIASES.items() for b in others]
)
def test_a_variable_is_known_under_its_other_names(name, other, monkeypatch, tmp_path):
    kind = env.scheme[name][0]
    monkeypatch.setenv(other, EXAMPLES[kind])
    assert env(name) == READ[kind]

    file = tmp_path / "file"
    file.write_text({str: "from a file", int: "8", words: "three"}[kind])
    monkeypatch.setenv(f"{other}_FILE", str(file))
    assert env(name) == {str: "from a file", int: 8, words: ["three"]}[kind]

    monkeypatch.setenv(name, {str: "our own", int: "9", words: "four"}[kind])
    assert env(name) == {str: "our own", int: 9, words: ["four"]}[kind]


@pytest.mark.parametrize("name", env.scheme)
def test_what_is_empty_counts_as_not_set(name, monkeypatch):
    default = env(name)
    monkeypatch.setenv(name, "")
    assert env(name) == default


def test_an_empty_file_counts_as_not_set(monkeypatch, tmp_path):
    (tmp_path / "empty").write_text("\n")
    monkeypatch.setenv("SMTP_PASSWORD_FILE", str(tmp_path / "empty"))
    assert env("SMTP_PASSWORD") == ""
    monkeypatch.setenv("SMTP_PASSWORD", "from the variable")
    assert env("SMTP_PASSWORD") == "from the variable"


def test_a_file_that_cannot_be_read_is_named_with_the_reason(monkeypatch, tmp_path):
    missing = tmp_path / "missing"
    monkeypatch.setenv("SECRET_KEY_FILE", str(missing))
    with pytest.raises(ImproperlyConfigured) as refused:
        env("SECRET_KEY")
    assert str(refused.value) == (
        f"SECRET_KEY_FILE: {missing} cannot be read: No such file or directory."
    )


def test_a_file_of_bytes_is_refused_without_showing_them(monkeypatch, tmp_path):
    (tmp_path / "key").write_bytes(b"\xff\xfe secret bytes")
    monkeypatch.setenv("ENCRYPTION_KEY_FILE", str(tmp_path / "key"))
    with pytest.raises(ImproperlyConfigured) as refused:
        env("ENCRYPTION_KEY")
    assert str(refused.value) == f"ENCRYPTION_KEY_FILE: {tmp_path / 'key'} is not text."
    assert refused.value.__suppress_context__


@pytest.mark.parametrize("value", ["$ecret", "$$", "a$b", r"a\$b", "$SECRET_KEY"])
def test_a_dollar_in_a_value_is_a_dollar(value, monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "something else")
    monkeypatch.setenv("SMTP_PASSWORD", value)
    assert env("SMTP_PASSWORD") == value


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("PORT", "eighty", "PORT is not a whole number."),
        ("WEB_PROCESSES", "2.5", "WEB_PROCESSES is not a whole number."),
        ("DRAIN_SECONDS", "soon", "DRAIN_SECONDS is not a number."),
        (
            "ACCESS_TOKEN_TTL",
            "soon",
            "ACCESS_TOKEN_TTL is not a length of time like 15m or 7d.",
        ),
    ],
)
def test_what_is_no_number_is_refused_by_name(name, value, complaint, monkeypatch):
    monkeypatch.setenv(name, value)
    with pytest.raises(ImproperlyConfigured) as refused:
        env(name)
    assert str(refused.value) == complaint


@pytest.mark.parametrize(
    ("text", "read"), [("90s", 90), ("15m", 900), ("12h", 43_200), ("7d", 604_800)]
)
def test_a_length_of_time_is_written_with_its_unit(text, read, monkeypatch):
    monkeypatch.setenv("REFRESH_TOKEN_TTL", text)
    assert env("REFRESH_TOKEN_TTL") == read


def test_lists_may_have_spaces_after_their_commas(monkeypatch):
    monkeypatch.setenv("ALLOWED_HOSTS", "book.salon.net, salon.net,,")
    assert env("ALLOWED_HOSTS") == ["book.salon.net", "salon.net"]
