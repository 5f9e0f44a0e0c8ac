"""Services, staff, how many at once, opening hours."""

from datetime import timedelta

import pytest

from bookings.models import Question, Resource, Service, WeeklyHours
from bookings.services.questions import QuestionDetails, set_questions
from core.access import Role
from core.models import Event
from tests.console import desk_for, shown
from tests.factories import (
    OrganizationFactory,
    ResourceFactory,
    ResourceTypeFactory,
    ServiceFactory,
)

pytestmark = pytest.mark.django_db

SERVICES, RESOURCES = "/admin/bookings/service/", "/admin/bookings/resource/"
HOUR = timedelta(hours=1)


@pytest.fixture
def desk(salon):
    return desk_for(salon, Role.MANAGER)


@pytest.fixture
def elsewhere():
    return OrganizationFactory(name="Elsewhere")


@pytest.fixture
def service_form(anna):
    return {
        "name": "Color",
        "slug": "color",
        "code": "",
        "description": "",
        "durations": "60, 90,60",
        "slot_step_minutes": "30",
        "buffer_before_minutes": "0",
        "buffer_after_minutes": "15",
        "minimum_notice_minutes": "120",
        "horizon_days": "90",
        "needs_approval": "on",
        "price_amount": "45.50",
        "location_kind": "ADDRESS",
        "location": "",
        "assignment": "FAIR",
        "fairness_days": "28",
        "cancel_notice_minutes": "0",
        "reschedule_notice_minutes": "0",
        "questions-TOTAL_FORMS": "0",
        "questions-INITIAL_FORMS": "0",
        "is_active": "on",
        "done_by": [str(anna.pk)],
    }


def test_a_service_is_added_to_the_own_organization_and_written_down(
    desk, salon, service_form, anna
):
    answer = desk.post(f"{SERVICES}add/", service_form)

    assert answer.url == SERVICES
    service = Service.objects.get()
    assert (service.organization, service.name) == (salon, "Color")
    assert (service.durations, service.buffer_after_minutes) == ([60, 90], 15)
    assert (service.company_required, service.needs_approval) == (False, True)
    assert list(service.resources.all()) == [anna]
    event = Event.objects.get()
    assert (event.name, event.subject_id, event.actor_id) == (
        "service.created",
        service.pk,
        desk.user.pk,
    )


def test_a_change_is_written_down_by_the_names_of_its_fields(desk, haircut, service_form):
    form = {**service_form, "name": "Cut", "slug": "haircut", "is_default": "on"}

    desk.post(f"{SERVICES}{haircut.pk}/change/", form)

    haircut.refresh_from_db()
    assert haircut.name == "Cut"
    event = Event.objects.get(name="service.updated")
    assert "name" in event.data["fields"]
    assert "Cut" not in str(event.data)


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("slug", "haircut", "Another service has this slug already."),
        ("durations", "", "This field is required."),
        ("durations", "2", "Ensure this value is greater than or equal to 5."),
        ("slot_step_minutes", "0", "Ensure this value is greater than or equal to 5."),
        ("price_amount", "-1", "Ensure this value is greater than or equal to 0."),
    ],
)
def test_what_the_rules_refuse_is_said_in_the_form(
    desk, haircut, service_form, field, typed, sentence
):
    page = desk.post(f"{SERVICES}add/", {**service_form, field: typed})

    assert page.status_code == 200
    assert sentence in str(page.context["adminform"].form.errors)
    assert Service.objects.count() == 1


def test_the_usual_service_is_one_and_another_takes_its_place(desk, haircut, service_form):
    desk.post(f"{SERVICES}add/", {**service_form, "is_default": "on"})

    haircut.refresh_from_db()
    assert not haircut.is_default
    assert Service.objects.get(is_default=True).name == "Color"


def test_who_does_it_has_an_order_and_a_share(desk, haircut, service_form, anna, ben):
    form = {
        **service_form,
        "slug": "haircut",
        "done_by": [str(anna.pk), str(ben.pk)],
        f"done_by-{anna.pk}-order": "2",
        f"done_by-{anna.pk}-share": "3",
    }

    desk.post(f"{SERVICES}{haircut.pk}/change/", form)

    offers = haircut.offered_by.values_list("resource", "priority", "weight")
    assert list(offers) == [(ben.pk, 0, 1), (anna.pk, 2, 3)]
    assert "resources" in Event.objects.get(name="service.updated").data["fields"]
    desk.post(f"{SERVICES}{haircut.pk}/change/", {**form, "done_by": [str(ben.pk)]})
    assert list(haircut.resources.all()) == [ben]


def test_a_share_that_is_no_number_is_refused(desk, service_form, anna):
    for typed in ("0", "101", "-1", "many", "9" * 30):
        page = desk.post(f"{SERVICES}add/", {**service_form, f"done_by-{anna.pk}-share": typed})

        assert "Write a number from 1 to 100." in str(page.context["adminform"].form.errors)
    assert Service.objects.count() == 0


def test_a_service_takes_several_at_once(desk, salon, service_form, anna):
    kind = ResourceTypeFactory(organization=salon, key="table", name="Table")
    table = ResourceFactory(organization=salon, type=kind, name="Table 1")
    form = {
        **service_form,
        f"needs-{kind.pk}-count": "1",
        f"needs-{kind.pk}-order": "2",
        f"needs-{anna.type_id}-count": "1",
        f"needs-{anna.type_id}-order": "1",
    }

    refused = desk.post(f"{SERVICES}add/", form)
    desk.post(f"{SERVICES}add/", {**form, "done_by": [str(anna.pk), str(table.pk)]})

    errors = str(refused.context["adminform"].form.errors)
    assert "Table: Nobody who does it is of this type." in errors
    service = Service.objects.get()
    needs = service.requirements.values_list("type__key", "quantity")
    assert list(needs) == [("staff", 1), ("table", 1)]
    page = shown(desk.get(f"{SERVICES}{service.pk}/change/"))
    assert f'name="needs-{kind.pk}-count" value="1"' in page


@pytest.fixture
def question():
    return {
        "questions-TOTAL_FORMS": "1",
        "questions-0-label": "Which tone?",
        "questions-0-kind": "CHOICE",
        "questions-0-choices": "Red\n\n  Black ",
        "questions-0-is_active": "on",
        "questions-0-position": "0",
    }


def test_a_question_is_asked_until_it_is_not(desk, service_form, question):
    desk.post(f"{SERVICES}add/", {**service_form, **question})

    service, tone = Service.objects.get(), Question.objects.get()
    assert (tone.key, tone.options, service.asks_questions) == (
        "which-tone",
        ["Red", "Black"],
        True,
    )
    off = {name: value for name, value in question.items() if "is_active" not in name}
    off |= {"questions-INITIAL_FORMS": "1", "questions-0-id": str(tone.pk)}
    off |= {"questions-0-service": str(service.pk)}
    desk.post(f"{SERVICES}{service.pk}/change/", {**service_form, "durations": "60,90", **off})
    service.refresh_from_db()
    assert (service.asks_questions, Question.objects.get().is_active) == (False, False)
    assert Event.objects.get(name="service.updated").data == {"fields": ["questions"]}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"choices": ""}, "A question with a choice needs something to choose."),
        ({"choices": "Red\nRed"}, "Write each option once."),
        ({"kind": "TEXT"}, "Only a question with a choice has options."),
        ({"label": ""}, "This field is required."),
    ],
)
def test_a_question_that_cannot_be_asked_is_refused(
    desk, service_form, question, changes, sentence
):
    wrong = {f"questions-0-{name}": value for name, value in changes.items()}

    page = desk.post(f"{SERVICES}add/", {**service_form, **question, **wrong})

    assert sentence in shown(page)
    assert Service.objects.count() == 0


def test_a_new_question_comes_last_unless_it_is_told_where(desk, haircut, service_form, question):
    set_questions(
        haircut,
        [QuestionDetails(key=key, label=key, kind="YES_NO") for key in ("age", "breed")],
    )
    rows = {}
    for number, row in enumerate(Question.objects.order_by("position")):
        rows |= {
            f"questions-{number}-id": str(row.pk),
            f"questions-{number}-service": str(haircut.pk),
            f"questions-{number}-label": row.label,
            f"questions-{number}-kind": row.kind,
            f"questions-{number}-is_active": "on",
            f"questions-{number}-position": str(row.position),
        }
    new = {name.replace("-0-", "-2-"): value for name, value in question.items()}
    new |= {"questions-TOTAL_FORMS": "4", "questions-INITIAL_FORMS": "2"}
    new |= {"questions-2-position": "", "questions-3-kind": "TEXT", "questions-3-is_active": "on"}

    answer = desk.post(
        f"{SERVICES}{haircut.pk}/change/", {**service_form, "slug": "haircut", **new, **rows}
    )

    assert answer.status_code == 302
    asked = haircut.questions.order_by("position").values_list("key", "position")
    assert list(asked) == [("age", 0), ("breed", 1), ("which-tone", 2)]


def test_a_service_of_another_organization_lends_no_question(
    desk, haircut, elsewhere, service_form, question
):
    set_questions(haircut, [QuestionDetails(key="tone", label="Tone?")])
    theirs = Question.objects.get()
    other = ServiceFactory(organization=elsewhere)
    set_questions(other, [QuestionDetails(key="age", label="Age?")])
    foreign = Question.objects.get(service=other)
    sent = {
        **service_form,
        **question,
        "questions-INITIAL_FORMS": "1",
        "questions-0-id": str(foreign.pk),
        "questions-0-service": str(haircut.pk),
    }

    desk.post(f"{SERVICES}{haircut.pk}/change/", sent)

    foreign.refresh_from_db()
    assert (foreign.label, foreign.service) == ("Age?", other)
    theirs.refresh_from_db()
    assert theirs.label == "Tone?"


def test_staff_of_another_organization_cannot_be_posted(desk, elsewhere, service_form):
    theirs = ResourceFactory(organization=elsewhere)

    page = desk.post(f"{SERVICES}add/", {**service_form, "done_by": [str(theirs.pk)]})

    assert "is not one of the available choices" in str(page.context["adminform"].form.errors)
    assert Service.objects.count() == 0


def test_catalog_pages_of_another_organization_are_not_there(
    haircut, anna, elsewhere, service_form
):
    desk = desk_for(elsewhere, Role.OWNER)

    for path in (f"{SERVICES}{haircut.pk}/change/", f"{RESOURCES}{anna.pk}/change/"):
        assert desk.get(path).status_code == 302  # "perhaps it was deleted"
        assert desk.post(path, {**service_form, "name": "Mine"}).status_code == 302
    assert desk.get(f"{RESOURCES}{anna.pk}/hours/").status_code == 404
    assert desk.get(SERVICES).context["cl"].result_count == 0
    assert desk.get(RESOURCES).context["cl"].result_count == 0
    haircut.refresh_from_db()
    assert haircut.name == "Haircut"


@pytest.mark.parametrize("role", [Role.VIEWER, Role.STAFF])
def test_who_may_only_look_changes_nothing(salon, haircut, anna, service_form, role):
    viewer = desk_for(salon, role)

    assert "Haircut" in shown(viewer.get(f"{SERVICES}{haircut.pk}/change/"))
    assert "Anna" in shown(viewer.get(f"{RESOURCES}{anna.pk}/change/"))
    assert viewer.get(f"{RESOURCES}{anna.pk}/hours/").status_code == 200
    for path in (
        f"{SERVICES}{haircut.pk}/change/",
        f"{SERVICES}add/",
        f"{RESOURCES}{anna.pk}/change/",
        f"{RESOURCES}add/",
        f"{RESOURCES}{anna.pk}/hours/",
    ):
        assert (
            viewer.post(path, {**service_form, "timezone": "UTC", "places": "3"}).status_code == 403
        )
    haircut.refresh_from_db()
    assert (haircut.name, Service.objects.count(), Resource.objects.count()) == ("Haircut", 1, 1)
    assert WeeklyHours.objects.count() == 5
    assert Event.objects.count() == 0


def test_lists_ask_as_often_with_many_rows(desk, salon, anna, haircut, django_assert_num_queries):
    def cost() -> None:
        with django_assert_num_queries(7):
            desk.get(SERVICES)
        with django_assert_num_queries(7):
            desk.get(RESOURCES)

    cost()
    for _ in range(5):
        ServiceFactory(organization=salon, resources=[ResourceFactory(organization=salon)])
    cost()
