import factory

from core.access import Role
from core.models import Membership, Organization, User


class OrganizationFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Organization

    name = factory.Sequence("Organization {}".format)
    slug = factory.Sequence("organization-{}".format)
    timezone = "Europe/Berlin"
    admin_email = "desk@salon.example"


class UserFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = User

    email = factory.Sequence("user{}@salon.example".format)
    name = factory.Sequence("User {}".format)


class MembershipFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Membership

    organization = factory.SubFactory(OrganizationFactory)
    user = factory.SubFactory(UserFactory)
    role = Role.STAFF
