"""German is shipped complete: nothing empty, nothing guessed, and the .mo says what the .po says.

Whether every text in the code has an entry, `makemessages` says (CONTRIBUTING.md).
"""

import ast
import gettext
import re
from pathlib import Path

import pytest

LOCALE = Path(__file__).resolve().parents[2] / "locale"
GERMAN = LOCALE / "de" / "LC_MESSAGES"
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\}")


def entries() -> list[dict[str, str]]:
    """Return the entries of the written catalogue, each as keyword and text."""
    found = []
    for block in (GERMAN / "django.po").read_text().split("\n\n"):
        entry: dict[str, str] = {}
        keyword = ""
        for line in block.splitlines():
            if line.startswith("#"):
                assert "fuzzy" not in line, block
                continue
            word, _, text = line.partition(" ")
            if line.startswith('"'):
                text = line
            else:
                keyword, entry[word] = word, ""
            entry[keyword] += ast.literal_eval(text)
        if entry.get("msgid"):
            found.append(entry)
    return found


@pytest.fixture(scope="module")
def shipped() -> gettext.GNUTranslations:
    with (GERMAN / "django.mo").open("rb") as file:
        return gettext.GNUTranslations(file)


def test_every_text_has_its_german():
    empty = [
        entry["msgid"]
        for entry in entries()
        if not all(text for keyword, text in entry.items() if keyword.startswith("msgstr"))
    ]

    assert empty == []
    assert len(entries()) > 400


def test_what_is_filled_in_is_filled_in_german_too():
    for entry in entries():
        known = set(PLACEHOLDER.findall(entry["msgid"] + entry.get("msgid_plural", "")))
        for keyword, text in entry.items():
            if keyword.startswith("msgstr"):
                assert set(PLACEHOLDER.findall(text)) <= known, entry["msgid"]
        said = "".join(text for keyword, text in entry.items() if keyword.startswith("msgstr"))
        assert set(PLACEHOLDER.findall(said)) == known, entry["msgid"]


def test_what_is_shipped_is_what_is_written(shipped):
    for entry in entries():
        if "msgid_plural" in entry:
            said = [shipped.ngettext(entry["msgid"], entry["msgid_plural"], n) for n in (1, 2)]
            assert said == [entry["msgstr[0]"], entry["msgstr[1]"]]
        elif "msgctxt" in entry:
            assert shipped.pgettext(entry["msgctxt"], entry["msgid"]) == entry["msgstr"]
        else:
            assert shipped.gettext(entry["msgid"]) == entry["msgstr"]
