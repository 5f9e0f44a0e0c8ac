"""Django REST Framework and the OpenAPI document."""

from config.settings.env import BASE_DIR

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["core.api.authentication.ApiKeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["core.api.permissions.HasScope"],
    "DEFAULT_RENDERER_CLASSES": ["core.api.rendering.EnvelopeRenderer"],
    "DEFAULT_PARSER_CLASSES": ["core.api.parsing.StrictJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "core.api.schema.HouseSchema",
    "EXCEPTION_HANDLER": "core.api.errors.answer_error",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "UNAUTHENTICATED_USER": None,
    "URL_FORMAT_OVERRIDE": None,  # `?format=` is a query parameter like any other unknown one
    "COERCE_DECIMAL_TO_STRING": True,
}

SPECTACULAR_SETTINGS = {
    "TITLE": "Holdfast",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "DESCRIPTION": (BASE_DIR / "core/api/schema/introduction.md").read_text(encoding="utf-8"),
    "LICENSE": {"name": "MIT", "identifier": "MIT"},
    "SERVERS": [{"url": "/", "description": "Where this document was read"}],
    "TAGS": [
        {"name": "Bookings", "description": "Appointments: book, read, change, cancel."},
        {"name": "Self-service", "description": "One booking or offer, by its customer's link."},
        {"name": "Availability", "description": "Which times can be booked."},
        {"name": "Customers", "description": "Who books."},
        {"name": "Calendars", "description": "Private addresses for calendar programs."},
        {"name": "Catalogue", "description": "What can be booked, and with whom."},
        {"name": "Courses", "description": "Services with a code: TAs, products, sessions."},
        {"name": "Bundles", "description": "Sessions that are paid for in advance."},
        {"name": "Group sessions", "description": "Sessions that many join, each with a place."},
        {"name": "Series", "description": "Appointments that belong together."},
        {"name": "Opening hours", "description": "Weekly hours, certain dates, time off."},
        {"name": "Holds", "description": "Keep a time while somebody types."},
        {"name": "Waitlist", "description": "For who finds nothing free."},
        {"name": "Reminders", "description": "Who is reminded of appointments, and when."},
        {"name": "Audit trail", "description": "Who did what, and when."},
        {"name": "Organization", "description": "Your own settings, and the logo."},
        {"name": "People", "description": "Signing in, and where one is signed in."},
        {"name": "API keys", "description": "How programs get in."},
        {"name": "Health", "description": "Is it well? Without the envelope."},
        {"name": "Documents", "description": "This document, and a page to read it on."},
        {"name": "Mail reports", "description": "What providers tell about mails."},
    ],
    # Docstrings speak to whoever reads the code.
    "DISABLE_DOCSTRING_DESCRIPTIONS": True,
    "ENFORCE_NON_BLANK_FIELDS": True,
    "COMPONENT_SPLIT_PATCH": False,
    "SCHEMA_PATH_PREFIX": "/api",
    "SORT_OPERATION_PARAMETERS": False,
    "POSTPROCESSING_HOOKS": [
        "core.api.schema.failures.add_to_components",
        "core.api.schema.documents.add_paths",
        "core.health.schema.add_paths",
        "notifications.api.schema.add_paths",
    ],
}
