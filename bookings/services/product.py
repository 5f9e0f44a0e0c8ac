"""What a course sells."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError

from bookings.errors import ProductTaken
from bookings.models import Product, Service
from bookings.services.bundle import LONGEST_DAYS
from bookings.services.credit import MOST_SESSIONS
from core import events
from core.access import Caller
from core.db import in_one_transaction, violation_of
from core.errors import Invalid, NotFound
from core.text import camel_case

# Where a column stands on the wire, if not under its own name.
PATHS = {"kind": "productType", "price_amount": "basePrice.amount", "is_active": "active"}


@in_one_transaction
def create_product(course: Service, columns: Mapping[str, Any], *, caller: Caller) -> Product:
    """Sell something of `course`. `columns` are those of Product; without a name it is called
    what its kind is called.

    Records product.created. Raises Invalid, also where the service is no course, and
    ProductTaken: a course has one product of each kind.
    """
    if not course.is_course:
        raise Invalid("Only a course has products: give it a code.")
    product = Product(organization_id=course.organization_id, service=course)
    columns = dict(columns)
    columns["name"] = columns.get("name") or _usual_name(columns.get("kind"))
    _set_columns(product, columns)
    if Product.objects.filter(service=course, kind=product.kind).exists():
        raise ProductTaken(fields={"productType": [ProductTaken.message]})
    with violation_of("product_kind_is_unique", becomes=ProductTaken):
        product.save(force_insert=True)
    events.record("product.created", product, caller=caller, kind=product.kind)
    return product


@in_one_transaction
def update_product(product: Product, columns: Mapping[str, Any], *, caller: Caller) -> Product:
    """Change what a product says, from the next sale on; its kind never changes.

    Bundles that were sold, and bookings that were made, keep their price and their sessions.
    Records product.updated with the names of what changed. Raises Invalid, NotFound.
    """
    locked = Product.objects.select_for_update(of=["self"], no_key=True)
    fresh = locked.select_related("service").filter(pk=product.pk).first()
    if fresh is None:
        raise NotFound
    if columns.get("kind", fresh.kind) != fresh.kind:
        raise Invalid.at("productType", "What was sold of this product would be something else.")
    changed = _set_columns(fresh, columns)
    if changed:
        fresh.save(update_fields=[*changed, "updated_at"])
        events.record("product.updated", fresh, caller=caller, fields=sorted(changed))
    return fresh


def _usual_name(kind: Any) -> str:
    return str(Product.Kind(kind).label) if kind in Product.Kind.values else ""


def _set_columns(product: Product, columns: Mapping[str, Any]) -> list[str]:
    """Set and check columns; return the names of those that changed. Does not save."""
    changed = [name for name, value in columns.items() if getattr(product, name) != value]
    for name in changed:
        setattr(product, name, columns[name])
    wrong: dict[str, list[str]] = {}
    try:
        product.clean_fields(exclude=["organization", "service"])
    except ValidationError as error:
        for name, messages in error.message_dict.items():
            wrong[PATHS.get(name, camel_case(name))] = messages
    for name, most in (("sessions", MOST_SESSIONS), ("valid_days", LONGEST_DAYS)):
        value = getattr(product, name)
        if value is None:
            continue
        if product.kind == Product.Kind.INDIVIDUAL_SESSION:
            wrong[camel_case(name)] = ["A single session has no number of sessions or days."]
        elif value > most:
            wrong[camel_case(name)] = [f"This can be at most {most}."]
    if wrong:
        raise Invalid(fields=wrong)
    return changed
