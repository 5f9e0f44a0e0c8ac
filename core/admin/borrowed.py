"""Texts of django-unfold, which ships no German, and Django has none either.

They are only named here, for `makemessages`; unfold finds the German in our catalog.
"""

from django.utils.translation import gettext_noop

TEXTS = (
    gettext_noop("Choose file to upload"),
    gettext_noop("Click to cancel"),
    gettext_noop("Image preview"),
    gettext_noop("More actions"),
    gettext_noop("Run"),
    gettext_noop("Select action"),
    gettext_noop("Select action to run"),
    gettext_noop("Select all rows"),
    gettext_noop("Select record"),
    gettext_noop("Select value"),
    gettext_noop("This item will be deleted."),
    gettext_noop("Toggle password visibility"),
)
