"""Django REST Framework and the OpenAPI document."""

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["core.api.authentication.ApiKeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["core.api.permissions.HasScope"],
    "DEFAULT_RENDERER_CLASSES": ["core.api.rendering.EnvelopeRenderer"],
    "DEFAULT_PARSER_CLASSES": ["core.api.parsing.StrictJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "core.api.schema.HouseSchema",
    "EXCEPTION_HANDLER": "core.api.errors.answer_error",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "UNAUTHENTICATED_USER": None,
    "COERCE_DECIMAL_TO_STRING": True,
}
