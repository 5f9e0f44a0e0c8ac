"""Opening hours, the hours of certain dates and time off, as programs keep them."""

from datetime import date

import pytest

from bookings.models import DateOverride, Schedule, TimeOff, WeeklyHours
from core.models import ApiKey, Event
from tests.cast import a_key, client_with
from tests.core.openapi_document import Document
from tests.factories import OrganizationFactory, ResourceFactory

pytestmark = pytest.mark.django_db

SCHEDULES, DATES, TIME_OFF = "/api/schedules", "/api/date-overrides", "/api/time-off"
NINE_TO_FIVE = {"opens": "09:00", "closes": "17:00"}
EVEN_IF = {"evenIfBookingsFallOutside": True}


@pytest.fixture(scope="module")
def document():
    return Document()


@pytest.fixture
def check(document):
    """Return the data of an answer that is just what the document promises."""

    def check(name, answer, status=200):
        assert answer.status_code == status, answer.content
        assert document.faults(name, answer) == []
        return answer.json()["data"] if status < 300 else answer.json()["error"]["details"]

    return check


def free_on(website, day):
    after = date.fromisoformat(day).toordinal() + 1
    window = {"from": day, "to": date.fromordinal(after).isoformat(), "duration": 60}
    slots = website.get("/api/availability", window).json()["data"]["slots"]
    return [slot["startTime"][11:16] for slot in slots]


def events():
    rows = Event.objects.filter(name__regex="^(schedule|date_override|time_off)").order_by("id")
    return [(row.name, row.data) for row in rows]


def everything():
    tables = (Schedule, WeeklyHours, DateOverride, TimeOff)
    return [sorted(map(str, table.objects.values_list())) for table in tables], len(events())


# --- weekly hours ------------------------------------------------------------------------


def test_weekly_hours_are_added_read_changed_and_removed(desk, website, anna, clock, check):
    week = [
        {"weekday": 5, "opens": "09:00", "closes": "13:00"},
        {"weekday": 5, "opens": "10:00", "closes": "11:00", "isBreak": True},
    ]
    body = {"resourceId": str(anna.pk), "validFrom": "2026-12-01", "weekly": week}

    made = check("createSchedule", desk.post(SCHEDULES, body), 201)

    assert made == {
        "id": made["id"],
        "resourceId": str(anna.pk),
        "validFrom": "2026-12-01",
        "validTo": None,
        "weekly": [{**week[0], "isBreak": False}, week[1]],
    }
    path = f"{SCHEDULES}/{made['id']}"
    assert check("getSchedule", desk.get(path)) == made
    assert free_on(website, "2026-11-28") == []
    assert free_on(website, "2026-12-05") == ["08:00", "10:00", "10:30", "11:00"]  # UTC

    changed = check("updateSchedule", desk.patch(path, {"validTo": "2026-12-31"}))
    assert changed == {**made, "validTo": "2026-12-31"}
    changed = check("updateSchedule", desk.patch(path, {"weekly": week[:1], "validFrom": None}))
    assert changed["weekly"] == made["weekly"][:1]
    assert (changed["validFrom"], changed["validTo"]) == (None, "2026-12-31")

    check("removeSchedule", desk.delete(path))
    assert check("getSchedule", desk.get(path), 404) == {}
    assert free_on(website, "2026-12-05") == []
    about = {"resource_id": str(anna.pk)}
    assert events() == [("schedule.updated", about)] * 3 + [("schedule.removed", about)]


def test_schedules_are_found_by_resource_and_by_day(desk, anna, ben, check):
    always = Schedule.objects.get(resource=anna)
    december = desk.post(
        SCHEDULES,
        {
            "resourceId": str(anna.pk),
            "validFrom": "2026-12-01",
            "validTo": "2026-12-24",
            "weekly": [{"weekday": 6, **NINE_TO_FIVE}],
        },
    ).json()["data"]

    def found(**query):
        return [row["id"] for row in check("listSchedules", desk.get(SCHEDULES, query))]

    hers = {"resourceId": str(anna.pk)}
    assert found(**hers) == [str(always.pk), december["id"]]
    assert found(**hers, **{"from": "2026-12-24"}) == [str(always.pk), december["id"]]
    assert found(**hers, **{"from": "2026-12-25"}) == [str(always.pk)]
    assert found(**hers, to="2026-12-01") == [str(always.pk)]
    assert len(found()) == 3


# --- certain dates -----------------------------------------------------------------------


def test_the_hours_of_a_date_are_set_again_changed_and_taken_back(desk, website, clock, check):
    body = {"date": "2026-12-05", "stretches": [NINE_TO_FIVE], "note": "Advent"}
    made = check("setDateOverride", desk.post(DATES, body), 201)
    morning = {"opens": "08:00", "closes": "10:00"}
    evening = {"opens": "20:00", "closes": "00:00"}

    again = check(
        "setDateOverride", desk.post(DATES, {**body, "stretches": [evening, morning]}), 201
    )

    assert again == {
        "id": made["id"],
        "resourceId": None,
        "date": "2026-12-05",
        "stretches": [morning, evening],
        "note": "Advent",
    }
    assert free_on(website, "2026-12-05")[:3] == ["07:00", "07:30", "08:00"]
    assert check("listDateOverrides", desk.get(DATES)) == [again]
    path = f"{DATES}/{made['id']}"
    changed = check("updateDateOverride", desk.patch(path, {"note": "Advent sale"}))
    assert changed == {**again, "note": "Advent sale"}
    closed = check("updateDateOverride", desk.patch(path, {"stretches": []}))
    assert closed == {**changed, "stretches": []}
    assert check("getDateOverride", desk.get(path)) == closed
    assert DateOverride.objects.count() == 1

    check("removeDateOverride", desk.delete(path))
    assert check("listDateOverrides", desk.get(DATES)) == []
    about = {"resource_id": None, "on": "2026-12-05"}
    assert events() == [("date_override.updated", about)] * 4 + [("date_override.removed", about)]


def test_dates_are_found_by_whom_they_concern_and_when(desk, anna, ben, check):
    def add(resource, day):
        body = {"resourceId": str(resource.pk) if resource else None, "date": day, "stretches": []}
        return desk.post(DATES, body).json()["data"]["id"]

    hers, his, all_ = add(anna, "2026-12-05"), add(ben, "2026-12-06"), add(None, "2026-12-07")

    def found(**query):
        return [row["id"] for row in check("listDateOverrides", desk.get(DATES, query))]

    assert found() == [hers, his, all_]
    assert found(resourceId=str(anna.pk)) == [hers, all_]
    assert found(**{"from": "2026-12-06"}, to="2026-12-07") == [his]


# --- time off ----------------------------------------------------------------------------


def test_time_off_is_added_read_changed_and_removed(desk, website, anna, clock, check):
    body = {
        "resourceId": str(anna.pk),
        "kind": "TRAINING",
        "startsOn": "2026-11-13",
        "startTime": "13:00",
        "endsOn": "2026-11-13",
        "recurrence": "RRULE:freq=weekly;until=20261127T120000Z",
        "reason": "Color course",
    }

    made = check("addTimeOff", desk.post(TIME_OFF, body), 201)

    assert made == {
        **body,
        "id": made["id"],
        "endTime": None,
        "recurrence": "FREQ=WEEKLY;UNTIL=20261127T130000",  # on Anna's clock
        "lastOn": "2026-11-27",
    }
    assert free_on(website, "2026-11-20")[-1] == "11:00"  # until 13:00 in Berlin
    path = f"{TIME_OFF}/{made['id']}"
    changes = {"recurrence": None, "startTime": None, "endsOn": "2026-11-20"}
    changed = check("updateTimeOff", desk.patch(path, changes))
    assert changed == {**made, **changes, "lastOn": "2026-11-20"}
    assert free_on(website, "2026-11-20") == []
    assert check("getTimeOff", desk.get(path)) == changed

    check("removeTimeOff", desk.delete(path))
    assert check("listTimeOff", desk.get(TIME_OFF)) == []
    assert events()[0] == (
        "time_off.added",
        {"resource_id": str(anna.pk), "starts_on": "2026-11-13", "last_on": "2026-11-27"},
    )
    assert [name for name, _ in events()] == [
        "time_off.added",
        "time_off.updated",
        "time_off.removed",
    ]


def test_time_off_is_found_by_whom_it_concerns_and_when(desk, anna, ben, check):
    def add(resource, first, last, **more):
        whose = {"resourceId": str(resource.pk) if resource else None}
        body = {**whose, "startsOn": first, "endsOn": last, **more}
        return desk.post(TIME_OFF, body).json()["data"]["id"]

    hers = add(anna, "2026-12-01", "2026-12-02", recurrence="FREQ=WEEKLY;COUNT=3")
    his, all_ = add(ben, "2026-12-10", "2026-12-12"), add(None, "2026-12-24", "2026-12-24")

    def found(**query):
        return [row["id"] for row in check("listTimeOff", desk.get(TIME_OFF, query))]

    assert found() == [hers, his, all_]
    assert found(resourceId=str(anna.pk)) == [hers, all_]
    assert found(**{"from": "2026-12-16"}) == [hers, all_]  # her third week ends on that day
    assert found(**{"from": "2026-12-12"}, to="2026-12-13") == [hers, his]


# --- refusals ----------------------------------------------------------------------------

WEEK = [{"weekday": 0, **NINE_TO_FIVE}]
OFF = {"startsOn": "2026-12-01", "endsOn": "2026-12-01"}


def monday(**changes):
    return {"weekly": [{"weekday": 0, **NINE_TO_FIVE, **changes}]}


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        (SCHEDULES, monday(weekday=7), "weekly.0.weekday"),
        (SCHEDULES, monday(opens="9"), "weekly.0.opens"),
        (SCHEDULES, monday(closes="24:00"), "weekly.0.closes"),
        (SCHEDULES, monday(opens="17:00", closes="09:00"), "weekly"),
        (SCHEDULES, {"weekly": WEEK * 2}, "weekly"),
        (SCHEDULES, monday(isBreak=True), "weekly"),
        (SCHEDULES, monday(isBreak="no"), "weekly.0.isBreak"),
        (SCHEDULES, {**monday(), "validFrom": "2026-12-02", "validTo": "2026-12-01"}, "validTo"),
        (SCHEDULES, {**monday(), "validFrom": "2026-W49-1"}, "validFrom"),
        (SCHEDULES, {**monday(), **dict.fromkeys(EVEN_IF, "yes")}, *EVEN_IF),
        (SCHEDULES, {}, "weekly"),
        (DATES, {"date": "2026-02-30", "stretches": []}, "date"),
        (DATES, {"date": "1926-02-03", "stretches": []}, "date"),
        (DATES, {"date": "2026-12-01"}, "stretches"),
        (DATES, {"date": "2026-12-01", "stretches": [NINE_TO_FIVE] * 2}, "stretches"),
        (DATES, {"date": "2026-12-01", "stretches": [], "note": "x" * 201}, "note"),
        (TIME_OFF, {"startsOn": "2026-12-02", "endsOn": "2026-12-01"}, "endsOn"),
        (TIME_OFF, {**OFF, "startTime": "12:00", "endTime": "12:00"}, "endsOn"),
        (TIME_OFF, {**OFF, "endTime": "00:00"}, "endsOn"),
        (TIME_OFF, {**OFF, "kind": "FUN"}, "kind"),
        (TIME_OFF, {**OFF, "reason": "x" * 501}, "reason"),
        (TIME_OFF, {**OFF, "recurrence": "FREQ=WEEKLY"}, "recurrence"),
        (TIME_OFF, {**OFF, "recurrence": "FREQ=DAILY;COUNT=367"}, "recurrence"),
        (TIME_OFF, {**OFF, "recurrence": "FREQ=WEEKLY;UNTIL=20261101"}, "recurrence"),
        (TIME_OFF, {**OFF, "until": "2026-12-24"}, "until"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_by_its_field_and_nothing_is_kept(desk, anna, path, body, field):
    before = everything()

    answer = desk.post(path, {"resourceId": str(anna.pk), **body})

    assert answer.status_code == 400
    assert list(answer.json()["error"]["details"]["fields"]) == [field]
    assert everything() == before


def test_a_change_around_a_booking_is_refused_until_it_may_stay(desk, anna, book, check):
    booking = book()
    schedule = Schedule.objects.get(resource=anna)
    before = everything()
    attempts = {
        "updateSchedule": lambda **more: desk.patch(
            f"{SCHEDULES}/{schedule.pk}", {"validTo": "2026-11-15", **more}
        ),
        "removeSchedule": lambda **more: desk.delete(f"{SCHEDULES}/{schedule.pk}", more),
        "setDateOverride": lambda **more: desk.post(
            DATES, {"date": "2026-11-16", "stretches": [], **more}
        ),
        "addTimeOff": lambda **more: desk.post(
            TIME_OFF, {"startsOn": "2026-11-16", "endsOn": "2026-11-16", **more}
        ),
    }

    for name, attempt in attempts.items():
        assert check(name, attempt(), 409) == {
            "reason": "BOOKINGS_OUTSIDE",
            "count": 1,
            "bookings": [
                {
                    "id": str(booking.pk),
                    "reference": booking.reference,
                    "startTime": "2026-11-16T09:00:00Z",
                    "endTime": "2026-11-16T09:30:00Z",
                    "resourceId": str(anna.pk),
                }
            ],
        }
        assert everything() == before

    made = check("addTimeOff", attempts["addTimeOff"](**EVEN_IF), 201)
    off = f"{TIME_OFF}/{made['id']}"
    check("removeTimeOff", desk.delete(off))
    check("removeSchedule", attempts["removeSchedule"](**EVEN_IF))
    booking.refresh_from_db()
    assert (booking.status, booking.version) == ("PENDING", 1)


def test_what_is_the_same_already_is_no_change(desk, anna):
    week = [{"weekday": 0, **NINE_TO_FIVE}, {"weekday": 4, **NINE_TO_FIVE}]
    sent = {
        SCHEDULES: {"resourceId": str(anna.pk), "weekly": week},
        DATES: {"date": "2026-12-24", "stretches": [NINE_TO_FIVE], "note": "Eve"},
        TIME_OFF: {**OFF, "recurrence": "FREQ=WEEKLY;COUNT=2", "startTime": "13:00"},
    }
    for path, body in sent.items():
        made = desk.post(path, body).json()["data"]
        before = everything()
        same = {name: made[name] for name in body if name not in ("resourceId", "date")}
        if path == SCHEDULES:
            same["weekly"].reverse()

        for change in ({}, same):
            assert desk.patch(f"{path}/{made['id']}", change).json()["data"]["id"] == made["id"]
        assert everything() == before


def test_only_who_may_read_hours_reads_them_and_a_website_never_does(website, salon, desk, anna):
    off = desk.post(TIME_OFF, {**OFF, "resourceId": str(anna.pk), "reason": "Surgery"})
    path = f"{TIME_OFF}/{off.json()['data']['id']}"
    reader = client_with(a_key(salon, kind=ApiKey.Kind.SECRET, scopes=["schedules:read"]))
    catalog = client_with(a_key(salon, kind=ApiKey.Kind.SECRET, scopes=["catalog:write"]))
    before = everything()

    for list_ in (SCHEDULES, DATES, TIME_OFF):
        assert website.get(list_).status_code == 403
        assert catalog.get(list_).status_code == 403
        assert reader.get(list_).status_code == 200
        assert reader.post(list_, {}).status_code == 403
    assert website.get(path).status_code == 403
    assert reader.get(path).json()["data"]["reason"] == "Surgery"
    assert reader.patch(path, {"reason": ""}).status_code == 403
    assert reader.delete(path).status_code == 403
    assert everything() == before


def test_another_organizations_hours_are_not_there(stranger, desk, anna, salon):
    schedule = Schedule.objects.get(resource=anna)
    day = desk.post(DATES, {"date": "2026-12-24", "stretches": []}).json()["data"]["id"]
    off = desk.post(TIME_OFF, OFF).json()["data"]["id"]
    foreign = ResourceFactory(organization=OrganizationFactory())
    before = everything()

    for path in (f"{SCHEDULES}/{schedule.pk}", f"{DATES}/{day}", f"{TIME_OFF}/{off}"):
        for answer in (stranger.get(path), stranger.patch(path, {}), stranger.delete(path)):
            assert answer.status_code == 404
    for path, body in (
        (SCHEDULES, {"weekly": WEEK}),
        (DATES, {"date": "2026-12-24", "stretches": []}),
        (TIME_OFF, OFF),
    ):
        answer = desk.post(path, {**body, "resourceId": str(foreign.pk)})
        assert answer.status_code == 404
        assert list(answer.json()["error"]["details"]["fields"]) == ["resourceId"]
        assert stranger.get(path).json()["data"] == []
    assert everything() == before


@pytest.mark.parametrize("path", [SCHEDULES, DATES, TIME_OFF])
def test_a_long_list_costs_no_more_queries_than_a_short_one(
    desk, anna, path, django_assert_max_num_queries
):
    bodies = {
        SCHEDULES: lambda n: {"validFrom": f"2026-12-{n:02}", "weekly": WEEK},
        DATES: lambda n: {"date": f"2026-12-{n:02}", "stretches": [NINE_TO_FIVE]},
        TIME_OFF: lambda n: {"startsOn": f"2026-12-{n:02}", "endsOn": "2026-12-31"},
    }
    for n in range(1, 10):
        body = {**bodies[path](n), "resourceId": str(anna.pk), **EVEN_IF}
        assert desk.post(path, body).status_code == 201
    desk.get(path)  # the key is known from now on

    with django_assert_max_num_queries(3):  # how many, the rows, their hours
        assert len(desk.get(path).json()["data"]) >= 9
