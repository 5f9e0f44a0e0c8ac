"""What is offered can be booked, and what is refused says why."""

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from bookings.availability.engine import choose_lane, free_starts, reasons_against
from bookings.availability.intervals import Interval
from bookings.availability.reasons import Reason, ReasonCode
from bookings.availability.rules import OpeningRules, WeeklyHours
from bookings.availability.terms import Blocked, ResourceCalendar, ServiceRules

MINUTE = timedelta(minutes=1)
ANNA, BEA = UUID(int=1), UUID(int=2)
NOW = datetime(2030, 6, 1, 12, tzinfo=UTC)
DAY = Interval(datetime(2030, 6, 3, tzinfo=UTC), datetime(2030, 6, 4, tzinfo=UTC))


def at(hour, minute=0):
    return datetime(2030, 6, 3, hour, minute, tzinfo=UTC)


def during(start, end):
    return Interval(at(start), at(end))


def service(**rules):
    return ServiceRules(**{"durations": (60,), "step_minutes": 60, "horizon_days": 180, **rules})


def calendar(*taken, hours=((9, 17),), resource=ANNA, zone="UTC", **more):
    """Somebody who is there from 9 to 5 every day, on one lane (1) unless told otherwise."""
    weekly = tuple(
        WeeklyHours(weekday, time(opens), time(closes % 24))
        for weekday in range(7)
        for opens, closes in hours
    )
    return ResourceCalendar(
        **{
            "resource_id": resource,
            "timezone": zone,
            "lanes": (1,),
            "opening": (OpeningRules(zone, weekly),),
            "busy": {1: taken},
            **more,
        }
    )


def offered(rules, *calendars, window=DAY, minutes=60, now=NOW):
    found = free_starts(rules, calendars, window, minutes=minutes, now=now)
    return [f"{free.start:%H:%M}" for free in found]


def refused(rules, *calendars, start, minutes=60, now=NOW, on_grid=False):
    reasons = reasons_against(rules, calendars, start, minutes=minutes, now=now, on_grid=on_grid)
    return [reason.code.value for reason in reasons]


def test_a_day_offers_every_hour_that_can_be_finished_before_closing():
    assert offered(service(), calendar(hours=((9, 12),))) == ["09:00", "10:00", "11:00"]
    assert offered(service(), calendar(hours=((9, 12),)), minutes=90) == ["09:00", "10:00"]


def test_the_step_does_not_depend_on_how_long_it_takes():
    half_hourly = service(step_minutes=30)

    assert offered(half_hourly, calendar(hours=((9, 11),))) == ["09:00", "09:30", "10:00"]


def test_nobody_without_hours_or_without_a_lane_is_offered():
    assert offered(service(), calendar(opening=())) == []
    assert offered(service(), calendar(lanes=())) == []
    assert offered(service()) == []
    assert refused(service(), calendar(opening=()), start=at(9)) == ["OUTSIDE_HOURS"]
    assert refused(service(), calendar(lanes=()), start=at(9)) == ["NO_LANE"]
    assert refused(service(), start=at(9)) == ["NO_LANE"]


def test_appointments_stand_back_to_back():
    anna = calendar(during(10, 11), hours=((9, 12),))

    assert offered(service(), anna) == ["09:00", "11:00"]
    assert refused(service(), anna, start=at(10)) == ["TAKEN"]
    assert refused(service(), anna, start=at(10, 59)) == ["TAKEN"]
    assert refused(service(), anna, start=at(9)) == []
    assert refused(service(), anna, start=at(11)) == []


def test_an_appointment_may_span_hours_that_touch_but_not_a_break():
    through = calendar(hours=((9, 12), (12, 15)))
    lunch = calendar(hours=((9, 12), (13, 15)))

    assert refused(service(), through, start=at(11, 30)) == []
    assert refused(service(), lunch, start=at(11, 30)) == ["OUTSIDE_HOURS"]
    assert offered(service(), lunch, minutes=120) == ["09:00", "10:00", "13:00"]


def test_a_night_shift_runs_through_midnight():
    bar = calendar(hours=((0, 2), (22, 24)))

    assert offered(service(), bar, minutes=120) == ["00:00", "22:00", "23:00"]
    assert refused(service(), bar, start=at(23, 30)) == []
    assert refused(service(), calendar(hours=((22, 24),)), start=at(23, 30)) == ["OUTSIDE_HOURS"]


def test_a_window_takes_its_first_start_and_leaves_its_last():
    assert offered(service(), calendar(), window=during(10, 12)) == ["10:00", "11:00"]
    assert offered(service(), calendar(), window=Interval(at(10, 1), at(11, 1))) == ["11:00"]
    assert offered(service(), calendar(), window=Interval(at(16), at(16))) == []
    assert offered(service(), calendar(), window=Interval(at(12), at(10))) == []


def test_a_window_may_be_given_in_any_zone():
    kolkata = ZoneInfo("Asia/Kolkata")
    window = Interval(*(moment.astimezone(kolkata) for moment in during(10, 12)))

    assert offered(service(), calendar(), window=window) == ["10:00", "11:00"]
    assert free_starts(service(), [calendar()], window, minutes=60, now=NOW)[0].start.tzinfo is UTC


def test_an_appointment_is_as_long_as_it_is_on_the_night_when_clocks_go_back():
    berlin = ZoneInfo("Europe/Berlin")
    two = datetime(2030, 10, 27, 2, tzinfo=berlin)
    owl = calendar(hours=((0, 3),), zone="Europe/Berlin")

    assert refused(service(), owl, start=two, minutes=120) == []
    assert refused(service(), owl, start=two, minutes=121) == ["OUTSIDE_HOURS"]
    night = Interval(two, datetime(2030, 10, 27, 4, tzinfo=berlin))
    assert offered(service(), owl, window=night, minutes=120) == ["00:00"]


def test_a_time_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="without a zone"):
        reasons_against(service(), [calendar()], datetime(2030, 6, 3, 9), minutes=60, now=NOW)  # noqa: DTZ001


def test_our_buffers_keep_away_from_the_neighbours():
    buffered = service(buffer_before_minutes=15, buffer_after_minutes=30, step_minutes=15)
    anna = calendar(during(12, 13), hours=((10, 15),))

    assert offered(buffered, anna) == [
        "10:00", "10:15", "10:30", "13:15", "13:30", "13:45", "14:00",
    ]  # fmt: skip
    assert refused(buffered, anna, start=at(10, 45)) == ["BUFFER"]
    assert refused(buffered, anna, start=at(13)) == ["BUFFER"]
    assert refused(buffered, anna, start=at(11, 1)) == ["TAKEN"]
    assert refused(buffered, anna, start=at(12, 59)) == ["TAKEN"]


def test_buffers_may_reach_out_of_opening_hours_and_into_time_off():
    buffered = service(buffer_before_minutes=30, buffer_after_minutes=30)
    off = Blocked(at(12), at(17), ReasonCode.TIME_OFF)

    assert offered(buffered, calendar(hours=((9, 11),))) == ["09:00", "10:00"]
    assert offered(buffered, calendar(closed=[off])) == ["09:00", "10:00", "11:00"]


def test_but_not_into_what_is_busy_outside_of_opening_hours():
    buffered = service(buffer_before_minutes=30)
    early = Interval(at(8), at(8, 31))

    assert refused(buffered, calendar(early), start=at(9)) == ["BUFFER"]
    assert refused(buffered, calendar(Interval(at(8), at(8, 30))), start=at(9)) == []


def test_a_neighbours_buffer_is_told_from_the_neighbour():
    cleaned = Blocked(at(10), at(11, 15), appointment=during(10, 11))

    assert refused(service(), calendar(cleaned), start=at(11)) == ["BUFFER"]
    assert refused(service(), calendar(cleaned), start=at(10, 45)) == ["TAKEN"]
    assert refused(service(), calendar(cleaned), start=at(11, 15)) == []


def test_where_an_appointment_collides_the_buffers_are_not_worth_telling():
    held = Blocked(at(11), at(12), ReasonCode.HELD)
    anna = calendar(during(10, 11), held)

    assert refused(service(buffer_after_minutes=15), anna, start=at(10)) == ["TAKEN"]


def test_minimum_notice_holds_to_the_minute():
    two_hours = service(minimum_notice_minutes=120)
    just, late = at(9) - 120 * MINUTE, at(9) - 119 * MINUTE

    assert offered(two_hours, calendar(hours=((9, 11),)), now=just) == ["09:00", "10:00"]
    assert offered(two_hours, calendar(hours=((9, 11),)), now=late) == ["10:00"]
    assert refused(two_hours, calendar(), start=at(9), now=just) == []
    assert refused(two_hours, calendar(), start=at(9), now=late) == ["MIN_NOTICE"]


def test_without_notice_the_past_is_still_refused():
    assert refused(service(), calendar(), start=at(9), now=at(9)) == []
    assert refused(service(), calendar(), start=at(9), now=at(9, 1)) == ["MIN_NOTICE"]


def test_the_horizon_ends_with_a_whole_local_day():
    two_days = service(horizon_days=2, step_minutes=30)
    owl = calendar(hours=((0, 24),), zone="America/New_York")
    evening = datetime(2030, 6, 1, 23, 50, tzinfo=ZoneInfo("America/New_York"))
    midnight = datetime(2030, 6, 4, tzinfo=ZoneInfo("America/New_York"))
    last = midnight - 30 * MINUTE
    week = Interval(NOW, NOW + timedelta(days=7))

    assert refused(two_days, owl, start=last, now=evening) == []
    assert refused(two_days, owl, start=midnight, now=evening) == ["HORIZON"]
    found = free_starts(two_days, [owl], week, minutes=60, now=evening)
    assert found[-1].start == last


def test_only_today_can_be_booked_with_a_horizon_of_none():
    today = service(horizon_days=0)

    assert offered(today, calendar(), window=DAY, now=at(15)) == ["15:00", "16:00"]
    assert offered(today, calendar(), window=DAY, now=NOW) == []


@pytest.mark.parametrize(
    ("start", "reason"),
    [
        (datetime(9999, 12, 31, 23, 59, tzinfo=UTC), "HORIZON"),
        (datetime(1, 1, 1, tzinfo=UTC), "MIN_NOTICE"),
    ],
)
def test_the_ends_of_time_are_refused_and_break_nothing(start, reason):
    assert refused(service(buffer_before_minutes=5), calendar(), start=start) == [reason]


def test_all_of_time_as_a_window_is_what_notice_and_horizon_leave_of_it():
    ages = Interval(datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC))

    assert offered(service(horizon_days=1), calendar(hours=((10, 14),)), window=ages) == [
        "12:00", "13:00", "10:00", "11:00", "12:00", "13:00",
    ]  # fmt: skip


def test_time_off_and_holidays_close_a_resource_and_say_so():
    off = Blocked(at(9), at(11), ReasonCode.TIME_OFF, cause="dentist")
    holiday = Blocked(at(10), at(17), ReasonCode.HOLIDAY, cause="Whit Monday")
    anna = calendar(closed=[off, holiday])

    assert offered(service(), calendar(closed=[off]))[:2] == ["11:00", "12:00"]
    assert offered(service(), anna) == []
    assert reasons_against(service(), [anna], at(10), minutes=60, now=NOW) == (
        Reason(ReasonCode.TIME_OFF, ("dentist",)),
        Reason(ReasonCode.HOLIDAY, ("Whit Monday",)),
    )


def test_all_reasons_are_told_in_their_order():
    held = Blocked(at(18), at(19), ReasonCode.HELD, cause="hold 7")
    abroad = Blocked(at(18), at(20), ReasonCode.EXTERNAL_BUSY)
    off = Blocked(at(0), at(23), ReasonCode.TIME_OFF)
    anna = calendar(held, Interval(at(18), at(19, 30)), abroad, closed=[off])
    rules = service(minimum_notice_minutes=5 * 24 * 60, horizon_days=1)

    assert refused(rules, anna, start=at(18, 5), on_grid=True) == [
        "OUTSIDE_HOURS", "TIME_OFF", "MIN_NOTICE", "HORIZON",
        "HELD", "TAKEN", "EXTERNAL_BUSY", "OFF_GRID",
    ]  # fmt: skip


def test_staff_may_book_between_the_steps_and_customers_are_told():
    assert refused(service(), calendar(), start=at(9, 10)) == []
    assert refused(service(), calendar(), start=at(9, 10), on_grid=True) == ["OFF_GRID"]


def test_three_lanes_take_three_at_once_and_fill_in_order():
    busy = {1: [during(10, 12)], 2: [during(10, 11)], 3: []}
    kennel = calendar(lanes=(1, 2, 3), busy=busy)

    assert choose_lane(kennel, at(9), minutes=60, service=service()) == 1
    assert choose_lane(kennel, at(10), minutes=60, service=service()) == 3
    assert choose_lane(kennel, at(11), minutes=60, service=service()) == 2
    assert choose_lane(kennel, at(10), minutes=60, service=service(buffer_after_minutes=5)) == 3
    assert "10:00" in offered(service(), kennel)


def test_a_full_kennel_has_no_lane_and_says_what_is_on_them():
    full = calendar(
        lanes=(1, 2, 3),
        busy={
            1: [during(10, 12)],
            2: [Blocked(at(10), at(11), ReasonCode.HELD)],
            3: [Interval(at(9, 30), at(10, 1))],
        },
    )

    assert choose_lane(full, at(10), minutes=60, service=service()) is None
    assert refused(service(), full, start=at(10)) == ["HELD", "TAKEN", "NO_LANE"]
    assert offered(service(), full, window=during(9, 12)) == ["09:00", "11:00"]


def test_a_start_names_everybody_who_is_free_in_the_order_given():
    anna, bea = calendar(during(10, 11)), calendar(during(9, 10), resource=BEA, hours=((9, 11),))

    found = free_starts(service(), [bea, anna], during(9, 12), minutes=60, now=NOW)

    assert [(free.start, free.resource_ids) for free in found] == [
        (at(9), (ANNA,)),
        (at(10), (BEA,)),
        (at(11), (ANNA,)),
    ]
    both = free_starts(service(), [bea, calendar()], during(10, 11), minutes=60, now=NOW)
    assert both == [(at(10), (BEA, ANNA))]


def test_of_several_the_one_that_came_closest_speaks():
    away, taken = calendar(hours=((13, 17),)), calendar(during(9, 10), resource=BEA)

    assert refused(service(), away, taken, start=at(9)) == ["TAKEN"]
    assert refused(service(), taken, away, start=at(9)) == ["TAKEN"]
    assert refused(service(), away, calendar(resource=BEA), start=at(9)) == []


def test_schedules_follow_each_other_through_the_year():
    summer = OpeningRules("UTC", (WeeklyHours(0, time(7), time(9)),), date(2030, 6, 1), None)
    winter = OpeningRules("UTC", (WeeklyHours(0, time(9), time(11)),), None, date(2030, 5, 31))
    week_before = Interval(*(moment - timedelta(days=7) for moment in DAY))
    anna = calendar(opening=(winter, summer))

    assert offered(service(), anna) == ["07:00", "08:00"]
    assert offered(service(), anna, window=week_before, now=NOW - timedelta(days=14)) == [
        "09:00", "10:00",
    ]  # fmt: skip


def test_a_service_without_a_step_is_refused():
    with pytest.raises(ValueError, match="step"):
        service(step_minutes=0)
