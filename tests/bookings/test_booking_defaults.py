"""What a new service starts with: chosen once by the organization, in the console or over the
API.
"""

import pytest

from bookings.models import BookingDefaults, Service
from bookings.models.rules import RULES
from bookings.services.defaults import set_booking_defaults
from core.access import Role
from core.models import Event
from tests.cast import a_key, client_with
from tests.console import desk_for, said, shown
from tests.factories import OrganizationFactory

pytestmark = pytest.mark.django_db

DEFAULTS = "/api/organization/booking-defaults"
PAGE = "/admin/booking-defaults/"
THE_PRODUCTS_OWN = {
    "durations": [15, 30, 45, 60],
    "slotStepMinutes": 30,
    "bufferBeforeMinutes": 0,
    "bufferAfterMinutes": 0,
    "minimumNoticeMinutes": 120,
    "horizonDays": 180,
    "needsApproval": True,
    "answerWithinMinutes": None,
    "companyRequired": True,
    "inquiryRequired": True,
    "policy": {
        "cancelNoticeMinutes": 0,
        "rescheduleNoticeMinutes": 0,
        "mostReschedules": None,
    },
}
OTHERS = {
    "durations": [45, 90],
    "slotStepMinutes": 15,
    "bufferBeforeMinutes": 5,
    "bufferAfterMinutes": 10,
    "minimumNoticeMinutes": 1440,
    "horizonDays": 60,
    "needsApproval": False,
    "answerWithinMinutes": 600,
    "companyRequired": False,
    "inquiryRequired": False,
    "policy": {
        "cancelNoticeMinutes": 2880,
        "rescheduleNoticeMinutes": 1440,
        "mostReschedules": 2,
    },
}
FORM = {
    "durations": "90, 45",
    "slot_step_minutes": "15",
    "buffer_before_minutes": "5",
    "buffer_after_minutes": "10",
    "minimum_notice_minutes": "1440",
    "horizon_days": "60",
    "answer_within_minutes": "600",
    "cancel_notice_minutes": "2880",
    "reschedule_notice_minutes": "1440",
    "most_reschedules": "2",
}


def rules_in(answer) -> dict:
    """Return of a service what defaults are about."""
    service = answer.json()["data"]
    policy = {name: service["policy"][name] for name in OTHERS["policy"]}
    return {**{name: service[name] for name in OTHERS}, "policy": policy}


def changes() -> list[list[str]]:
    found = Event.objects.filter(name="booking_defaults.updated").order_by("id")
    return list(found.values_list("data__fields", flat=True))


def test_every_rule_can_have_a_default():
    columns = {name for name in RULES if hasattr(Service, name)}
    assert columns == set(RULES)
    assert len(OTHERS) + len(OTHERS["policy"]) - 1 == len(RULES) == len(FORM) + 3


def test_until_somebody_chooses_the_products_own_count(desk, django_assert_num_queries):
    assert desk.get(DEFAULTS).json()["data"] == THE_PRODUCTS_OWN
    with django_assert_num_queries(1):
        desk.get(DEFAULTS)
    assert not BookingDefaults.objects.exists()


def test_a_new_service_starts_with_them_and_an_old_one_keeps_its_own(desk, haircut):
    path = f"/api/services/{haircut.pk}"
    before = desk.get(path).json()

    changed = desk.patch(DEFAULTS, OTHERS)

    assert changed.status_code == 200
    assert changed.json()["data"] == desk.get(DEFAULTS).json()["data"] == OTHERS
    assert rules_in(desk.post("/api/services", {"name": "Color"})) == OTHERS
    assert desk.get(path).json() == before


def test_what_a_service_says_itself_counts(desk):
    desk.patch(DEFAULTS, OTHERS)
    own = {"durations": [20], "needsApproval": True, "policy": {"mostReschedules": None}}

    made = rules_in(desk.post("/api/services", {"name": "Color", **own}))

    policy = {**OTHERS["policy"], "mostReschedules": None}
    assert made == {**OTHERS, **own, "policy": policy}


def test_what_is_left_out_stays_and_what_changed_is_written_down(desk):
    desk.patch(DEFAULTS, {"minimumNoticeMinutes": 60, "policy": {"cancelNoticeMinutes": 60}})
    desk.patch(DEFAULTS, {"minimumNoticeMinutes": 60})
    desk.patch(DEFAULTS, {"horizonDays": 30})

    assert desk.get(DEFAULTS).json()["data"] == {
        **THE_PRODUCTS_OWN,
        "minimumNoticeMinutes": 60,
        "horizonDays": 30,
        "policy": {**THE_PRODUCTS_OWN["policy"], "cancelNoticeMinutes": 60},
    }
    assert changes() == [["cancel_notice_minutes", "minimum_notice_minutes"], ["horizon_days"]]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"durations": [60, 30]}, "durations"),
        ({"durations": []}, "durations"),
        ({"durations": [30, 30]}, "durations"),
        ({"horizonDays": 0}, "horizonDays"),
        ({"slotStepMinutes": 4}, "slotStepMinutes"),
        ({"policy": {"cancelNoticeMinutes": -1}}, "policy.cancelNoticeMinutes"),
        ({"policy": {"lateFee": {"amount": "5.00"}}}, "policy.lateFee"),
        ({"name": "Haircut"}, "name"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_saved(desk, body, field):
    answer = desk.patch(DEFAULTS, {"bufferAfterMinutes": 5, **body})

    assert answer.status_code == 400
    assert list(answer.json()["error"]["details"]["fields"]) == [field]
    assert (BookingDefaults.objects.count(), changes()) == (0, [])


def test_each_organization_has_its_own(desk, salon):
    other = OrganizationFactory(slug="elsewhere")
    stranger = client_with(a_key(other, kind="secret"))

    stranger.patch(DEFAULTS, OTHERS)

    assert desk.get(DEFAULTS).json()["data"] == THE_PRODUCTS_OWN
    assert rules_in(desk.post("/api/services", {"name": "Color"})) == THE_PRODUCTS_OWN


def test_the_console_changes_them(salon, desk):
    owner = desk_for(salon, Role.OWNER)
    settings = f"/admin/core/organization/{salon.pk}/change/"
    assert "They take 15, 30, 45, 60 minutes and begin every 30." in shown(owner.get(settings))

    answer = owner.post(PAGE, FORM)

    assert answer.url == settings
    assert said(answer) == ["New services start with this from now on."]
    assert desk.get(DEFAULTS).json()["data"] == OTHERS
    assert "They take 45, 90 minutes and begin every 15." in shown(owner.get(settings))
    assert len(changes()) == 1


def test_the_consoles_form_for_a_new_service_starts_with_them(salon, staff):
    set_booking_defaults(salon, {"durations": [45, 90], "needs_approval": False}, caller=staff)

    page = desk_for(salon, Role.MANAGER).get("/admin/bookings/service/add/")

    form = page.context["adminform"].form
    assert (form["durations"].value(), form["needs_approval"].value()) == ("45,90", False)
    assert form["horizon_days"].value() == 180


def test_the_console_says_beside_the_field_what_cannot_be(salon):
    page = desk_for(salon, Role.OWNER).post(PAGE, {**FORM, "horizon_days": "0", "durations": "x"})

    assert set(page.context["form"].errors) == {"horizon_days", "durations"}
    assert changes() == []


@pytest.mark.parametrize("role", [Role.MANAGER, Role.STAFF, Role.VIEWER])
def test_only_who_may_change_the_settings_does(salon, role):
    desk = desk_for(salon, role)

    assert desk.get(PAGE).status_code == 403
    assert desk.post(PAGE, FORM).status_code == 403
    assert changes() == []
