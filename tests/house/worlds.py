"""An organization with a row of every kind that the API shows, to be looked at from another."""

from __future__ import annotations

import re
from functools import cache, cached_property
from typing import Any

from django.apps import apps
from django.db.models import Model, QuerySet
from rest_framework.test import APIClient

from bookings.models import Booking, ExamPeriod, Question, Requirement, Schedule
from core.models import ApiKey, Membership, Organization
from tests.cast import a_key, client_with
from tests.factories import (
    BundleFactory,
    CourseFactory,
    CustomerFactory,
    GroupSessionFactory,
    MembershipFactory,
    ProductFactory,
    ResourceFactory,
    ResourceTypeFactory,
    ServiceFactory,
    UserFactory,
)

PERSON = {
    "name": "Mia Müller",
    "company": "Müller GmbH",
    "email": "mia@example.com",
    "inquiry": "As last time",
}
AN_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
A_REFERENCE = re.compile(r"\b[0-9A-Z]{4}-[0-9A-Z]{4}\b")
# When the booking is, so that there is something to wait for.
WAIT = {
    "from": "2026-11-24T10:00:00+01:00",
    "to": "2026-11-24T10:30:00+01:00",
    "duration": 30,
}
LESSON = {
    "weekday": "FRIDAY",
    "startTime": "14:00",
    "endTime": "15:00",
    "capacity": 8,
    "price": {"amount": "15.00"},
}


@cache
def owned_kinds() -> dict[type[Model], str]:
    """Return the path to the organization, for each kind of row that belongs to one."""
    paths = {kind: _path_to_organization(kind) for kind in apps.get_models()}
    return {kind: path for kind, path in paths.items() if path}


def _path_to_organization(kind: type[Model]) -> str:
    if kind is Organization:
        return "pk"
    owners = [one for one in kind._meta.fields if one.is_relation]
    if any(one.name == "organization" for one in owners):
        return "organization"
    for owner in owners:
        if not owner.null and (path := _path_to_organization(owner.related_model)):
            return f"{owner.name}__{path}"
    return ""


def slot(day: str) -> dict[str, Any]:
    return {"startTime": f"2026-11-{day}T10:00:00+01:00", "duration": 30}


class World:
    """`rows` by their noun, and a key that may do everything to them.

    Its `word`, usually the organization's slug, stands in everything that somebody named or wrote
    there. All of it belongs to one resource: a second world in the same organization, which has
    another word, is a colleague's.
    """

    def __init__(self, organization: Organization, *, word: str = "") -> None:
        self.organization = organization
        is_first = not ApiKey.objects.filter(organization=organization).exists()
        self.word = word = word or organization.slug.title()
        self.person = PERSON | {
            "name": f"{word} Müller",
            "company": f"{word} GmbH",
            "email": f"{word}@example.com".lower(),
            "inquiry": f"As {word} had it",
        }
        self.desk: APIClient = client_with(a_key(organization, kind=ApiKey.Kind.SECRET))
        colleague = UserFactory(name=f"{word} Meier", email=f"desk@{word}.example".lower())
        member: Membership = MembershipFactory(organization=organization, user=colleague)
        kind = ResourceTypeFactory(
            organization=organization,
            name=f"{word} staff",
            key="staff" if is_first else word.lower(),
        )
        resource = ResourceFactory(organization=organization, name=f"{word} Anna", type=kind)
        course = CourseFactory(
            organization=organization, resources=[resource], name=f"{word} algebra"
        )
        student = CustomerFactory(
            organization=organization, name=f"{word} Lang", email=f"lang@{word}.example".lower()
        )
        product = ProductFactory(service=course, name=f"{word} bundle")
        rows: dict[str, Any] = {
            "resource": resource,
            "resource-type": resource.type,
            "service": ServiceFactory(
                organization=organization,
                resources=[resource],
                name=f"{word} haircut",
                is_default=is_first,
            ),
            "course": course,
            "member": member,
            "customer": student,
            "product": product,
            "bundle": BundleFactory(customer=student, product=product),
            "session": GroupSessionFactory(service=course, resource=resource),
            "schedule": Schedule.objects.get(resource=resource),
        }
        self.ids = {noun: str(row.pk) for noun, row in rows.items()}
        self.ids["api-key"] = str(ApiKey.objects.filter(organization=organization).latest("id").pk)
        self.ids["user"] = str(member.user_id)
        ExamPeriod.objects.create(
            service=course, kind=ExamPeriod.Kind.FINAL, starts_on="2027-01-18", ends_on="2027-01-29"
        )
        Question.objects.create(service=course, key="level", label=f"{word} level")
        Requirement.objects.create(service=course, type=kind)
        self._fill()

    def _fill(self) -> None:
        """Make the rows for which there is no factory as a client makes them."""
        whose, service = {"resourceId": self.ids["resource"]}, {"serviceId": self.ids["service"]}
        asked = {**self.person, **service}
        self.hold_token = self._make("hold", "holds", **service, timeSlot=slot("25"))["token"]
        weekly = {"timeSlot": slot("26"), "recurrence": "FREQ=WEEKLY;COUNT=2"}
        self._make("booking", "bookings", **asked, timeSlot=slot("24"))
        self._make("series", "series", **asked, **weekly)
        self._make("waiting", "waitlist", **asked, **whose, **WAIT)
        self._make("date-override", "date-overrides", **whose, date="2026-12-24", stretches=[])
        self._make(
            "time-off",
            "time-off",
            **whose,
            reason=f"{self.word} is away",
            startsOn="2026-12-01",
            endsOn="2026-12-02",
        )
        self._make("reminder-rule", "reminder-rules", **service, minutesBefore=1440)
        self._make("invitation", "invitations", email=f"dora@{self.word}.example", role="VIEWER")
        what = {"courseId": self.ids["course"], "taId": self.ids["resource"]}
        self._make("template", "group-session-templates", **what, **LESSON)

    def _make(self, noun: str, nouns: str, **body: Any) -> dict[str, Any]:
        answer = self.desk.post(f"/api/{nouns}", body)
        assert answer.status_code == 201, answer.content
        made: dict[str, Any] = answer.json()["data"]
        self.ids[noun] = str(made["id"])
        return made

    def everything(self) -> dict[str, Any]:
        """Return every column of every row of this organization."""
        rows = {
            kind.__name__: sorted(self._rows(kind).values_list(), key=str) for kind in owned_kinds()
        }
        return {**rows, "Organization": list(Organization.objects.values_list())}

    def pks_of(self, kind: type[Model]) -> list[str]:
        """Return the ids of this organization's rows of a kind, the oldest first."""
        pks = self._rows(kind).order_by("pk").values_list("pk", flat=True)
        return [str(pk) for pk in pks]

    def kinds_by_id(self) -> dict[str, type[Model]]:
        """Return of what kind each row is, by the ids that are one of a kind."""
        pks = {pk: kind for kind in owned_kinds() for pk in self.pks_of(kind)}
        return {pk: kind for pk, kind in pks.items() if AN_ID.fullmatch(pk)}

    def _rows(self, kind: type[Model]) -> QuerySet[Model]:
        return kind._default_manager.filter(**{owned_kinds()[kind]: self.organization.pk})

    def rows_that_cross(self) -> list[str]:
        """Return the columns by which a row here points to one of another organization."""
        found = []
        for kind, path in owned_kinds().items():
            for column in kind._meta.fields:
                target = owned_kinds().get(column.related_model) if column.is_relation else None
                if target is None or path == "pk":
                    continue
                whose = column.name if target == "pk" else f"{column.name}__{target}"
                rows = self._rows(kind).exclude(**{column.name: None})
                if rows.exclude(**{whose: self.organization.pk}).exists():
                    found.append(f"{kind.__name__}.{column.name}")
        return found

    @cached_property
    def secrets(self) -> set[str]:
        """The ids and references of what is here when they are first asked for."""
        references = self._rows(Booking).values_list("reference", flat=True)
        return {*references, *self.kinds_by_id()}

    def told_in(self, text: str) -> set[str]:
        """Return what a text tells of this organization: its word, ids, references of bookings."""
        told = self.secrets & {*AN_ID.findall(text), *A_REFERENCE.findall(text)}
        return told | ({self.word} if self.word.lower() in text.lower() else set())
