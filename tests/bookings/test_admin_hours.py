"""Opening hours: a week on one page, saved in one go."""

from datetime import date, time

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bookings.models import Schedule, WeeklyHours
from bookings.services.schedule import set_weekly_hours
from core.access import Role
from core.errors import Invalid
from core.models import Event
from tests.console import desk_for, said, shown

pytestmark = pytest.mark.django_db

RESOURCES = "/admin/bookings/resource/"


@pytest.fixture
def desk(salon):
    return desk_for(salon, Role.MANAGER)


def week(**days):
    """Return the fields of the form: `opens0` and `closes0` of Monday, and so on."""
    form = {"go": "save", "valid_from": "", "valid_to": ""}
    for name, stretches in days.items():
        number = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"].index(name)
        form[f"opens{number}"] = [opens for opens, _ in stretches]
        form[f"closes{number}"] = [closes for _, closes in stretches]
    return form


def breaks(**days):
    """Return the fields of the form for breaks: `break_from0` and `break_to0` of Monday."""
    hours = week(**days)
    return {
        name.replace("opens", "break_from").replace("closes", "break_to"): texts
        for name, texts in hours.items()
        if name.startswith(("opens", "closes"))
    }


def hours_of(resource) -> list[tuple[int, str]]:
    rows = WeeklyHours.objects.filter(schedule__resource=resource)
    return [(row.weekday, f"{row.opens:%H:%M}-{row.closes:%H:%M}") for row in rows]


def test_a_week_is_saved_in_one_go_and_offers_nothing_else_any_more(desk, anna, haircut, clock):
    page = f"{RESOURCES}{anna.pk}/hours/"
    form = week(mon=[("10:00", "12:00"), ("13:00", "00:00"), ("", "")], sat=[("09:00", "10:30")])

    answer = desk.post(page, form)

    assert said(answer) == ["The hours are saved. What is booked already stays."]
    assert hours_of(anna) == [(0, "10:00-12:00"), (0, "13:00-00:00"), (5, "09:00-10:30")]
    assert Schedule.objects.count() == 1
    event = Event.objects.get(name="schedule.updated")
    assert (event.actor_id, event.data) == (desk.user.pk, {"resource_id": str(anna.pk)})
    free = desk_for(anna.organization).get("/admin/bookings/booking/add/?day=2026-11-14")
    assert [f"{start:%H:%M}" for start in free.context["offer"].starts] == [
        "08:00",
        "08:30",
        "09:00",
    ]  # UTC


def test_a_break_is_not_on_offer_and_stands_in_the_form_again(desk, anna, haircut, clock):
    page = f"{RESOURCES}{anna.pk}/hours/"
    form = {**week(sat=[("09:00", "13:00")]), **breaks(sat=[("10:00", "12:15"), ("", "")])}

    desk.post(page, form)

    free = desk_for(anna.organization).get("/admin/bookings/booking/add/?day=2026-11-14")
    starts = [f"{start:%H:%M}" for start in free.context["offer"].starts]
    assert starts == ["08:00", "08:30", "11:15", "11:45"]  # UTC
    saturday = desk.get(page).context["days"][5]
    assert saturday.stretches == [("09:00", "13:00"), ("", "")]
    assert saturday.breaks == [("10:00", "12:15"), ("", "")]


@pytest.mark.parametrize(
    ("sat", "sentence"),
    [
        ([("08:00", "09:30")], "A break lies within the hours."),
        ([("10:00", "10:00")], "Closing comes after opening."),
        ([("10:00", "11:00"), ("10:30", "12:00")], "These hours overlap."),
        ([("10:00", "")], "Write times like 09:00, and both of them."),
    ],
)
def test_breaks_that_cannot_be_are_refused_beside_their_day(desk, anna, sat, sentence):
    form = {**week(sat=[("09:00", "13:00")]), **breaks(sat=sat)}

    page = desk.post(f"{RESOURCES}{anna.pk}/hours/", form)

    assert page.context["days"][5].wrong == sentence
    assert len(hours_of(anna)) == 5


def test_hours_around_a_booking_are_saved_when_somebody_has_seen_whose_it_is(desk, anna, book):
    booking = book()
    page = f"{RESOURCES}{anna.pk}/hours/"

    asked = desk.post(page, week(mon=[("11:00", "17:00")]))

    assert "Mia Müller" in shown(asked)
    assert f"/admin/bookings/booking/{booking.pk}/change/" in shown(asked)
    assert len(hours_of(anna)) == 5

    sent_again = {**dict(asked.context["sent"]), asked.context["even_if"]: "1"}
    answer = desk.post(asked.context["back"], sent_again)

    assert said(answer) == ["The hours are saved. What is booked already stays."]
    assert hours_of(anna) == [(0, "11:00-17:00")]
    booking.refresh_from_db()
    assert booking.status == "PENDING"


def test_hours_for_a_certain_time_can_be_removed_again(desk, anna):
    form = {**week(sat=[("09:00", "12:00")]), "valid_from": "2026-12-01", "valid_to": "2026-12-24"}
    desk.post(f"{RESOURCES}{anna.pk}/hours/?schedule=new", form)
    added = Schedule.objects.exclude(valid_from_on=None).get()

    desk.post(f"{RESOURCES}{anna.pk}/hours/?schedule={added.pk}", {"go": "remove"})

    assert Schedule.objects.count() == 1
    assert len(hours_of(anna)) == 5
    assert Event.objects.filter(name="schedule.removed", subject_id=added.pk).count() == 1


def test_staff_read_hours_and_do_not_change_them(salon, anna):
    page = f"{RESOURCES}{anna.pk}/hours/"
    desk = desk_for(salon, Role.STAFF)

    assert desk.get(page).status_code == 200
    assert desk.post(page, week()).status_code == 403
    assert len(hours_of(anna)) == 5


@pytest.mark.parametrize(
    ("days", "day", "sentence"),
    [
        ({"tue": [("12:00", "10:00")]}, 1, "Closing comes after opening."),
        ({"tue": [("10:00", "10:00")]}, 1, "Closing comes after opening."),
        ({"wed": [("09:00", "12:00"), ("11:00", "13:00")]}, 2, "These hours overlap."),
        ({"wed": [("09:00", "00:00"), ("11:00", "13:00")]}, 2, "These hours overlap."),
        ({"sun": [("09:00", "")]}, 6, "Write times like 09:00, and both of them."),
        ({"sun": [("9 am", "25:00")]}, 6, "Write times like 09:00, and both of them."),
    ],
)
def test_hours_that_cannot_be_are_refused_beside_their_day(desk, anna, days, day, sentence):
    page = desk.post(f"{RESOURCES}{anna.pk}/hours/", week(**days))

    assert page.status_code == 200
    assert page.context["days"][day].wrong == sentence
    assert page.context["days"][day].stretches[0] == next(iter(days.values()))[0]
    assert len(hours_of(anna)) == 5
    assert Event.objects.count() == 0


def test_mondays_hours_are_copied_to_the_workdays_before_saving(desk, anna):
    page = desk.post(
        f"{RESOURCES}{anna.pk}/hours/", {**week(mon=[("08:00", "12:00")]), "go": "copy"}
    )

    assert [day.stretches[0] for day in page.context["days"]] == (
        [("08:00", "12:00")] * 5 + [("", "")] * 2
    )
    assert hours_of(anna)[0] == (0, "09:00-17:00")  # not saved yet


def test_more_hours_may_hold_for_a_certain_time(desk, anna):
    form = {**week(sat=[("09:00", "12:00")]), "valid_from": "2026-12-01", "valid_to": "2026-12-24"}

    desk.post(f"{RESOURCES}{anna.pk}/hours/?schedule=new", form)

    added = Schedule.objects.exclude(valid_from_on=None).get()
    assert (added.valid_from_on, added.valid_to_on) == (date(2026, 12, 1), date(2026, 12, 24))
    assert Schedule.objects.count() == 2
    assert len(hours_of(anna)) == 6
    shown_week = desk.get(f"{RESOURCES}{anna.pk}/hours/?schedule={added.pk}")
    assert shown_week.context["days"][5].stretches[0] == ("09:00", "12:00")


def test_a_time_that_ends_before_it_begins_is_refused(desk, anna):
    form = {**week(sat=[("09:00", "12:00")]), "valid_from": "2026-12-24", "valid_to": "2026-12-01"}

    page = desk.post(f"{RESOURCES}{anna.pk}/hours/?schedule=new", form)

    assert page.context["refused"] == "A schedule must end after it begins."
    assert Schedule.objects.count() == 1


def test_a_schedule_of_somebody_else_is_not_there(desk, anna, ben):
    other = Schedule.objects.get(resource=ben)

    assert desk.get(f"{RESOURCES}{anna.pk}/hours/?schedule={other.pk}").status_code == 404
    assert desk.post(f"{RESOURCES}{anna.pk}/hours/?schedule={other.pk}", week()).status_code == 404
    assert len(hours_of(ben)) == 5


def test_a_day_has_room_for_ten_stretches(anna, staff):
    stretches = [(0, time(hour), time(hour, 30)) for hour in range(11)]

    with pytest.raises(Invalid):
        set_weekly_hours(anna, stretches, caller=staff)
    assert len(hours_of(anna)) == 5


def test_hours_are_changed_only_while_nobody_takes_time(anna, staff):
    with CaptureQueriesContext(connection) as asked:
        set_weekly_hours(anna, [(0, time(10), time(12))], caller=staff)

    statements = [query["sql"] for query in asked.captured_queries]
    lock = next(n for n, sql in enumerate(statements) if "FOR NO KEY UPDATE" in sql)
    writes = [
        n for n, sql in enumerate(statements) if sql.startswith(("INSERT", "UPDATE", "DELETE"))
    ]
    assert "bookings_resource" in statements[lock]
    assert lock < min(writes)
