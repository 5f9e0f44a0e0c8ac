"""What customers are asked to agree to, and what they agreed to."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Exists, OuterRef

from bookings.models import ConsentEntry, ConsentText, Customer
from core.models import TenantQuerySet


@dataclass(frozen=True)
class Agreement:
    """How things stand with one text, as it is asked now: what was said of it last.

    What is asked no more, and still agreed to, is shown as it was agreed to.
    """

    text: ConsentText
    latest: ConsentEntry | None
    is_asked: bool

    @property
    def is_given(self) -> bool:
        """Say whether they agree, be it to an earlier version."""
        return self.latest is not None and self.latest.kind == ConsentEntry.Kind.GIVEN

    @property
    def is_current(self) -> bool:
        """Say whether they agree to these words."""
        return self.is_given and self.latest is not None and self.latest.text_id == self.text.pk


def latest_texts(organization_id: UUID) -> TenantQuerySet[ConsentText]:
    """Return the latest version of each text, those included that are asked no more."""
    rows = ConsentText.objects.for_organization(organization_id)
    newer = rows.filter(key=OuterRef("key"), version__gt=OuterRef("version"))
    return rows.filter(~Exists(newer))


def asked_texts(organization_id: UUID) -> list[ConsentText]:
    """Return what customers are asked at this moment, what is required first. One query."""
    asked = latest_texts(organization_id).filter(is_asked=True)
    return list(asked.select_related("organization").order_by("-is_required", "key"))


def latest_consents(customer: Customer) -> list[ConsentEntry]:
    """Return what they said last of each text that they ever agreed to. One query."""
    return list(_theirs(customer).order_by("text__key", "-id").distinct("text__key"))


def agreements_of(customer: Customer) -> list[Agreement]:
    """Return how things stand with what they are asked, and with what they still agree to.

    Two queries.
    """
    said = {entry.text.key: entry for entry in latest_consents(customer)}
    asked = asked_texts(customer.organization_id)
    found = [Agreement(text, said.pop(text.key, None), is_asked=True) for text in asked]
    unasked = [Agreement(entry.text, entry, is_asked=False) for entry in said.values()]
    return found + [one for one in unasked if one.is_given]


def consents_of(customer: Customer) -> list[ConsentEntry]:
    """Return all that they ever agreed to or took back, the oldest first. One query."""
    return list(_theirs(customer).order_by("id"))


def _theirs(customer: Customer) -> TenantQuerySet[ConsentEntry]:
    rows = ConsentEntry.objects.for_organization(customer.organization_id)
    return rows.filter(customer=customer).select_related("text__organization")
