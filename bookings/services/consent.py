"""What customers are asked to agree to, what they agree to, and taking it back."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings

from bookings.errors import ConsentMissing, ConsentOutdated
from bookings.models import Booking, ConsentEntry, ConsentText, Customer
from bookings.selectors.consent import asked_texts
from core import events
from core.access import Caller, CallerKind
from core.db import in_one_transaction
from core.errors import Invalid, NotFound
from core.models import Organization

LONGEST_KEY, LONGEST_TEXT = 40, 5_000
KEY = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
Kind = ConsentEntry.Kind


@dataclass(frozen=True)
class Consent:
    """What somebody agrees to: a text by its key, in the version that they read."""

    key: str
    version: int


@in_one_transaction
def write_consent_text(
    organization: Organization,
    key: str,
    *,
    texts: Mapping[str, str],
    is_required: bool,
    is_asked: bool = True,
    caller: Caller,
) -> ConsentText:
    """Write the next version of a text, which is asked from now on; what is the same stays.

    `texts` are its words by language. Whoever agreed to an older version is asked again.
    Records consent_text.written. Raises Invalid, Forbidden.
    """
    caller.require("organization:write")
    words = {code: text.strip() for code, text in texts.items() if text.strip()}
    _check(key, words)
    # Two who write at once take turns.
    Organization.objects.select_for_update(no_key=True).filter(pk=organization.pk).first()
    known = ConsentText.objects.for_organization(organization.pk).filter(key=key)
    latest = known.order_by("-version").first()
    wanted = (words, is_required, is_asked)
    if latest is not None and (latest.texts, latest.is_required, latest.is_asked) == wanted:
        return latest
    text = ConsentText(
        organization=organization,
        key=key,
        version=latest.version + 1 if latest else 1,
        texts=words,
        is_required=is_required,
        is_asked=is_asked,
    )
    text.save(force_insert=True)
    events.record(
        "consent_text.written",
        text,
        caller=caller,
        key=key,
        version=text.version,
        is_required=is_required,
        is_asked=is_asked,
    )
    return text


def check_consents(
    given: Collection[Consent], *, organization_id: UUID, caller: Caller
) -> list[ConsentText]:
    """Return the texts that are agreed to. One query, and none for staff who pass nothing on.

    Raises ConsentOutdated for what is not asked in this version; ConsentMissing where a required
    one is not among them, unless somebody books for others: staff, and programs of theirs.
    """
    books_for_others = caller.kind != CallerKind.CUSTOMER and caller.may("bookings:write")
    if books_for_others and not given:
        return []
    asked = asked_texts(organization_id)
    agreed = [text for text in asked if Consent(text.key, text.version) in given]
    if len(agreed) < len(set(given)):
        raise ConsentOutdated(consents=_named(asked))
    missing = [text for text in asked if text.is_required and text not in agreed]
    if missing and not books_for_others:
        raise ConsentMissing(consents=_named(missing))
    return agreed


def entries_of(agreed: Sequence[ConsentText], booking: Booking) -> list[ConsentEntry]:
    """Return the rows that say so, for who inserts them beside a booking. Saves nothing."""
    return [
        ConsentEntry(
            organization_id=booking.organization_id,
            customer_id=booking.customer_id,
            text=text,
            kind=Kind.GIVEN,
            door=ConsentEntry.Door(booking.source),
            booking=booking,
        )
        for text in agreed
    ]


def facts_of(agreed: Sequence[ConsentText]) -> dict[str, Any]:
    """Return what an event says of what was agreed to; nothing where that is nothing."""
    return {"consents": _named(agreed)} if agreed else {}


@in_one_transaction
def give_consent(
    customer: Customer, consent: Consent, *, door: ConsentEntry.Door, caller: Caller
) -> ConsentEntry:
    """Agree to what is asked, apart from a booking; twice is as good as once.

    Records consent.given. Raises ConsentOutdated, NotFound.
    """
    latest = _latest(customer, consent.key)
    text = next(
        (
            one
            for one in asked_texts(customer.organization_id)
            if (one.key, one.version) == (consent.key, consent.version)
        ),
        None,
    )
    if text is None:
        raise ConsentOutdated(consents=_named(asked_texts(customer.organization_id)))
    if latest is not None and latest.kind == Kind.GIVEN and latest.text_id == text.pk:
        return latest
    return _add(customer, text, Kind.GIVEN, door, caller)


@in_one_transaction
def withdraw_consent(
    customer: Customer, key: str, *, door: ConsentEntry.Door, caller: Caller
) -> ConsentEntry:
    """Take back what was agreed to; twice is as good as once. Bookings stay as they are.

    Records consent.withdrawn. Raises NotFound for what they never agreed to.
    """
    latest = _latest(customer, key)
    if latest is None:
        raise NotFound
    if latest.kind == Kind.WITHDRAWN:
        return latest
    return _add(customer, latest.text, Kind.WITHDRAWN, door, caller)


def _check(key: str, words: Mapping[str, str]) -> None:
    wrong: dict[str, list[str]] = {}
    if len(key) > LONGEST_KEY or not KEY.fullmatch(key):
        wrong["key"] = [f"Write up to {LONGEST_KEY} small letters, digits and hyphens."]
    if not words:
        wrong["texts"] = ["Write it in one language at least."]
    elif set(words) - set(dict(settings.LANGUAGES)):
        wrong["texts"] = ["This language is not spoken here."]
    elif max(map(len, words.values())) > LONGEST_TEXT:
        wrong["texts"] = [f"Write {LONGEST_TEXT} characters at most."]
    if wrong:
        raise Invalid(fields=wrong)


def _latest(customer: Customer, key: str) -> ConsentEntry | None:
    """Lock the customer, so that what follows is about how things stand. Raises NotFound."""
    known = Customer.objects.select_for_update(no_key=True).filter(pk=customer.pk, erased_at=None)
    if known.first() is None:
        raise NotFound
    theirs = ConsentEntry.objects.filter(
        organization=customer.organization_id, customer=customer, text__key=key
    )
    return theirs.select_related("text").order_by("-id").first()


def _add(
    customer: Customer,
    text: ConsentText,
    kind: ConsentEntry.Kind,
    door: ConsentEntry.Door,
    caller: Caller,
) -> ConsentEntry:
    entry = ConsentEntry(
        organization_id=customer.organization_id, customer=customer, text=text, kind=kind, door=door
    )
    entry.save(force_insert=True)
    events.record(
        f"consent.{kind.lower()}",
        customer,
        caller=caller,
        key=text.key,
        version=text.version,
        door=door,
    )
    return entry


def _named(texts: Sequence[ConsentText]) -> list[dict[str, Any]]:
    return [{"key": text.key, "version": text.version} for text in texts]
