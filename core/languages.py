"""Which language somebody is spoken to in."""

from django.conf import settings
from django.utils import translation


def first_spoken(*locales: str) -> str:
    """Return the first of `locales` (`de-AT`) that we speak, as we speak it; else English."""
    for locale in locales:
        try:
            return translation.get_supported_language_variant(locale)
        except LookupError:
            continue
    return settings.LANGUAGE_CODE
