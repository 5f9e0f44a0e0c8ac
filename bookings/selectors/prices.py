"""What things cost now; a booking keeps a copy of what it cost then."""

from decimal import Decimal

from bookings.models import Product, Service


def price_of_one(service: Service) -> Decimal | None:
    """Return what a single appointment costs, None if nobody said.

    Of a course it is its active product for a single session, whatever its length; else, and of
    any other service, the service's own price. One query for a course, none otherwise.
    """
    price: Decimal | None = service.price_amount
    if service.is_course:
        products = Product.objects.for_organization(service.organization_id).filter(
            service=service, kind=Product.Kind.INDIVIDUAL_SESSION, is_active=True
        )
        found: Decimal | None = products.values_list("price_amount", flat=True).first()
        return price if found is None else found
    return price
