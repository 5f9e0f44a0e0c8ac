"""Reminders in the console: their rules beside what they are about, and what a booking has."""

from datetime import timedelta
from typing import Any

import pytest

from bookings.models import Service
from bookings.services.rescheduling import Changes, update_booking
from core.access import Role
from core.models import Event
from notifications.models import ReminderRule
from tests.console import Desk, desk_for, shown
from tests.core.test_console_settings import SETTINGS
from tests.factories import OrganizationFactory

pytestmark = pytest.mark.django_db

DAY, HOUR = 1440, 60


@pytest.fixture
def owner(salon) -> Desk:
    return desk_for(salon, Role.OWNER)


def settings_page(salon) -> str:
    return f"/admin/core/organization/{salon.pk}/change/"


def as_sent(*rows: dict[str, Any]) -> dict[str, Any]:
    """What a browser sends of these rows; those with an id were there before."""
    old = [row for row in rows if "id" in row]
    new = [row for row in rows if "id" not in row]
    sent: dict[str, Any] = {
        "reminder_rules-TOTAL_FORMS": len(rows),
        "reminder_rules-INITIAL_FORMS": len(old),
    }
    for number, row in enumerate(old + new):
        sent |= {f"reminder_rules-{number}-{name}": value for name, value in row.items()}
    return sent


def row_of(rule: ReminderRule, **changes: Any) -> dict[str, Any]:
    row = {"id": rule.pk, "number": rule.minutes_before, "unit": 1, "audience": rule.audience}
    return row | ({"is_active": "on"} if rule.is_active else {}) | changes


def rules() -> list[tuple[object, int, str, bool]]:
    rows = ReminderRule.objects.order_by("-minutes_before", "audience")
    return [(row.service, row.minutes_before, row.audience, row.is_active) for row in rows]


def happened() -> list[str]:
    names = Event.objects.filter(name__startswith="reminder_rule.").order_by("id")
    return list(names.values_list("name", flat=True))


def test_the_settings_hold_the_reminders_of_all_services(salon, owner, haircut):
    sent = as_sent(
        {"number": 1, "unit": DAY, "audience": "CUSTOMER", "is_active": "on"},
        {"number": 90, "unit": 1, "audience": "STAFF"},
    )

    owner.post(settings_page(salon), SETTINGS | {"locale": "en"} | sent)

    assert rules() == [(None, DAY, "CUSTOMER", True), (None, 90, "STAFF", False)]
    assert happened() == ["reminder_rule.created"] * 2
    assert Event.objects.filter(name="reminder_rule.created")[0].actor_id == owner.user.pk
    page = shown(owner.get(settings_page(salon)))
    assert "For every service that has no reminders of its own." in page


def test_a_service_has_its_own_from_its_first_page_on(salon, haircut, anna):
    manager = desk_for(salon, Role.MANAGER)
    blank = manager.get("/admin/bookings/service/add/").context
    fields = {one.name: one.value() for one in blank["adminform"].form}
    service_form = {name: value for name, value in fields.items() if value is not None}
    service_form |= {"name": "Color", "slug": "color", "durations": "30", "done_by": [anna.pk]}
    for inline in blank["inline_admin_formsets"]:
        service_form |= {
            f"{inline.formset.prefix}-{count}": 0 for count in ("TOTAL_FORMS", "INITIAL_FORMS")
        }
    sent = as_sent({"number": 2, "unit": HOUR, "audience": "CUSTOMER", "is_active": "on"})

    answer = manager.post("/admin/bookings/service/add/", service_form | sent)

    assert answer.status_code == 302, answer.context["adminform"].form.errors
    assert rules() == [(Service.objects.get(slug="color"), 120, "CUSTOMER", True)]


def test_rules_are_changed_and_taken_away_with_the_page(salon, owner, rule):
    day, hour = rule(), ReminderRule.objects.create(organization=salon, minutes_before=HOUR)
    third = ReminderRule.objects.create(organization=salon, minutes_before=30)

    owner.post(
        settings_page(salon),
        SETTINGS
        | as_sent(
            row_of(day, number=2, unit=DAY),
            row_of(hour, DELETE="on"),
            row_of(third, number=30),
        ),
    )

    assert rules() == [(None, 2 * DAY, "CUSTOMER", True), (None, 30, "CUSTOMER", True)]
    assert sorted(happened()[1:]) == ["reminder_rule.deleted", "reminder_rule.updated"]
    changed = Event.objects.get(name="reminder_rule.updated")
    assert changed.data == {"service_id": None, "fields": ["minutes_before"]}


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ({"number": 2, "unit": 1}, "Between five minutes and ninety days before."),
        ({"number": 91, "unit": DAY}, "Between five minutes and ninety days before."),
        ({"number": 24, "unit": HOUR}, "There is such a reminder already."),
    ],
)
def test_what_cannot_be_is_said_beside_it(salon, owner, rule, row, sentence):
    rule()
    new = {"audience": "CUSTOMER", "is_active": "on", **row}

    page = owner.post(
        settings_page(salon), SETTINGS | as_sent(row_of(ReminderRule.objects.get()), new)
    )

    assert sentence in shown(page)
    assert rules() == [(None, DAY, "CUSTOMER", True)]


def test_a_page_without_reminders_leaves_them_alone(salon, owner, rule):
    rule()

    owner.post(settings_page(salon), SETTINGS)

    salon.refresh_from_db()
    assert salon.currency == "CHF"
    assert rules() == [(None, DAY, "CUSTOMER", True)]


def test_nobody_reaches_the_rules_of_another_organization(owner, salon):
    theirs = ReminderRule.objects.create(organization=OrganizationFactory(), minutes_before=DAY)

    owner.post(
        settings_page(salon), SETTINGS | as_sent(row_of(theirs, number=1, unit=HOUR, DELETE="on"))
    )

    assert ReminderRule.objects.get().minutes_before == DAY


def test_who_may_only_read_changes_nothing(salon, haircut, rule):
    rule(service=haircut)
    viewer = desk_for(salon, Role.VIEWER)
    page = f"/admin/bookings/service/{haircut.pk}/change/"

    assert "does not have those of the settings" in shown(viewer.get(page))
    answer = viewer.post(page, as_sent(row_of(ReminderRule.objects.get(), DELETE="on")))

    assert answer.status_code == 403
    assert rules() == [(haircut, DAY, "CUSTOMER", True)]


def test_a_bookings_page_shows_its_reminders(salon, rule, confirmed, staff, relay):
    rule()
    rule(timedelta(minutes=90), audience="STAFF")
    booking = confirmed()
    page = f"/admin/bookings/booking/{booking.pk}/change/"
    viewer = desk_for(salon, Role.VIEWER)

    seen = shown(viewer.get(page))
    assert "Sun 15 Nov, 10:00</span><small>1 day before · Customer</small>" in seen
    assert "Mon 16 Nov, 08:30</span><small>90 minutes before · Member of staff</small>" in seen

    update_booking(booking, Changes(starts_at=booking.starts_at + timedelta(days=1)), caller=staff)
    relay()
    seen = shown(viewer.get(page))
    assert "Mon 16 Nov, 10:00</span><small>1 day before" in seen
    assert "Sun 15 Nov, 10:00</span><small>1 day before" not in seen


def test_a_request_has_no_reminders_yet(salon, rule, book, relay):
    rule()
    booking = book()
    relay()

    page = desk_for(salon).get(f"/admin/bookings/booking/{booking.pk}/change/")

    assert "They are planned when the booking is confirmed." in shown(page)
