"""Days off and other hours: of one resource, and of everybody."""

from datetime import date, time

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bookings.models import DateOverride, TimeOff
from bookings.services.date_override import set_date_hours
from bookings.services.holiday import set_public_holidays
from bookings.services.time_off import Absence, add_time_off
from core.access import Role
from core.models import Event
from tests.console import desk_for, said, shown
from tests.factories import OrganizationFactory, ResourceFactory

pytestmark = pytest.mark.django_db

CLOSED_DAYS = "/admin/bookings/resource/closed-days/"
CHRISTMAS_EVE, SATURDAY = date(2026, 12, 24), date(2026, 11, 14)


@pytest.fixture
def desk(salon, clock):
    return desk_for(salon, Role.MANAGER)


@pytest.fixture
def page(anna):
    return f"/admin/bookings/resource/{anna.pk}/days-off/"


def offered(salon, day):
    """The free times of a day at the desk, in Berlin."""
    desk = desk_for(salon)
    page = desk.get(f"/admin/bookings/booking/add/?day={day.isoformat()}&minutes=60")
    return [f"{start.astimezone(page.context['desk'].zone):%H:%M}" for start in starts_of(page)]


def starts_of(page):
    return page.context["offer"].starts


def lines(page):
    return [
        (entry.word, entry.when, entry.repeats, entry.note) for entry in page.context["entries"]
    ]


def off(**changes):
    form = {
        "go": "off", "kind": "TRAINING", "starts_on": "2026-11-13", "starts_at": "13:00",
        "ends_on": "", "ends_at": "17:00", "every": "", "until": "", "reason": "Color course",
    }  # fmt: skip
    return {**form, **changes}


def test_a_day_is_closed_for_one_and_open_for_others(desk, page, anna, ben, haircut, salon):
    haircut.resources.add(ben)

    answer = desk.send(page, go="close", closed_on="2026-11-13", closed_note="Moving house")

    assert said(answer) == ["Fri 13 Nov is closed."]
    assert lines(desk.get(page)) == [("Closed", "Fri 13 Nov", "", "Moving house")]
    day = desk_for(salon).get("/admin/bookings/booking/add/?day=2026-11-13&minutes=60")
    assert {
        row_id
        for _, slots in day.context["offer"].groups
        for slot in slots
        for row_id in slot.resource_ids
    } == {ben.pk}
    event = Event.objects.get(name="date_override.updated")
    assert event.data == {"resource_id": str(anna.pk), "on": "2026-11-13"}


def test_a_day_has_other_hours_and_gets_the_usual_ones_back(desk, page, salon, haircut):
    form = {
        "go": "open", "date": "2026-11-14",
        "opens": ["10:00", "14:00", ""], "closes": ["11:00", "16:00", ""],
    }  # fmt: skip

    desk.post(page, form)

    assert lines(desk.get(page)) == [
        ("Other hours", "Sat 14 Nov, 10:00–11:00, 14:00–16:00", "", "")
    ]
    assert offered(salon, SATURDAY) == ["10:00", "14:00", "14:30", "15:00"]
    kept = desk.get(f"{page}?date=2026-11-14").context["fields"]
    assert kept["stretches"] == [("10:00", "11:00"), ("14:00", "16:00"), ("", "")]

    [line] = desk.get(page).context["entries"]
    answer = desk.send(page, go=f"remove:{line.remove}")

    assert said(answer) == ["The usual hours count again on Sat 14 Nov."]
    assert DateOverride.objects.count() == 0


def test_time_off_every_week_until_a_day(desk, page, salon, haircut, anna):
    form = off(every="FREQ=WEEKLY", until="2026-11-30")

    answer = desk.post(page, form)

    assert said(answer) == ["The time off is saved."]
    assert lines(desk.get(page)) == [
        ("Training", "Fri 13 Nov, 13:00–17:00", "every week, until Mon 30 Nov", "Color course")
    ]
    friday = offered(salon, date(2026, 11, 20))
    assert (friday[0], friday[-1]) == ("09:00", "12:00")
    assert offered(salon, date(2026, 12, 4))[-1] == "16:00"
    row = TimeOff.objects.get()
    assert (row.resource, row.last_on) == (anna, date(2026, 11, 27))
    event = Event.objects.get(name="time_off.added")
    assert event.data == {
        "resource_id": str(anna.pk), "starts_on": "2026-11-13", "last_on": "2026-11-27",
    }  # fmt: skip


def test_time_off_is_changed_with_what_it_was_in_the_form(desk, page, anna):
    desk.post(page, off(every="FREQ=WEEKLY", until="2026-11-30"))
    [line] = desk.get(page).context["entries"]

    fields = desk.get(f"{page}?{line.change}").context["fields"]
    assert (fields["starts_on"], fields["starts_at"], fields["ends_at"]) == (
        "2026-11-13",
        "13:00",
        "17:00",
    )
    assert (fields["every"], fields["until"]) == ("FREQ=WEEKLY", "2026-11-30")

    desk.post(page, off(changes=fields["changes"], kind="OTHER", starts_at="", ends_at=""))

    row = TimeOff.objects.get()
    assert (row.kind, row.starts_at_time, row.ends_at_time) == ("OTHER", None, None)
    assert (row.starts_on, row.ends_on, row.recurrence) == (row.last_on, row.last_on, "")
    [line] = desk.get(page).context["entries"]
    assert line.when == "Fri 13 Nov"
    desk.send(page, go=f"remove:{line.remove}")
    assert TimeOff.objects.count() == 0
    assert Event.objects.filter(name__startswith="time_off.").count() == 3


def test_a_rule_that_the_form_cannot_say_stays_as_it_is(desk, page, anna, staff):
    rule = "FREQ=MONTHLY;BYDAY=1MO,3MO;COUNT=6"
    row = add_time_off(
        Absence(
            kind=TimeOff.Kind.TRAINING,
            starts_on=date(2026, 12, 7),
            ends_on=date(2026, 12, 7),
            recurrence=rule,
        ),
        organization_id=anna.organization_id,
        resource=anna,
        timezone="Europe/Berlin",
        caller=staff,
    )

    fields = desk.get(f"{page}?change={row.pk}").context["fields"]
    assert (fields["every"], fields["kept"]) == ("kept", "every month on certain days, 6 times")
    desk.post(page, off(changes=str(row.pk), starts_on="2026-12-07", every="kept", reason=""))

    row.refresh_from_db()
    assert (row.recurrence, row.starts_at_time) == (rule, time(13))


def test_what_goes_on_is_shown_by_the_next_time_that_it_happens(desk, page, anna, staff):
    add_time_off(
        Absence(
            kind=TimeOff.Kind.SICK,
            starts_on=date(2026, 10, 30),
            ends_on=date(2026, 10, 31),
            ends_at_time=time(12),
            recurrence="FREQ=WEEKLY;INTERVAL=2;BYDAY=FR;COUNT=4",
        ),
        organization_id=anna.organization_id,
        resource=anna,
        timezone="Europe/Berlin",
        caller=staff,
    )

    assert lines(desk.get(page)) == [
        ("Sick", "Fri 13 Nov – Sat 14 Nov, 12:00", "every 2 weeks on Friday, 4 times", "")
    ]


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"go": "close", "closed_on": ""}, "Choose a day."),
        ({"go": "close", "closed_on": "2026-13-40"}, "Choose a day."),
        ({"go": "open", "date": "2026-11-14"}, "Write times like 09:00, and both of them."),
        (
            {"go": "open", "date": "2026-11-14", "opens": "10:00", "closes": ""},
            "Write times like 09:00, and both of them.",
        ),
        (
            {"go": "open", "date": "2026-11-14", "opens": "10:00", "closes": "09:00"},
            "Closing comes after opening.",
        ),
        (off(ends_at="12:00"), "Time off must end after it starts."),
        (off(ends_on="2026-11-12"), "Time off must end after it starts."),
        (off(starts_at="soon"), "Write times like 09:00, and both of them."),
        (off(every="FREQ=WEEKLY"), "Say until when it repeats."),
        (off(every="FREQ=WEEKLY", until="2026-11-12"), "A recurrence ends after it begins."),
        (
            off(every="FREQ=WEEKLY", until="2126-11-12"),
            "A recurrence has to end within 10 years.",
        ),
    ],
)
def test_what_cannot_be_is_refused_with_what_was_typed_kept(desk, page, form, sentence):
    answer = desk.post(page, form)

    assert answer.context["refused"] == sentence
    assert answer.context["fields"]["go"] == form["go"]
    assert DateOverride.objects.count() + TimeOff.objects.count() + Event.objects.count() == 0


def test_a_day_around_a_booking_is_closed_after_seeing_whose_it_is(desk, page, book):
    book()

    asked = desk.send(page, go="close", closed_on="2026-11-16", closed_note="Ill")

    assert "Mia Müller" in shown(asked)
    assert DateOverride.objects.count() == 0
    desk.post(asked.context["back"], {**dict(asked.context["sent"]), asked.context["even_if"]: "1"})
    assert DateOverride.objects.get().note == "Ill"


def test_everybodys_days_count_for_each_and_are_changed_on_their_own_page(
    desk, page, salon, haircut, anna
):
    desk.send(CLOSED_DAYS, go="close", closed_on="2026-12-24", closed_note="Christmas Eve")

    everybodys = DateOverride.objects.get()
    assert (everybodys.resource, everybodys.organization) == (None, salon)
    assert offered(salon, CHRISTMAS_EVE) == []
    [line] = desk.get(page).context["entries"]
    assert (line.is_everybodys, line.change, line.remove) == (True, "", "")
    assert desk.send(page, go=f"remove:date:{everybodys.pk}").status_code == 404
    desk.send(CLOSED_DAYS, go=f"remove:date:{everybodys.pk}")
    assert DateOverride.objects.count() == 0


def test_public_holidays_are_chosen_once_and_listed_for_the_coming_year(desk, page, salon, haircut):
    answer = desk.send(CLOSED_DAYS, go="holidays", country="DE", region="")

    assert said(answer) == ["Public holidays are closed, unless a date has hours of its own."]
    listed = dict(desk.get(CLOSED_DAYS).context["holidays"])
    assert listed[date(2026, 12, 25)] == "Christmas Day"
    assert len(listed) == 9
    assert dict(desk.get(page).context["holidays"]) == listed
    assert offered(salon, date(2026, 12, 25)) == []

    desk.post(page, {"go": "open", "date": "2026-12-25", "opens": "10:00", "closes": "11:00"})
    assert date(2026, 12, 25) not in dict(desk.get(page).context["holidays"])
    assert offered(salon, date(2026, 12, 25)) == ["10:00"]

    desk.send(CLOSED_DAYS, go="holidays", country="DE", region="BY")
    assert len(dict(desk.get(CLOSED_DAYS).context["holidays"])) == 12
    desk.send(CLOSED_DAYS, go="holidays", country="AT", region="BY")  # the region was Germany's
    salon.refresh_from_db()
    assert (salon.holiday_country, salon.holiday_region) == ("AT", "")
    desk.send(CLOSED_DAYS, go="holidays", country="", region="")
    assert not desk.get(CLOSED_DAYS).context["holidays"]


def test_staff_read_days_off_and_do_not_change_them(salon, page, anna, staff, clock):
    set_date_hours(
        organization_id=salon.pk, resource=anna, on=CHRISTMAS_EVE, stretches=[], caller=staff
    )
    desk = desk_for(salon, Role.STAFF)

    assert "Thu 24 Dec" in shown(desk.get(page))
    assert "Close on this day" not in shown(desk.get(page))
    for path in (page, CLOSED_DAYS):
        assert desk.send(path, go="close", closed_on="2026-12-31").status_code == 403
    assert DateOverride.objects.count() == 1


def test_what_belongs_to_others_is_neither_shown_nor_changed(desk, page, ben, salon, staff):
    elsewhere = OrganizationFactory()
    theirs = ResourceFactory(organization=elsewhere)
    foreign = [
        set_date_hours(
            organization_id=owner, resource=resource, on=CHRISTMAS_EVE, stretches=[], caller=staff
        )
        for owner, resource in ((elsewhere.pk, None), (elsewhere.pk, theirs), (salon.pk, ben))
    ]

    assert desk.get(page).context["entries"] == []
    assert desk.get(CLOSED_DAYS).context["entries"] == []
    for row in foreign:
        assert desk.send(page, go=f"remove:date:{row.pk}").status_code == 404
        assert desk.send(CLOSED_DAYS, go=f"remove:date:{row.pk}").status_code == 404
    assert desk.send(page, go="remove:date:x").status_code == 404
    assert desk.send(page, go="holidays", country="DE").status_code == 404
    assert DateOverride.objects.count() == 3


def test_a_long_list_costs_no_more_queries_than_a_short_one(desk, page, anna, salon, staff):
    set_public_holidays(salon, country="DE", caller=staff)

    def add(day):
        set_date_hours(organization_id=salon.pk, resource=anna, on=day, stretches=[], caller=staff)
        absence = Absence(kind=TimeOff.Kind.OTHER, starts_on=day, ends_on=day)
        add_time_off(absence, organization_id=salon.pk, resource=anna, timezone="UTC", caller=staff)

    def queries():
        with CaptureQueriesContext(connection) as asked:
            desk.get(page)
        return len(asked)

    add(CHRISTMAS_EVE)
    short = queries()
    for day in range(1, 20):
        add(date(2026, 12, day))
    assert queries() == short
