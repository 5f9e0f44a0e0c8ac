import json
import logging
import re

import pytest
import structlog
from django.core.exceptions import ValidationError
from django.db import DatabaseError, IntegrityError, connection
from hypothesis import given
from hypothesis import strategies as st

from core.ids import uuid7
from core.models import User
from core.observability.context import request_id_of
from core.observability.failures import safe_message, safe_traceback
from core.observability.lines import PrettyLines
from core.observability.logs import Console, logging_config
from core.observability.processes import name_process
from core.observability.scrubbing import scrub
from tests.core.log_lines import log_lines
from tests.factories import UserFactory

log = structlog.get_logger("a.shop")
NOTHING: dict[str, int] = {}


def test_a_line_has_the_agreed_fields_in_the_agreed_form_and_no_others():
    with log_lines() as lines, request_id_of("req-123-456"):
        log.info("Booking created successfully", booking_id="booking-789", duration=125)

    assert len(lines.texts) == 1
    line = json.loads(lines.texts[0])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line.pop("timestamp"))
    assert line == {
        "level": "info",
        "service": "command",
        "requestId": "req-123-456",
        "message": "Booking created successfully",
        "context": {"logger": "a.shop", "bookingId": "booking-789", "duration": 125},
    }


@pytest.mark.parametrize(
    ("written", "level"),
    [("debug", "debug"), ("info", "info"), ("warning", "warn"), ("error", "error"),
     ("critical", "error")],
)  # fmt: skip
def test_levels_have_four_names(written, level):
    with log_lines() as lines:
        getattr(log, written)("Something")

    assert [line["level"] for line in lines.all] == [level]


def test_a_library_s_line_looks_like_ours():
    with log_lines() as lines:
        logging.getLogger("_granian").info("Started worker-%d", 1)

    assert lines.all[0]["message"] == "Started worker-1"
    assert lines.all[0]["context"] == {"logger": "_granian"}


def test_every_line_names_the_process_it_comes_from():
    name_process("worker")
    try:
        with log_lines() as lines:
            log.info("Something")
    finally:
        name_process("command")

    assert lines.all[0]["service"] == "worker"


def test_outside_of_a_request_the_request_id_is_null():
    with log_lines() as lines:
        log.info("Something")

    assert lines.all[0]["requestId"] is None


def test_a_person_s_data_and_secrets_are_hidden_by_the_name_they_are_given():
    with log_lines() as lines:
        log.info(
            "Something",
            name="Anna Muster",
            customer_name="Anna Muster",
            email="anna",
            api_key="abc",
            Authorization="abc",
            nested={"phone": "123", "booking_id": "b-1", "list": [{"company": "Muster"}]},
        )

    context = lines.all[0]["context"]
    assert "Muster" not in lines.everything
    assert context["name"] == context["customerName"] == context["email"] == "[hidden]"
    assert context["apiKey"] == context["Authorization"] == "[hidden]"
    assert context["nested"] == {
        "phone": "[hidden]",
        "booking_id": "b-1",
        "list": [{"company": "[hidden]"}],
    }


@pytest.mark.parametrize(
    "text",
    [
        "anna.muster@example.com", "anna%40example.com", "ü.ö@exämple.de",
        "+49 151 23456789", "0049 151 23456789", "0151/23456789", "(030) 1234567",
        "(555) 123-4567", "555-123-4567", "+1 (555) 010-9999",
        "Bearer abc.def-123", "sk_12345678_abcdef", "pk_12345678_abcdef",
        "eyJhbGciOi.eyJzdWIiOiIx.abc", "Key (email)=(anna) already exists.",
        "Failing row contains (1, Anna\nMuster).", "DETAIL:  Key (name)=(Anna)",
    ],
)  # fmt: skip
def test_what_looks_like_a_person_or_a_secret_is_taken_out_of_any_sentence(text):
    assert scrub(f"before {text} after").replace(" after", "") == "before [hidden]"


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-20T12:57:27.258Z", "2026-11-20 12:57:27,123", "08:15-09:30", "+00:00",
        "01934567-8901-7234-9876-012345678901", "01934567890172349876012345678901",
        "192.168.100.200:8000", "took 1234.567 ms, 0.123456789 s", "1700000000000",
        "0x7f8a1b2c3d4e", "version 3.11.7", "0012_add_some", "[0, 1234567890]", "K7PM-4XQ2",
        "req-0151234567", "was it? yes",
    ],
)  # fmt: skip
def test_ids_times_and_numbers_stay_as_they_are(text):
    assert scrub(text) == text


@given(st.uuids(), st.datetimes(), st.integers(), st.floats(allow_nan=False))
def test_no_id_no_time_and_no_number_is_ever_taken_for_a_telephone(an_id, moment, number, share):
    text = f"{an_id} at {moment.isoformat()}Z {number} {share} {an_id.hex}"
    assert scrub(text) == text


@given(
    st.sampled_from(["+49", "+1", "0049", "+358", "0"]),
    st.text("0123456789", min_size=8, max_size=10),
    st.sampled_from(["", " ", "-", "/"]),
)
def test_a_telephone_number_is_hidden_however_it_is_grouped(prefix, digits, separator):
    digits = "1" + digits[1:]
    written = f"{prefix}{digits[:3]}{separator}{digits[3:]}"
    assert scrub(f"call {written} now") == "call [hidden] now"


def test_a_query_string_is_cut_off_and_a_password_leaves_its_address():
    assert scrub("GET /api/bookings?email=anna&page=2 HTTP/1.1") == "GET /api/bookings HTTP/1.1"
    assert scrub("postgres://app:secret@db/holdfast") == "postgres://[hidden]@db/holdfast"


@pytest.mark.django_db
def test_a_violated_constraint_is_named_and_the_row_is_not_repeated():
    person = {"email": "anna.muster@example.com", "name": "Anna Muster"}
    UserFactory(**person)
    with log_lines() as lines:
        try:
            User.objects.create(**person)
        except IntegrityError:
            log.exception("Not saved")

    exception = lines.all[-1]["context"]["exception"]
    assert exception["type"] == "IntegrityError"
    assert exception["message"].startswith("duplicate key value violates unique constraint")
    assert "sqlstate 23505, constraint " in exception["message"]
    assert "psycopg.errors.UniqueViolation" in exception["traceback"]
    assert "test_observability_logs.py" in exception["traceback"]
    assert "anna" not in lines.everything.lower()
    assert "DETAIL" not in lines.everything


REFUSED = {
    "row": "INSERT INTO core_user (email) VALUES ('Muster')",
    "value": "SELECT 'Muster'::uuid",
    "statement": "SELECT * FROM nowhere WHERE name = 'Muster'",
}


@pytest.mark.django_db
@pytest.mark.parametrize("what", REFUSED)
def test_what_the_database_refuses_is_not_repeated(what):
    with log_lines() as lines, connection.cursor() as cursor:
        try:
            cursor.execute(REFUSED[what])
        except DatabaseError:
            log.exception("Refused")

    assert "sqlstate" in lines.of("a.shop")[0]["context"]["exception"]["message"]
    assert "Muster" not in lines.everything


def test_python_s_own_errors_do_not_quote_what_they_were_given():
    failures = []
    for work in (lambda: int("Anna"), lambda: NOTHING["Anna"], lambda: float("Anna")):
        with pytest.raises((ValueError, KeyError)) as caught:
            work()
        failures.append(caught.value)
    failures.append(ValidationError("“Anna” is not a valid UUID."))

    for failure in failures:
        assert "Anna" not in safe_message(failure)
        assert type(failure).__name__ in safe_traceback(failure)
    assert safe_message(failures[0]) == "invalid literal for int() with base 10: '…'"


def test_a_name_that_does_not_exist_is_quoted_because_it_is_ours():
    with pytest.raises(AttributeError) as caught:
        object().nothing  # type: ignore[attr-defined]  # noqa: B018

    assert safe_message(caught.value) == "'object' object has no attribute 'nothing'"


def test_a_traceback_tells_what_caused_what_and_ends_when_causes_go_in_circles():
    first, second = ValueError("one"), TypeError("two")
    first.__cause__, second.__cause__ = second, first

    assert safe_traceback(first) == "TypeError: two\n\n… which caused:\n\nValueError: one"


def test_a_celery_task_s_failure_is_written_without_its_arguments():
    with log_lines() as lines:
        logging.getLogger("celery.app.trace").error(
            "Task %(name)s[%(id)s] %(description)s: %(exc)s\n%(traceback)s",
            {
                "name": "core.tasks.relay_outbox", "id": "t-1", "exc": "Muster", "args": "Muster",
                "description": "raised unexpected", "traceback": "Muster",
            },
        )  # fmt: skip

    assert "Muster" not in lines.everything
    assert lines.all[0]["message"] == "Task raised unexpected"
    assert lines.all[0]["context"]["task"] == "core.tasks.relay_outbox"


def test_for_people_a_line_is_one_row_with_its_facts_and_the_end_of_the_request_id():
    record = logging.makeLogRecord(
        {"name": "x", "levelno": logging.WARNING, "msg": "Retried", "context": {"wait_ms": 5}}
    )
    with request_id_of(str(uuid7())[:-8] + "cafebabe"):
        row = PrettyLines().format(record)

    assert re.fullmatch(r"\d\d:\d\d:\d\d warn  Retried  waitMs=5  \[cafebabe\]", row)


def test_for_people_a_failure_stands_below_its_row():
    try:
        int("Anna")
    except ValueError as error:
        record = logging.makeLogRecord(
            {"levelno": logging.ERROR, "msg": "Failed", "exc_info": (ValueError, error, None)}
        )
    row, *below = PrettyLines().format(record).splitlines()

    assert row.endswith("error Failed")
    assert below[-1] == "ValueError: invalid literal for int() with base 10: '…'"


def test_at_no_level_do_statements_with_their_values_get_into_the_log():
    config = logging_config(level="debug", pretty=False)

    assert config["root"]["level"] == logging.DEBUG
    assert config["loggers"]["django.db.backends"]["level"] == logging.INFO
    assert config["loggers"]["httpx"]["level"] == logging.WARNING


@pytest.mark.parametrize("value", ["half of a smile: \ud83d", 2**70])
def test_what_json_cannot_say_as_it_is_gets_a_line_too(value):
    with log_lines() as lines:
        log.info("Something", email="anna@example.com", value=value)

    assert lines.all[0]["context"]["value"] == value
    assert "anna@" not in lines.everything


def test_of_a_line_that_cannot_be_written_nothing_is_printed(capsys):
    class Broken(logging.Formatter):
        def format(self, record):
            raise KeyError("Muster")

    console = Console()
    console.setFormatter(Broken())
    console.handle(logging.makeLogRecord({"msg": "Anna %s", "args": ("Muster",)}))

    assert capsys.readouterr().err == "A log line could not be written: KeyError\n"


def test_a_level_that_does_not_exist_is_refused_by_name():
    with pytest.raises(ValueError, match=r"LOG_LEVEL is 'loud'"):
        logging_config(level="loud", pretty=False)
