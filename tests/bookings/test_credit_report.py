"""What was sold in advance, used and is outstanding, by month: exact, on the page and in files."""

import csv
import io
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import openpyxl
import pytest

from bookings.models import BundlePurchase
from bookings.selectors.credit_report import Movement, credit_report, totals_of
from bookings.services.booking import BookingRequest, create_booking
from bookings.services.bundle import BundleOrder, purchase_bundle
from bookings.services.credit import adjust_credits, expire_bundles
from bookings.services.customer import details_of
from bookings.services.status import cancel_booking, mark_no_show
from core.access import Role
from core.models import Event, Organization
from tests.console import desk_for, shown
from tests.factories import CustomerFactory, OrganizationFactory

pytestmark = pytest.mark.django_db

PAGE, EXPORT = "/admin/credits/", "/admin/credits/export/"
BERLIN = ZoneInfo("Europe/Berlin")
OCTOBER, NOVEMBER, DECEMBER = date(2026, 10, 1), date(2026, 11, 1), date(2026, 12, 1)
MARCH = datetime(2027, 3, 1, tzinfo=UTC)
TEN = datetime(2026, 11, 16, 9, tzinfo=UTC)
COLUMNS = (
    "month,course_code,course,product,kind,bundles_sold,sessions_sold,amount_sold,currency,"
    "used,returned,expired,adjusted,outstanding"
)


@pytest.fixture
def sell(staff, products):
    """Sell somebody a bundle of `sessions` that is valid until `until`."""

    def sell(customer, kind="FULL_SEMESTER_BUNDLE", sessions=10, until=MARCH):
        order = BundleOrder(
            product=products[kind],
            customer=customer,
            total_sessions=sessions,
            valid_to_at=until,
        )
        return purchase_bundle(order, caller=staff)

    return sell


@pytest.fixture
def autumn(clock, salon, algebra, lea, sell, staff) -> BundlePurchase:
    """Two sales around the last midnight of October in Berlin, then three weeks of November, and
    December, when the rest of one bundle expires.
    """
    algebra.minimum_notice_minutes = 0
    algebra.save()
    tom = CustomerFactory(organization=salon, name="Tom Thal")
    clock.move_to(datetime(2026, 10, 31, 22, 30, tzinfo=UTC))  # 23:30 in Berlin: October
    sell(tom, sessions=3, until=datetime(2026, 12, 10, tzinfo=UTC))
    clock.move_to(datetime(2026, 10, 31, 23, 30, tzinfo=UTC))  # 00:30 in Berlin: November
    bundle = sell(lea)
    sell(lea, "GROUP_SESSION_PASS", sessions=5)
    clock.move_to(datetime(2026, 11, 3, 7, tzinfo=UTC))
    _kept, missed, back = (_teach(algebra, lea, bundle, hours, staff) for hours in range(3))
    cancel_booking(back, caller=staff)
    clock.move_to(TEN + timedelta(hours=3))
    mark_no_show(missed, caller=staff)
    adjust_credits(bundle, amount=-2, reason="Sold too many", caller=staff)
    clock.move_to(datetime(2026, 12, 12, tzinfo=UTC))
    assert expire_bundles() == 1
    return bundle


def _teach(course, student, bundle, hours, caller):
    request = BookingRequest(
        service=course,
        customer=details_of(student),
        starts_at=TEN + timedelta(hours=hours),
        minutes=60,
        bundle=bundle,
    )
    return create_booking(request, caller=caller)


def report(salon, first=OCTOBER, last=DECEMBER, zone=BERLIN):
    lines = credit_report(salon.pk, first, last, zone=zone)
    return [(line.month, line.what.kind, line.moved) for line in lines]


def test_each_month_says_what_was_sold_used_and_is_outstanding(
    autumn, salon, django_assert_num_queries
):
    with django_assert_num_queries(1):
        found = report(salon)

    semester, places = "FULL_SEMESTER_BUNDLE", "GROUP_SESSION_PASS"
    three, ten = Decimal("300.00"), Decimal("90.00")
    november = Movement(
        bundles=1, sold=10, money=three, used=3, returned=1, adjusted=-2, outstanding=9
    )
    assert found == [
        (OCTOBER, semester, Movement(bundles=1, sold=3, money=three, outstanding=3)),
        (NOVEMBER, semester, november),
        (NOVEMBER, places, Movement(bundles=1, sold=5, money=ten, outstanding=5)),
        (DECEMBER, semester, Movement(expired=3, outstanding=6)),
        (DECEMBER, places, Movement(outstanding=5)),
    ]
    autumn.refresh_from_db()
    assert autumn.remaining_sessions == 6  # what December says of it


def test_a_sale_half_an_hour_before_midnight_is_in_the_month_of_the_organizations_clock(
    autumn, salon
):
    """In UTC all of it was sold on the last of October."""
    berlin = [(month, moved.bundles) for month, _kind, moved in report(salon)][:3]
    assert berlin == [(OCTOBER, 1), (NOVEMBER, 1), (NOVEMBER, 1)]

    utc = report(salon, first=OCTOBER, last=OCTOBER, zone=ZoneInfo("UTC"))

    assert [(moved.bundles, moved.outstanding) for _month, _kind, moved in utc] == [(2, 13), (1, 5)]


def test_what_was_before_the_span_is_still_outstanding(autumn, salon):
    december = report(salon, first=DECEMBER)

    assert [moved.outstanding for _month, _kind, moved in december] == [6, 5]
    assert report(salon, first=date(2026, 9, 1), last=date(2026, 9, 1)) == []


def test_totals_are_exact_and_by_currency(autumn, salon, staff):
    Organization.objects.filter(pk=salon.pk).update(currency="CHF")
    autumn.product.service.refresh_from_db()
    for product in autumn.product.service.products.all():
        product.price_amount = Decimal("0.10")
        product.save()
    for number in range(3):
        order = BundleOrder(
            product=autumn.product.service.products.get(kind="MIDTERM_FINAL_BUNDLE"),
            customer=CustomerFactory(organization=salon),
            total_sessions=number + 1,
        )
        purchase_bundle(order, caller=staff)

    totals = totals_of(credit_report(salon.pk, OCTOBER, DECEMBER, zone=BERLIN))

    assert totals == {
        "CHF": Movement(bundles=3, sold=6, money=Decimal("0.30"), outstanding=6),
        "EUR": Movement(
            bundles=3,
            sold=18,
            money=Decimal("690.00"),
            used=3,
            returned=1,
            expired=3,
            adjusted=-2,
            outstanding=11,
        ),
    }


def test_the_page_shows_the_latest_months_and_any_span(autumn, salon):
    desk = desk_for(salon, Role.VIEWER)

    page = desk.get(PAGE)

    assert [month for month, _lines in page.context["months"]] == [
        "December 2026",
        "November 2026",
        "October 2026",
    ]
    ((currency, total),) = page.context["totals"]
    assert (currency, total.money, total.outstanding) == ("EUR", Decimal("690.00"), 11)
    assert "690.00 EUR" in shown(page)
    only = desk.get(PAGE, {"from": "2026-11", "to": "2026-10"})  # the wrong way round
    assert [month for month, _lines in only.context["months"]] == ["November 2026", "October 2026"]
    kind = desk.get(PAGE, {"from": "never", "to": "2026-13"})
    assert len(kind.context["months"]) == 3


def test_the_page_takes_as_many_queries_however_much_was_sold(
    autumn, salon, sell, django_assert_num_queries
):
    desk = desk_for(salon)
    desk.get(PAGE)
    with django_assert_num_queries(6):
        desk.get(PAGE)
    for _number in range(3):
        sell(CustomerFactory(organization=salon))

    with django_assert_num_queries(6):
        desk.get(PAGE)


def test_the_files_hold_the_same_numbers(autumn, salon, redis):
    desk = desk_for(salon, Role.MANAGER)

    answer = desk.post(f"{EXPORT}?from=2026-11&to=2026-12", {"format": "csv"})
    table = desk.post(f"{EXPORT}?from=2026-11&to=2026-12", {"format": "xlsx"})

    assert answer.headers["Content-Disposition"] == (
        'attachment; filename="credits-salon-2026-11-2026-12.csv"'
    )
    header, *rows = answer.content.decode("utf-8-sig").split("\r\n")[:-1]
    assert header == COLUMNS
    semester = "Algebra I,Bundle for the whole semester,FULL_SEMESTER_BUNDLE"
    places = "Algebra I,Pass for group sessions,GROUP_SESSION_PASS"
    assert rows == [
        f"2026-11,MATH-101,{semester},1,10,300.00,EUR,3,1,0,-2,9",
        f"2026-11,MATH-101,{places},1,5,90.00,EUR,0,0,0,0,5",
        f"2026-12,MATH-101,{semester},0,0,0.00,EUR,0,0,3,0,6",
        f"2026-12,MATH-101,{places},0,0,0.00,EUR,0,0,0,0,5",
    ]
    sheet = openpyxl.load_workbook(io.BytesIO(table.content)).active
    written = list(sheet.iter_rows(values_only=True))
    assert list(written[0]) == COLUMNS.split(",")
    for cells, row in zip(written[1:], csv.reader(rows), strict=True):
        assert cells[:5] == tuple(row[:5])
        assert [Decimal(str(cell)) for cell in cells[5:8]] == [Decimal(text) for text in row[5:8]]
        assert list(map(str, cells[9:])) == row[9:]
    taken = Event.objects.filter(name="credits.exported").values_list("data", flat=True)
    assert list(taken) == [{"count": 4, "format": "xlsx"}, {"count": 4, "format": "csv"}]


def test_a_name_that_is_a_formula_is_text_in_the_file(autumn, salon, redis):
    product = autumn.product
    product.name = "=1+1"
    product.save()

    answer = desk_for(salon, Role.MANAGER).post(EXPORT, {"format": "csv"})

    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert {row["product"] for row in rows} == {"'=1+1", "Pass for group sessions"}


def test_who_may_not_export_gets_no_file_and_is_not_offered_one(autumn, salon, redis):
    desk = desk_for(salon)

    assert desk.post(EXPORT, {"format": "csv"}).status_code == 403
    assert "Export what is shown" not in shown(desk.get(PAGE))
    assert desk_for(salon, Role.MANAGER).get(EXPORT).status_code == 405
    assert desk_for(salon, Role.MANAGER).post(EXPORT, {"format": "pickle"}).status_code == 302
    assert not Event.objects.filter(name="credits.exported").exists()


def test_another_organization_reads_nothing_of_it(autumn):
    elsewhere = desk_for(OrganizationFactory(name="Elsewhere"), Role.OWNER)

    page = elsewhere.get(PAGE)

    assert (page.context["months"], page.context["totals"]) == ([], [])
    assert "Nothing was sold in advance" in shown(page)


def test_three_files_a_minute_are_enough(autumn, salon, redis):
    desk = desk_for(salon, Role.MANAGER)

    answers = [desk.post(EXPORT, {"format": "csv"}).status_code for _ in range(4)]

    assert answers == [200, 200, 200, 429]
