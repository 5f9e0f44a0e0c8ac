"""What was said about a customer, and to which address, is forgotten; that it was said stays."""

from __future__ import annotations

from django.db.models import Q, QuerySet
from django.utils import timezone

from bookings.models import Customer
from notifications.models import Delivery
from notifications.selectors.customer import deliveries_about

Status = Delivery.Status


def forget_messages(customer: Customer) -> int:
    """Empty every message about a customer, also what went to the business; return how many.

    What has not left for them never will, and a worker that is sending one at this moment no
    longer writes down what it said.
    """
    ids = list(deliveries_about(customer).values_list("pk", flat=True))
    theirs = Delivery.objects.filter(pk__in=ids)
    now = timezone.now()
    is_to_them = Q(audience=Delivery.Audience.CUSTOMER)
    theirs.filter(is_to_them & Q(status=Status.QUEUED) | Q(status=Status.SENDING)).update(
        status=Status.DROPPED, drop_reason=Delivery.DropReason.ERASED, ended_at=now
    )
    theirs.filter(is_to_them).update(address="")
    return forget_content(theirs)


def forget_content(deliveries: QuerySet[Delivery]) -> int:
    """Forget what these said and by which id a provider knows them; return how many."""
    return deliveries.update(
        content=None, last_error="", provider_message_id="", updated_at=timezone.now()
    )
