from tests.factories.catalog import ResourceFactory, ResourceTypeFactory, ServiceFactory
from tests.factories.courses import (
    BundleFactory,
    CourseFactory,
    CustomerFactory,
    GroupSessionFactory,
    ProductFactory,
)
from tests.factories.organization import MembershipFactory, OrganizationFactory, UserFactory

__all__ = [
    "BundleFactory",
    "CourseFactory",
    "CustomerFactory",
    "GroupSessionFactory",
    "MembershipFactory",
    "OrganizationFactory",
    "ProductFactory",
    "ResourceFactory",
    "ResourceTypeFactory",
    "ServiceFactory",
    "UserFactory",
]
