"""What a customer sees of their own by a one-time link, and the link itself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from uuid import UUID

from django.conf import settings
from django.db.models import Count, F, Q, QuerySet

from bookings.models import Booking, BundlePurchase, CreditEntry, Customer, CustomerLink
from bookings.selectors.consent import Agreement, agreements_of
from core.errors import NotFound
from core.links import check_link_token, make_link_token, read_link_token
from core.models import Organization

# One opens, once. The other is what a browser keeps afterwards. Neither is of use as the other.
OPENS, VISITS = "customer.link", "customer.visit"
MOST_AHEAD, MOST_BEFORE, MOST_BUNDLES, MOST_ENTRIES = 100, 10, 20, 50


@dataclass(frozen=True, kw_only=True)
class OwnView:
    """Everything of one customer: what is ahead, soonest first; what was, latest first; bundles
    that are active, and those that were, each with the latest of its ledger in order; what they
    are asked to agree to.
    """

    appointments: list[Booking]
    places: list[Booking]
    before: list[Booking]
    bundles: list[BundlePurchase]
    old_bundles: list[BundlePurchase]
    statements: dict[UUID, list[CreditEntry]]
    agreements: list[Agreement]


def own_view(customer: Customer, *, now: datetime) -> OwnView:
    """Read it in six queries, however much there is."""
    rows = Booking.objects.for_organization(customer.organization_id).filter(customer=customer)
    rows = rows.select_related("service", "resource", "bundle__product")
    is_ahead = Q(status__in=Booking.OPEN, ends_at__gt=now)
    ahead = list(rows.filter(is_ahead).order_by("starts_at", "id")[:MOST_AHEAD])
    before = rows.exclude(is_ahead).order_by("-starts_at", "-id")[:MOST_BEFORE]
    bundles = list(_bundles_of(customer)[:MOST_BUNDLES])
    active = [one for one in bundles if one.status_at(now) == BundlePurchase.Status.ACTIVE]
    return OwnView(
        appointments=[booking for booking in ahead if booking.group_session_id is None],
        places=[booking for booking in ahead if booking.group_session_id is not None],
        before=list(before),
        bundles=active,
        old_bundles=[one for one in bundles if one not in active],
        statements=_statements_of(bundles),
        agreements=agreements_of(customer),
    )


def organization_called(slug: str) -> Organization | None:
    """Return whose customers look at their own there; None for a wrong name. One query."""
    return Organization.objects.filter(slug=slug, is_active=True).first()


@dataclass(frozen=True)
class Asking:
    """Whose address it is, and how many links went there lately."""

    customer: Customer
    links_lately: int


def asking_customer(organization: Organization, email: str, *, since: datetime) -> Asking | None:
    """Return who is known there by this address. One query, whether there is anybody or not."""
    known = Customer.objects.for_organization(organization.pk).filter(
        email_index=Customer.index_of_email(email)
    )
    lately = Count("links", filter=Q(links__created_at__gt=since))
    found = known.annotate(links_lately=lately).first()
    return Asking(found, found.links_lately) if found else None


def link_url(link: CustomerLink) -> str:
    """Return where the link leads, as whoever writes the mail writes it."""
    return f"{settings.PUBLIC_BASE_URL}/my/open/{make_link_token(OPENS, link.pk, 1)}"


def own_url(organization: Organization) -> str:
    """Return where customers of `organization` ask for a link, and look once they are in."""
    return f"{settings.PUBLIC_BASE_URL}/my/{organization.slug}"


def link_named_by(token: str) -> CustomerLink:
    """Return the link that `token` is, used or not. Raises NotFound. One query."""
    return _named(token, OPENS)


def visit_token(link: CustomerLink) -> str:
    """Return what lets the browser in that opened `link`."""
    return make_link_token(VISITS, link.pk, 1)


def visit_of(token: str, *, organization: Organization, now: datetime) -> CustomerLink | None:
    """Return the link by which somebody is in at `organization`; None when nobody is."""
    try:
        link = _named(token, VISITS)
    except NotFound:
        return None
    is_theirs = link.organization_id == organization.pk
    return link if is_theirs and link.lets_in_at(now) else None


def _named(token: str, purpose: str) -> CustomerLink:
    rows = CustomerLink.objects.select_related("organization", "customer")
    link = rows.filter(pk=read_link_token(token), organization__is_active=True).first()
    if link is None:
        raise NotFound
    check_link_token(token, purpose=purpose, row_id=link.pk, generation=1)
    return link


def _bundles_of(customer: Customer) -> QuerySet[BundlePurchase]:
    rows = (
        BundlePurchase.objects.for_organization(customer.organization_id)
        .filter(customer=customer)
        .select_related("product", "service")
    )
    return rows.order_by("-valid_to_at", "-id")


def _statements_of(bundles: Iterable[BundlePurchase]) -> dict[UUID, list[CreditEntry]]:
    """Return the latest entries of each bundle, in order."""
    latest = CreditEntry.objects.filter(
        bundle__in=[bundle.pk for bundle in bundles],
        number__gt=F("bundle__entries") - MOST_ENTRIES,
    )
    rows = latest.select_related("booking__resource").order_by("bundle_id", "number")
    return {
        bundle_id: list(entries) for bundle_id, entries in groupby(rows, attrgetter("bundle_id"))
    }
