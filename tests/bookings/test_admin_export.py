"""CSV and XLSX of what a list shows: exact, harmless, bounded, and written down."""

import csv
import io
from dataclasses import replace
from datetime import timedelta

import openpyxl
import pytest

from bookings.admin import exporting
from bookings.services.status import cancel_booking, confirm_booking
from core.access import Role
from core.admin.exporting import harmless
from core.models import Event
from tests.cast import MIA
from tests.console import desk_for, said, shown
from tests.factories import OrganizationFactory

pytestmark = pytest.mark.django_db

EXPORT = "/admin/bookings/booking/export/"
HOUR = timedelta(hours=1)
COLUMNS = [
    "reference",
    "status",
    "starts_at",
    "ends_at",
    "service",
    "resource",
    "name",
    "company",
    "email",
    "phone",
    "inquiry",
    "answers",
    "location",
    "notes",
    "cancel_reason",
    "price_amount",
    "price_currency",
    "source",
    "created_at",
]


@pytest.fixture
def desk(salon, clock, redis):
    return desk_for(salon, Role.MANAGER)


def read_csv(answer) -> list[dict[str, str]]:
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/csv"
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_a_file_holds_exactly_what_the_list_shows(desk, book, staff, ten_o_clock):
    confirmed = confirm_booking(book(), caller=staff)
    cancel_booking(book(at=ten_o_clock + HOUR), caller=staff, reason="ill")

    (row,) = read_csv(desk.post(f"{EXPORT}?status=CONFIRMED", {"format": "csv"}))

    assert list(row) == COLUMNS
    assert row.pop("created_at").startswith("2026-11-03T08:00:")
    assert row == {
        "reference": confirmed.reference,
        "status": "CONFIRMED",
        "starts_at": "2026-11-16T10:00+01:00",
        "ends_at": "2026-11-16T10:30+01:00",
        "service": "Haircut",
        "resource": "Anna",
        "name": "Mia Müller",
        "company": "Müller GmbH",
        "email": "mia@example.com",
        "phone": "+49 30 1234567",
        "inquiry": "As last time",
        "answers": "",
        "location": "",
        "notes": "",
        "cancel_reason": "",
        "price_amount": "",
        "price_currency": "",
        "source": "API",
    }


def test_a_spreadsheet_holds_the_same(desk, book, ten_o_clock):
    book()
    book(at=ten_o_clock + HOUR)

    answer = desk.post(f"{EXPORT}?day=2026-11-16", {"format": "xlsx"})

    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    rows = list(sheet.iter_rows(values_only=True))
    assert list(rows[0]) == COLUMNS
    assert [row[2] for row in rows[1:]] == ["2026-11-16T10:00+01:00", "2026-11-16T11:00+01:00"]
    assert answer.headers["Content-Disposition"] == (
        'attachment; filename="bookings-salon-2026-11-03.xlsx"'
    )


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_who_took_how_many_out_of_the_house_is_written_down(desk, salon, book, ten_o_clock, kind):
    book()
    book(at=ten_o_clock + HOUR)

    desk.post(EXPORT, {"format": kind})

    event = Event.objects.get(name="bookings.exported")
    assert (event.subject_id, event.organization_id) == (salon.pk, salon.pk)
    assert (event.actor_kind, event.actor_id) == ("user", desk.user.pk)
    assert event.data == {"count": 2, "format": kind}


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("=1+2", "'=1+2"),
        ('=HYPERLINK("https://evil.example")', '\'=HYPERLINK("https://evil.example")'),
        ("  =cmd|' /C calc'!A0", "'  =cmd|' /C calc'!A0"),
        ("+1|cmd", "'+1|cmd"),
        ("-2+3", "'-2+3"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\tx", "'\tx"),
        ("\r=1", "'\r=1"),
        ("+49 30 1234567", "+49 30 1234567"),
        ("Mia Müller", "Mia Müller"),
        ("a=b", "a=b"),
        ("", ""),
        ("a\x0bb", "a\ufffdb"),
    ],
)
def test_what_a_spreadsheet_would_calculate_is_shown_instead(typed, written):
    assert harmless(typed) == written


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_name_that_is_a_formula_is_text_in_the_file(desk, book, kind):
    book(customer=replace(MIA, name="=1+1"))

    answer = desk.post(EXPORT, {"format": kind})

    if kind == "csv":
        assert read_csv(answer)[0]["name"] == "'=1+1"
    else:
        cell = openpyxl.load_workbook(io.BytesIO(answer.content)).active["G2"]
        assert (cell.value, cell.data_type) == ("'=1+1", "s")


@pytest.mark.parametrize("role", [Role.STAFF, Role.VIEWER])
def test_who_may_not_export_gets_nothing_and_is_not_offered_it(salon, book, redis, role):
    book()
    desk = desk_for(salon, role)

    assert desk.post(EXPORT, {"format": "csv"}).status_code == 403
    assert "Export what is shown" not in shown(desk.get("/admin/bookings/booking/"))
    assert not Event.objects.filter(name="bookings.exported").exists()


def test_bookings_of_other_organizations_are_in_no_file(book, redis):
    book()
    elsewhere = desk_for(OrganizationFactory(name="Elsewhere"), Role.OWNER)

    assert read_csv(elsewhere.post(EXPORT, {"format": "csv"})) == []


def test_too_many_are_refused_with_what_to_do(desk, book, ten_o_clock, monkeypatch):
    monkeypatch.setattr(exporting, "MOST_ROWS", 1)
    book()
    book(at=ten_o_clock + HOUR)

    answer = desk.post(f"{EXPORT}?days=all", {"format": "csv"})

    assert answer.url == "/admin/bookings/booking/?days=all"
    assert said(answer) == ["More than 1 bookings match. Choose fewer days and export in parts."]
    assert not Event.objects.filter(name="bookings.exported").exists()


def test_an_address_alone_takes_nothing_out(desk, book):
    book()

    assert desk.get(EXPORT).status_code == 405
    assert desk.post(EXPORT, {"format": "pickle"}).status_code == 302
    assert not Event.objects.filter(name="bookings.exported").exists()


def test_three_files_a_minute_are_enough(desk, book):
    book()

    answers = [desk.post(EXPORT, {"format": "csv"}).status_code for _ in range(4)]

    assert answers == [200, 200, 200, 429]
    assert Event.objects.filter(name="bookings.exported").count() == 3
