"""The README's calls, as they are printed there."""

import json
import re
import subprocess
from typing import Any

import pytest

from embedded.servers import PROJECT
from tests.journeys.system import System, eventually, system

pytestmark = pytest.mark.journey


def printed_calls(section: str) -> str:
    readme = (PROJECT / "README.md").read_text()
    found = re.search(rf"## {section}\n.*?```sh\n(.*?)```", readme, re.DOTALL)
    assert found
    return found[1]


def answers_to(script: str, it: System) -> list[dict[str, Any]]:
    """Run `script` against `it`; the JSON that it printed."""
    script = script.replace("./var/credentials", str(it.var / "credentials"))
    script = script.replace("http://localhost:8000", it.url)
    done = subprocess.run(
        ["sh", "-eu", "-c", script], capture_output=True, text=True, check=True, cwd=PROJECT
    )
    assert done.stderr == ""
    answers, rest = [], done.stdout
    while rest:
        answer, end = json.JSONDecoder().raw_decode(rest)
        answers.append(answer)
        rest = rest[end:].lstrip()
    return answers


def test_the_five_calls_do_what_the_readme_says():
    script = printed_calls("The API in five calls")
    assert re.findall(r"^# (\d)\.", script, re.MULTILINE) == ["1", "2", "3", "4", "5"]
    with system() as it:
        it.start()
        confirmed, moved, cancelled = answers_to(script, it)
        statuses = [answer["data"]["status"] for answer in (confirmed, moved, cancelled)]
        assert statuses == ["CONFIRMED", "CONFIRMED", "CANCELLED"]
        first, last = (answer["data"]["timeSlot"]["startTime"] for answer in (confirmed, moved))
        assert first < last
        assert len({answer["data"]["id"] for answer in (confirmed, moved, cancelled)}) == 1
        # What was no longer true when its turn came was not sent; this stays true.
        assert eventually(lambda: "Cancelled: Consultation" in " ".join(mails(it)))


def test_a_student_buys_books_joins_and_cancels_as_the_readme_says():
    before, _, _ = printed_calls("The API in five calls").partition("# 1.")
    script = printed_calls("Courses, sessions, bundles")
    assert re.findall(r"^# (\d)\.", script, re.MULTILINE) == ["1", "2", "3", "4", "5", "6"]
    with system() as it:
        it.start()
        joined, cancelled, statement = answers_to(before + script, it)
        place = joined["data"]
        assert (place["sessionType"], place["status"]) == ("GROUP", "CONFIRMED")
        assert place["price"] == {"amount": "15.00", "currency": "EUR"}
        assert cancelled["data"]["status"] == "CANCELLED"
        ledger = [(line["kind"], line["balance"]) for line in statement["data"]]
        assert ledger == [("GRANTED", 10), ("SPENT", 9), ("RETURNED", 10)]
        assert eventually(lambda: "Confirmed: Algebra I" in " ".join(mails(it)))
        assert it.manage("check_invariants").endswith("everything is in order.\n")


def mails(it: System) -> list[str]:
    return [file.read_text() for file in (it.var / "mailbox/Maildir").glob("[cn][ue][rw]/*")]
