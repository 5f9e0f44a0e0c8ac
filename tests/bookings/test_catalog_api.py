"""Services, resources and their types, read and written through the API."""

import pytest

from bookings.models import Question, Requirement, Resource, Service
from core.models import ApiKey, Event
from tests.cast import a_key, client_with
from tests.factories import (
    OrganizationFactory,
    ResourceFactory,
    ResourceTypeFactory,
    ServiceFactory,
)

pytestmark = pytest.mark.django_db

SERVICES, RESOURCES, TYPES = "/api/services", "/api/resources", "/api/resource-types"

# What a customer may read of a service; everything else is the business's own.
PUBLIC = {
    "id", "slug", "code", "name", "description", "durations", "slotStepMinutes",
    "minimumNoticeMinutes", "horizonDays", "needsApproval", "companyRequired", "inquiryRequired",
    "isDefault", "active", "assignment", "price", "location", "policy", "questions", "resources",
    "examPeriods",
}  # fmt: skip


@pytest.fixture
def table(salon):
    """Two grooming tables, which Anna's salon has beside its staff."""
    kind = ResourceTypeFactory(organization=salon, key="table", name="Table")
    return ResourceFactory(organization=salon, name="Table 1", type=kind)


@pytest.fixture
def grooming(anna, table) -> dict:
    """A service with every setting, as a client sends it."""
    return {
        "name": "Grooming",
        "slug": "grooming",
        "code": "G1",
        "description": "Wash and cut.",
        "durations": [45, 90],
        "slotStepMinutes": 15,
        "bufferBeforeMinutes": 5,
        "bufferAfterMinutes": 10,
        "minimumNoticeMinutes": 60,
        "horizonDays": 90,
        "limits": {
            "perDay": 8,
            "perWeek": None,
            "perMonth": 100,
            "customerPerDay": 1,
            "customerPerWeek": 2,
            "customerPerMonth": None,
        },
        "needsApproval": True,
        "answerWithinMinutes": 720,
        "companyRequired": False,
        "inquiryRequired": False,
        "price": {"amount": "45.50", "currency": "EUR"},
        "location": {"kind": "VIDEO", "text": "https://meet.example/salon"},
        "questions": [
            {
                "key": "dog",
                "label": "Which dog?",
                "kind": "CHOICE",
                "options": ["Small", "Large"],
                "isRequired": True,
            }
        ],
        "policy": {
            "cancelNoticeMinutes": 1440,
            "rescheduleNoticeMinutes": 720,
            "mostReschedules": 2,
            "lateFee": {"amount": "20.00", "currency": "EUR"},
        },
        "assignment": "PRIORITY",
        "fairnessDays": 14,
        "requirements": [
            {"resourceType": "staff", "quantity": 1},
            {"resourceType": "table", "quantity": 1},
        ],
        "resources": [
            {"id": str(anna.pk), "priority": 0, "weight": 2},
            {"id": str(table.pk), "priority": 1, "weight": 1},
        ],
        "examPeriods": [
            {"kind": "MIDTERM", "startsOn": "2026-11-16", "endsOn": "2026-11-27"},
            {"kind": "FINAL", "startsOn": "2027-02-01", "endsOn": "2027-02-12"},
        ],
        "isDefault": False,
        "active": True,
    }


def wrong_fields(response) -> dict:
    return response.json()["error"]["details"]["fields"]


def events_named(name: str) -> list[dict]:
    return list(Event.objects.filter(name=name).order_by("id").values_list("data", flat=True))


class TestServices:
    def test_a_service_is_made_with_every_setting_and_read_back(self, desk, grooming):
        made = desk.post(SERVICES, grooming)

        assert made.status_code == 201
        read = desk.get(f"{SERVICES}/{made.json()['data']['id']}").json()["data"]
        assert {name: value for name, value in read.items() if name != "id"} == grooming
        assert events_named("service.created") == [{}]

    def test_customers_read_what_they_need_and_no_more(self, desk, website, grooming, anna):
        made = desk.post(SERVICES, grooming).json()["data"]

        read = website.get(f"{SERVICES}/{made['id']}").json()["data"]

        assert set(read) == PUBLIC
        assert read["resources"][0] == {"id": str(anna.pk)}
        assert read["location"] == {"kind": "VIDEO", "text": ""}
        assert read["policy"]["lateFee"] == {"amount": "20.00", "currency": "EUR"}
        assert read["questions"] == grooming["questions"]
        listed = website.get(SERVICES).json()["data"]
        assert listed[1] == read

    def test_a_name_is_enough(self, desk):
        made = desk.post(SERVICES, {"name": "Beard trim"}).json()["data"]

        assert (made["slug"], made["durations"]) == ("beard-trim", [15, 30, 45, 60])
        assert (made["needsApproval"], made["resources"], made["price"]) == (True, [], None)
        assert desk.post(SERVICES, {"name": "美容"}).json()["data"]["slug"].startswith("service-")

    def test_a_change_is_only_what_was_named(self, desk, grooming):
        made = desk.post(SERVICES, grooming).json()["data"]
        path = f"{SERVICES}/{made['id']}"

        changed = desk.patch(
            path,
            {
                "name": "Spa",
                "limits": {"perDay": None},
                "policy": {"lateFee": None},
                "location": {"text": "https://other.example"},
                "price": {"amount": 50},
            },
        )
        same = desk.patch(
            path, {"name": "Spa", "durations": [45, 90], "questions": made["questions"]}
        )

        assert changed.json()["data"] == same.json()["data"]
        assert changed.json()["data"] == {
            **made,
            "name": "Spa",
            "limits": {**made["limits"], "perDay": None},
            "policy": {**made["policy"], "lateFee": None},
            "location": {"kind": "VIDEO", "text": "https://other.example"},
            "price": {"amount": "50.00", "currency": "EUR"},
        }
        assert events_named("service.updated") == [
            {"fields": ["late_fee_amount", "limit_per_day", "location", "name", "price_amount"]}
        ]

    def test_lists_take_the_place_of_the_old_ones(self, desk, grooming, anna, ben):
        path = f"{SERVICES}/{desk.post(SERVICES, grooming).json()['data']['id']}"

        changed = desk.patch(
            path,
            {
                "requirements": [],
                "resources": [{"id": str(ben.pk)}],
                "questions": [{"key": "age", "label": "How old?", "kind": "NUMBER"}],
            },
        ).json()["data"]

        assert changed["requirements"] == []
        assert changed["resources"] == [{"id": str(ben.pk), "priority": 0, "weight": 1}]
        assert [question["key"] for question in changed["questions"]] == ["age"]
        assert set(Question.objects.values_list("key", "is_active")) == {
            ("dog", False),
            ("age", True),
        }
        assert events_named("service.updated") == [
            {"fields": ["questions", "requirements", "resources"]}
        ]

    def test_what_is_switched_off_is_there_for_who_may_change_it(self, desk, website, haircut):
        path = f"{SERVICES}/{haircut.pk}"

        off = desk.delete(path)

        assert (off.status_code, off.json()["data"]["active"]) == (200, False)
        assert website.get(path).status_code == 404
        assert desk.get(SERVICES).json()["data"] == []
        assert len(desk.get(SERVICES, {"active": "false"}).json()["data"]) == 1
        assert website.get(SERVICES, {"active": "any"}).status_code == 403
        assert desk.patch(path, {"active": True}).json()["data"]["active"] is True
        assert website.get(path).status_code == 200

    def test_the_usual_service_is_one(self, desk, haircut):
        desk.post(SERVICES, {"name": "Color", "isDefault": True})

        haircut.refresh_from_db()
        assert haircut.is_default is False
        assert Service.objects.get(is_default=True).name == "Color"

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"code": " "}, "code"),
            ({"code": "MATH-101 "}, "code"),
            ({"durations": [60, 30]}, "durations"),
            ({"durations": [30, 30]}, "durations"),
            ({"durations": []}, "durations"),
            ({"durations": [4]}, "durations.0"),
            ({"durations": ["30"]}, "durations.0"),
            ({"slotStepMinutes": 0}, "slotStepMinutes"),
            ({"needsApproval": "yes"}, "needsApproval"),
            ({"limits": {"perDay": 0}}, "limits.perDay"),
            ({"limits": {"perYear": 1}}, "limits.perYear"),
            ({"policy": {"lateFee": {"amount": "-1"}}}, "policy.lateFee.amount"),
            ({"price": {"amount": "4", "currency": "USD"}}, "price.currency"),
            ({"location": {"kind": "MOON"}}, "location.kind"),
            ({"assignment": "NOBODY"}, "assignment"),
            ({"weight": 1}, "weight"),
            ({"questions": [{"key": "a b", "label": "A"}]}, "questions.0.key"),
            ({"questions": [{"key": "a", "label": "A", "kind": "CHOICE"}]}, "questions.0.options"),
            ({"questions": [{"key": "a", "label": "A", "options": ["x"]}]}, "questions.0.options"),
            (
                {"questions": [{"key": "a", "label": "A"}, {"key": "a", "label": "B"}]},
                "questions.1.key",
            ),
            ({"requirements": [{"resourceType": "staff", "quantity": 2}]}, "requirements.0"),
            ({"requirements": [{"resourceType": "room"}]}, "requirements.0"),
            (
                {"examPeriods": [{"kind": "FINAL", "startsOn": "2026-12-01", "endsOn": "x"}]},
                "examPeriods.0.endsOn",
            ),
            (
                {
                    "examPeriods": [
                        {"kind": "FINAL", "startsOn": "2026-12-01", "endsOn": "2026-12-02"}
                    ]
                },
                "examPeriods",
            ),
        ],
    )
    def test_what_is_wrong_is_named_and_nothing_changes(self, desk, salon, haircut, change, field):
        ResourceTypeFactory(organization=salon, key="room", name="Room")
        before = Service.objects.values().get()

        refused = desk.patch(f"{SERVICES}/{haircut.pk}", {**change, "name": "Cut"})

        assert refused.status_code == 400
        assert list(wrong_fields(refused)) == [field]
        assert Service.objects.values().get() == before
        assert not Requirement.objects.exists()
        assert not Question.objects.exists()
        assert events_named("service.updated") == []

    def test_a_slug_is_one_services(self, desk, haircut):
        refused = desk.post(SERVICES, {"name": "Another", "slug": "haircut"})

        assert refused.status_code == 409
        assert refused.json()["error"]["details"] == {
            "reason": "SLUG_TAKEN",
            "fields": {"slug": ["Another service has this slug already."]},
        }
        assert Service.objects.count() == 1

    def test_a_code_is_one_courses(self, desk, algebra):
        refused = desk.post(SERVICES, {"name": "Another", "code": "MATH-101"})

        assert refused.status_code == 409
        assert refused.json()["error"]["details"] == {
            "reason": "CODE_TAKEN",
            "fields": {"code": ["Another course has this code already."]},
        }
        assert Service.objects.filter(code="MATH-101").count() == 1

    @pytest.mark.parametrize("what", ["products", "tutorial"])
    def test_what_sells_something_stays_a_course(self, desk, algebra, what, request):
        path = f"{SERVICES}/{algebra.pk}"
        assert desk.patch(path, {"code": ""}).json()["data"]["code"] == ""
        assert desk.patch(path, {"code": "MATH-101"}).status_code == 200
        request.getfixturevalue(what)

        refused = desk.patch(path, {"code": "", "name": "No course"})

        assert refused.status_code == 409
        assert refused.json()["error"]["details"]["reason"] == "COURSE_IN_USE"
        algebra.refresh_from_db()
        assert (algebra.code, algebra.name) == ("MATH-101", "Algebra I")

    def test_what_is_somebody_elses_is_not_there(self, desk, haircut):
        elsewhere = OrganizationFactory()
        theirs = ResourceFactory(organization=elsewhere)
        ResourceTypeFactory(organization=elsewhere, key="boat", name="Boat")
        other = ServiceFactory(organization=elsewhere)
        path = f"{SERVICES}/{haircut.pk}"

        share = desk.patch(path, {"resources": [{"id": str(theirs.pk)}]})
        need = desk.patch(path, {"requirements": [{"resourceType": "boat"}]})

        assert (share.status_code, list(wrong_fields(share))) == (404, ["resources.0.id"])
        assert (need.status_code, list(wrong_fields(need))) == (
            404,
            ["requirements.0.resourceType"],
        )
        for call in (desk.patch, desk.delete):
            assert call(f"{SERVICES}/{other.pk}", {}).status_code == 404
        assert list(haircut.resources.values_list("name", flat=True)) == ["Anna"]

    def test_a_list_asks_as_often_with_many_rows(
        self, desk, website, salon, grooming, django_assert_num_queries
    ):
        def cost(client, queries: int) -> None:
            with django_assert_num_queries(queries):
                assert client.get(SERVICES).status_code == 200

        desk.post(SERVICES, grooming)
        desk.get(SERVICES), website.get(SERVICES)
        cost(website, 5)  # how many, the rows, questions, exam periods, who does them
        cost(desk, 6)  # … and what they require
        for _ in range(5):
            ServiceFactory(organization=salon, resources=[ResourceFactory(organization=salon)])
        cost(website, 5)
        cost(desk, 6)


@pytest.mark.parametrize("scopes", [["catalog:read"], ["bookings:write", "catalog:read"]])
def test_who_may_only_read_changes_nothing(salon, haircut, anna, scopes):
    reader = client_with(a_key(salon, kind=ApiKey.Kind.SECRET, scopes=scopes))
    rows = {SERVICES: haircut.pk, RESOURCES: anna.pk, TYPES: anna.type_id}

    for path, pk in rows.items():
        assert reader.get(f"{path}/{pk}").status_code == 200
        assert reader.post(path, {"name": "New"}).status_code == 403
        assert reader.patch(f"{path}/{pk}", {"name": "New"}).status_code == 403
        assert reader.delete(f"{path}/{pk}").status_code == 403

    assert "limits" not in reader.get(f"{SERVICES}/{haircut.pk}").json()["data"]
    assert (Service.objects.count(), Resource.objects.count()) == (1, 1)
