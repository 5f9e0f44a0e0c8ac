from datetime import time

import factory

from bookings.models import Lane, Resource, ResourceType, Schedule, Service, WeeklyHours
from tests.factories.organization import OrganizationFactory

MONDAY_TO_FRIDAY = range(5)


class ResourceTypeFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = ResourceType
        django_get_or_create = ("organization", "key")

    organization = factory.SubFactory(OrganizationFactory)
    key = "staff"
    name = "Staff"


class ResourceFactory(factory.django.DjangoModelFactory):
    """Somebody with one lane who works Monday to Friday, 09:00 to 17:00 (`hours` to change)."""

    class Meta:
        model = Resource
        skip_postgeneration_save = True

    organization = factory.SubFactory(OrganizationFactory)
    type = factory.SubFactory(
        ResourceTypeFactory, organization=factory.SelfAttribute("..organization")
    )
    name = factory.Sequence("Resource {}".format)
    timezone = "Europe/Berlin"

    @factory.post_generation
    def lanes(self, create, extracted, **kwargs):
        for number in range(1, (1 if extracted is None else extracted) + 1):
            Lane.objects.create(resource=self, number=number)

    @factory.post_generation
    def hours(self, create, extracted, **kwargs):
        opens, closes = extracted or (time(9), time(17))
        schedule = Schedule.objects.create(organization=self.organization, resource=self)
        for weekday in MONDAY_TO_FRIDAY:
            WeeklyHours.objects.create(
                schedule=schedule, weekday=weekday, opens=opens, closes=closes
            )


class ServiceFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Service
        skip_postgeneration_save = True

    organization = factory.SubFactory(OrganizationFactory)
    name = factory.Sequence("Service {}".format)
    slug = factory.Sequence("service-{}".format)

    @factory.post_generation
    def resources(self, create, extracted, **kwargs):
        self.resources.set(extracted or [])
