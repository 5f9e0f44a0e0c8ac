from tests.factories.catalog import ResourceFactory, ResourceTypeFactory, ServiceFactory
from tests.factories.organization import MembershipFactory, OrganizationFactory, UserFactory

__all__ = [
    "MembershipFactory",
    "OrganizationFactory",
    "ResourceFactory",
    "ResourceTypeFactory",
    "ServiceFactory",
    "UserFactory",
]
