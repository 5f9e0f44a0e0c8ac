"""The doctor at night and in the console: what is kept, told and shown, and to whom."""

from datetime import timedelta

import pytest
from celery.schedules import crontab
from django.utils import timezone

from core.access import Role
from core.models import Checkup
from core.observability.gauges import checkup_age_seconds, checkup_findings
from core.services.checkup import KEPT_FOR, check_up
from core.tasks import check_up as tonight
from tests.console import desk_for, said, shown
from tests.core.log_lines import log_lines
from tests.doctor import break_rows
from tests.factories import (
    CourseFactory,
    GroupSessionFactory,
    OrganizationFactory,
    ResourceFactory,
)

pytestmark = pytest.mark.django_db

PAGE = "/admin/checkup/"
SAYS = "It counts 2 booked and 0 held places; there are 1 bookings and 0 holds."
# session, user, membership; the checkups, and one's findings; the rows, and their organization;
# whether there is a course, for the menu
QUERIES = 8
DAY = timedelta(days=1)
PROMISE = "A session counts exactly the places that are booked and held."


@pytest.fixture
def wrong(place, tutorial):
    """A session of the salon that counts a place too many."""
    place()
    break_rows("UPDATE bookings_groupsession SET taken = 2 WHERE id = %s", tutorial.pk)
    return tutorial


@pytest.fixture
def elsewhere():
    """Another organization, with a session that counts a place which nobody has."""
    school = OrganizationFactory(name="School of Rock", slug="school")
    course = CourseFactory(organization=school)
    session = GroupSessionFactory(
        service=course, resource=ResourceFactory(organization=school, name="Dewey")
    )
    break_rows("UPDATE bookings_groupsession SET taken = 1 WHERE id = %s", session.pk)
    return school


def test_a_night_in_which_all_is_well_is_kept_and_says_nothing(salon):
    with log_lines() as lines:
        tonight()

    checkup = Checkup.objects.get()
    assert (checkup.organization, checkup.findings) == (None, [])
    assert checkup.checks > 25
    assert lines.of("core.services.checkup") == []
    assert checkup_findings() == 0


def test_what_is_found_at_night_is_kept_logged_and_counted(wrong, salon):
    with log_lines() as lines:
        tonight()

    checkup = Checkup.objects.get()
    assert checkup.findings == [
        {
            "check": "sessions_count_their_places",
            "subject": "bookings.groupsession",
            "id": str(wrong.pk),
            "organization": str(salon.pk),
            "numbers": {"taken": 2, "held": 0, "bookings": 1, "holds": 0},
            "says": SAYS,
        }
    ]
    (line,) = lines.of("core.services.checkup")
    assert (line["level"], line["message"]) == ("error", "The checkup found what must not be")
    assert line["context"]["findings"] == 1
    assert line["context"]["broken"] == ["sessions_count_their_places"]
    assert checkup_findings() == 1


def test_a_second_clock_does_not_look_again_in_the_same_night(salon, clock):
    tonight()
    tonight()
    assert Checkup.objects.count() == 1

    clock.shift(timedelta(days=1))
    assert checkup_age_seconds() == pytest.approx(24 * 3600, abs=5)
    tonight()

    assert Checkup.objects.count() == 2


def test_the_clock_looks_at_half_past_two_unless_told_otherwise(settings):
    entry = settings.CELERY_BEAT_SCHEDULE["check-up"]

    assert entry == {"task": tonight.name, "schedule": crontab(hour=2, minute=30)}


def test_checkups_are_forgotten_after_ninety_days(salon, clock):
    old, young = check_up(), check_up(organization=salon)
    Checkup.objects.filter(pk=old.pk).update(created_at=timezone.now() - KEPT_FOR - DAY)
    Checkup.objects.filter(pk=young.pk).update(created_at=timezone.now() - KEPT_FOR + DAY)

    tonight()

    assert not Checkup.objects.filter(pk=old.pk).exists()
    assert Checkup.objects.filter(pk=young.pk).exists()


def test_an_owner_sees_what_is_wrong_with_their_own_rows(wrong, elsewhere, salon):
    desk = desk_for(salon, Role.OWNER)
    assert "Nobody has looked yet" in shown(desk.get(PAGE))
    tonight()

    page = shown(desk.get(PAGE))

    assert PROMISE in page
    assert SAYS in page
    assert "check_invariants --repair" in page
    assert f"/admin/bookings/groupsession/{wrong.pk}/change/" in page
    assert "1 finding" in page
    assert "School of Rock" not in page
    assert "It counts 1 booked" not in page
    today = shown(desk.get("/admin/"))
    assert f'<a class="hf-link" href="{PAGE}">The checkup found 1 thing that must not be.' in today


def test_who_administers_the_installation_sees_everything(wrong, elsewhere):
    tonight()

    page = shown(desk_for(None, is_superuser=True).get(PAGE))

    assert SAYS in page
    assert "It counts 1 booked and 0 held places; there are 0 bookings and 0 holds." in page
    assert "School of Rock" in page
    assert "2 findings" in page


def test_an_owner_looks_again_and_only_at_their_own_rows(wrong, elsewhere, salon):
    desk = desk_for(salon, Role.OWNER)

    answer = desk.send(PAGE)

    assert (answer.status_code, answer.url) == (302, PAGE)
    assert said(answer) == ["1 thing is not as it must be."]
    checkup = Checkup.objects.get()
    assert checkup.organization == salon
    assert [one["organization"] for one in checkup.findings] == [str(salon.pk)]
    assert checkup_findings() == 0  # of everybody's rows nobody has looked yet

    break_rows("UPDATE bookings_groupsession SET taken = 1 WHERE id = %s", wrong.pk)
    assert said(desk.send(PAGE))[-1] == "Everything is in order."
    page = shown(desk.get(PAGE))
    assert "Everything is in order" in page
    assert SAYS not in page
    earlier = shown(desk.get(f"{PAGE}?run={checkup.pk}"))
    assert SAYS in earlier


def test_another_organizations_checkup_is_not_there(wrong, elsewhere, salon):
    theirs = check_up(organization=elsewhere)
    desk = desk_for(salon, Role.OWNER)

    assert desk.get(f"{PAGE}?run={theirs.pk}").status_code == 404
    assert desk.get(f"{PAGE}?run=nonsense").status_code == 404
    assert "Nobody has looked yet" in shown(desk.get(PAGE))


@pytest.mark.parametrize("role", [Role.MANAGER, Role.STAFF, Role.VIEWER])
def test_who_does_not_look_after_the_system_sees_no_checkup(wrong, salon, role):
    tonight()
    desk = desk_for(salon, role)

    assert desk.get(PAGE).status_code == 403
    assert desk.send(PAGE).status_code == 403
    assert Checkup.objects.count() == 1
    today = shown(desk.get("/admin/"))
    assert PAGE not in today
    assert "The checkup found" not in today


def test_the_page_takes_as_many_queries_for_many_findings_as_for_one(
    wrong, salon, django_assert_num_queries
):
    desk = desk_for(salon, Role.OWNER)
    tonight()
    with django_assert_num_queries(QUERIES):
        desk.get(PAGE)
    break_rows("UPDATE core_event SET name = 'booking.made' WHERE name = 'booking.created'")
    break_rows("UPDATE bookings_booking SET ends_at = ends_at + interval '1 minute'")
    check_up(organization=salon)

    with django_assert_num_queries(QUERIES + 1):  # bookings, besides the session
        assert "A place has the time" in shown(desk.get(PAGE))
