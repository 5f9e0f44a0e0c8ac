"""What belongs to a resource: what whoever is limited to their own resources sees.

All of it on one page. What is not named here (keys, people, settings) is closed to them. Each rule
takes the ids of the resources and is asked through `TenantQuerySet.for_caller`.
"""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.db.models import Q, QuerySet

from bookings.models import (
    Booking,
    BundlePurchase,
    ConsentEntry,
    ConsentText,
    CreditEntry,
    Customer,
    DateOverride,
    GroupSession,
    GroupSessionTemplate,
    Hold,
    Product,
    Resource,
    ResourceType,
    Schedule,
    Series,
    Service,
    ServiceResource,
    TimeOff,
    WaitlistEntry,
)
from core.models import Event
from core.own_resources import EVERYTHING, belongs, names_resources

Ids = Collection[UUID]


@names_resources
def resources_by_name(organization_id: UUID) -> dict[UUID, str]:
    ours = Resource.objects.for_organization(organization_id)
    return dict(ours.order_by("name", "id").values_list("pk", "name"))


@belongs(Resource)
def _itself(own: Ids) -> Q:
    return Q(pk__in=own)


@belongs(Booking, GroupSession, GroupSessionTemplate, Hold, Schedule)
def _on_it(own: Ids) -> Q:
    return Q(resource__in=own)


@belongs(DateOverride, TimeOff)
def _of_it_or_of_everybody(own: Ids) -> Q:
    """A day on which the whole house is closed is theirs too."""
    return Q(resource__in=own) | Q(resource=None)


@belongs(ResourceType)
def _its_type(own: Ids) -> Q:
    return Q(pk__in=Resource.objects.filter(pk__in=own).values("type"))


@belongs(Service)
def _done_by_it(own: Ids) -> Q:
    return Q(pk__in=_services(own))


@belongs(Product)
def _of_what_it_does(own: Ids) -> Q:
    return Q(service__in=_services(own))


@belongs(Customer)
def _who_booked_it(own: Ids) -> Q:
    return Q(pk__in=_customers(own))


@belongs(ConsentText)
def _everybody_is_asked(own: Ids) -> Q:
    return EVERYTHING


@belongs(ConsentEntry)
def _agreed_by_who_booked_it(own: Ids) -> Q:
    return Q(customer__in=_customers(own))


@belongs(BundlePurchase)
def _bought_for_it(own: Ids) -> Q:
    """What their customers have paid in advance for what they do."""
    return Q(customer__in=_customers(own), service__in=_services(own))


@belongs(CreditEntry)
def _spent_on_it(own: Ids) -> Q:
    """Lines of the ledger about bookings with somebody else are left out."""
    is_theirs = Q(booking=None) | Q(booking__resource__in=own)
    return is_theirs & Q(bundle__customer__in=_customers(own), bundle__service__in=_services(own))


@belongs(WaitlistEntry)
def _waits_for_it(own: Ids) -> Q:
    """Who waits for anybody is theirs once a time with them is offered."""
    return Q(resource__in=own) | Q(group_session__resource__in=own) | Q(hold__resource__in=own)


@belongs(Series)
def _repeated_on_it(own: Ids) -> Q:
    return Q(pk__in=_bookings(own).exclude(series=None).values("series"))


@belongs(Event)
def _happened_to_it(own: Ids) -> Q:
    """What happened to their bookings and sessions."""
    sessions = GroupSession.objects.filter(resource__in=own)
    return Q(subject_type="booking", subject_id__in=_bookings(own).values("pk")) | Q(
        subject_type="groupsession", subject_id__in=sessions.order_by().values("pk")
    )


def _bookings(own: Ids) -> QuerySet[Booking]:
    return Booking.objects.filter(resource__in=own).order_by()


def _customers(own: Ids) -> QuerySet[Booking]:
    return _bookings(own).values("customer")  # type: ignore[return-value]


def _services(own: Ids) -> QuerySet[ServiceResource]:
    return ServiceResource.objects.filter(resource__in=own).order_by().values("service")  # type: ignore[return-value]
