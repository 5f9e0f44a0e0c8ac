"""An organization with a row of every kind that the API shows, to be looked at from another."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from rest_framework.test import APIClient

from bookings.models import Schedule
from core.models import ApiKey, Membership, Organization, TenantModel
from tests.cast import a_key, client_with
from tests.factories import (
    BundleFactory,
    CourseFactory,
    CustomerFactory,
    GroupSessionFactory,
    MembershipFactory,
    ProductFactory,
    ResourceFactory,
    ServiceFactory,
)

PERSON = {
    "name": "Mia Müller",
    "company": "Müller GmbH",
    "email": "mia@example.com",
    "inquiry": "As last time",
}
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


def slot(day: str) -> dict[str, Any]:
    return {"startTime": f"2026-11-{day}T10:00:00+01:00", "duration": 30}


class World:
    """`rows` by their noun, and a key that may do everything to them."""

    def __init__(self, organization: Organization) -> None:
        self.organization = organization
        self.desk: APIClient = client_with(a_key(organization, kind=ApiKey.Kind.SECRET))
        member: Membership = MembershipFactory(organization=organization)
        resource = ResourceFactory(organization=organization)
        course = CourseFactory(organization=organization, resources=[resource])
        student = CustomerFactory(organization=organization)
        product = ProductFactory(service=course)
        rows: dict[str, Any] = {
            "resource": resource,
            "resource-type": resource.type,
            "service": ServiceFactory(
                organization=organization, resources=[resource], is_default=True
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
        self.ids["api-key"] = str(ApiKey.objects.get(organization=organization).pk)
        self.ids["user"] = str(member.user_id)
        self._fill()

    def _fill(self) -> None:
        """Make the rows for which there is no factory as a client makes them."""
        self.hold_token = self._make("hold", "holds", timeSlot=slot("25"))["token"]
        weekly = {"timeSlot": slot("26"), "recurrence": "FREQ=WEEKLY;COUNT=2"}
        self._make("booking", "bookings", **PERSON, timeSlot=slot("24"))
        self._make("series", "series", **PERSON, **weekly)
        self._make("waiting", "waitlist", **PERSON, **WAIT)
        self._make("date-override", "date-overrides", date="2026-12-24", stretches=[])
        self._make("time-off", "time-off", startsOn="2026-12-01", endsOn="2026-12-02")
        self._make("reminder-rule", "reminder-rules", minutesBefore=1440)
        self._make("invitation", "invitations", email="dora@salon.example", role="VIEWER")
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
        kinds = [model for model in apps.get_models() if issubclass(model, TenantModel)]
        rows = {
            kind.__name__: sorted(
                kind.objects.filter(organization=self.organization).values_list(), key=str
            )
            for kind in kinds
        }
        return {**rows, "Organization": list(Organization.objects.values_list())}
