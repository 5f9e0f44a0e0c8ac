"""What customers are asked to agree to, as boxes of a form; a box names the version it shows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django import forms
from django.utils.html import urlize
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from bookings.models import ConsentText
from bookings.selectors.consent import asked_texts
from bookings.services.consent import Consent

PREFIX = "consent-"  # before a text's key and version: no other field is named so


def consent_fields(organization_id: UUID) -> dict[str, forms.Field]:
    """Return a box for each text that is asked now: none ticked, as the law wants it."""
    return {
        f"{PREFIX}{text.key}-{text.version}": forms.BooleanField(
            label=words_of(text), required=text.is_required
        )
        for text in asked_texts(organization_id)
    }


def consents_in(cleaned: Mapping[str, Any]) -> tuple[Consent, ...]:
    """Return what was ticked in a checked form."""
    ticked = [name.removeprefix(PREFIX) for name in cleaned if name.startswith(PREFIX)]
    return tuple(
        Consent(key, int(version))
        for key, _, version in (name.rpartition("-") for name in ticked)
        if cleaned[f"{PREFIX}{key}-{version}"]
    )


def words_of(text: ConsentText) -> SafeString:
    """Return a text in the reader's language; addresses in it open beside the page."""
    words = text.text_in(get_language() or "", text.organization.locale)
    linked = urlize(words, autoescape=True)
    return mark_safe(linked.replace("<a ", '<a target="_blank" rel="noopener" '))  # noqa: S308
