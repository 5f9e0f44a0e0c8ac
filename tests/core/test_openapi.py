import re
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
import yaml
from django.contrib.admindocs.views import simplify_regex
from django.core.management import call_command
from django.urls import URLPattern, URLResolver, get_resolver

from bookings.availability.reasons import ReasonCode
from bookings.models import Booking
from config.settings.env import BASE_DIR
from core.api.errors import STATUS_OF
from core.api.schema.contract import ALL
from tests.core.openapi_document import METHODS, Document

COMMITTED = BASE_DIR / "config" / "openapi.yml"
# Doors for machines of the operator, which are no part of the API.
ELSEWHERE = {"/metrics"}


@pytest.fixture(scope="module")
def document() -> Document:
    return Document()


def test_the_committed_document_is_fresh_and_made_without_a_warning(tmp_path):
    fresh = tmp_path / "openapi.yml"

    call_command(
        "spectacular", "--validate", "--fail-on-warn", "--file", str(fresh), stderr=StringIO()
    )

    assert fresh.read_bytes() == COMMITTED.read_bytes(), (
        "manage.py spectacular --file config/openapi.yml"
    )


def test_the_document_holds_every_call():
    paths = yaml.safe_load(COMMITTED.read_text(encoding="utf-8"))["paths"]

    found = {
        path: sorted(method for method in item if method in METHODS) for path, item in paths.items()
    }

    assert found == {
        "/api/api-keys": ["get", "post"],
        "/api/api-keys/{id}": ["delete", "get"],
        "/api/api-keys/{id}/rotate": ["post"],
        "/api/availability": ["get"],
        "/api/invitations": ["get", "post"],
        "/api/invitations/{id}": ["delete"],
        "/api/invitations/{id}/resend": ["post"],
        "/api/invitations/{token}/accept": ["post"],
        "/api/members": ["get"],
        "/api/members/{id}": ["delete", "get", "patch"],
        "/api/members/{id}/end-sessions": ["post"],
        "/api/members/{id}/unlock": ["post"],
        "/api/auth/login": ["post"],
        "/api/auth/logout": ["post"],
        "/api/auth/me": ["get"],
        "/api/auth/otp": ["get", "post"],
        "/api/auth/otp/confirm": ["post"],
        "/api/auth/otp/off": ["post"],
        "/api/auth/otp/recovery-codes": ["post"],
        "/api/auth/password/change": ["post"],
        "/api/auth/password/reset": ["post"],
        "/api/auth/refresh": ["post"],
        "/api/auth/sessions": ["delete", "get"],
        "/api/auth/sessions/{id}": ["delete"],
        "/api/availability/explain": ["get"],
        "/api/availability/next": ["get"],
        "/api/bookings": ["get", "post"],
        "/api/bookings/individual": ["post"],
        "/api/bookings/students/{id}": ["get"],
        "/api/bookings/tas/{id}": ["get"],
        "/api/bookings/{id}": ["delete", "get", "patch", "put"],
        "/api/bundles/courses/{id}/purchase": ["post"],
        "/api/bundles/students/{id}": ["get"],
        "/api/bundles/students/{id}/courses/{courseId}/active": ["get"],
        "/api/bundles/{id}": ["get"],
        "/api/bundles/{id}/adjust": ["post"],
        "/api/bundles/{id}/statement": ["get"],
        "/api/consents": ["get"],
        "/api/courses": ["get"],
        "/api/courses/{id}": ["get"],
        "/api/courses/{id}/products": ["get", "post"],
        "/api/courses/{id}/support-options": ["get"],
        "/api/bookings/{id}/cancel": ["patch"],
        "/api/customers": ["get", "post"],
        "/api/customers/{id}": ["get", "patch"],
        "/api/date-overrides": ["get", "post"],
        "/api/date-overrides/{id}": ["delete", "get", "patch"],
        "/api/group-sessions/courses/{id}": ["get"],
        "/api/group-session-templates": ["get", "post"],
        "/api/group-session-templates/{id}": ["get", "patch"],
        "/api/group-sessions": ["post"],
        "/api/group-sessions/{id}": ["delete", "get", "put"],
        "/api/group-sessions/{id}/attendees": ["get"],
        "/api/group-sessions/{id}/join": ["post"],
        "/api/docs": ["get"],
        "/api/events": ["get"],
        "/api/docs/ui": ["get"],
        "/api/health": ["get"],
        "/api/health/db": ["get"],
        "/api/health/detailed": ["get"],
        "/api/customers/{id}/erase": ["post"],
        "/api/customers/{id}/export": ["get"],
        "/api/customers/{id}/feed": ["delete", "get", "post"],
        "/api/customers/{id}/link": ["post"],
        "/api/resources/{id}/feed": ["delete", "get", "post"],
        "/api/holds": ["post"],
        "/api/holds/{id}": ["delete"],
        "/api/manage/{token}": ["delete", "get", "put"],
        "/api/manage/{token}/availability": ["get"],
        "/api/organization": ["get", "patch"],
        "/api/organization/booking-defaults": ["get", "patch"],
        "/api/organization/logo": ["delete", "post", "put"],
        "/api/products/{id}": ["get", "patch"],
        "/api/reminder-rules": ["get", "post"],
        "/api/reminder-rules/{id}": ["delete", "get", "patch"],
        "/api/resource-types": ["get", "post"],
        "/api/resource-types/{id}": ["delete", "get", "patch"],
        "/api/resources": ["get", "post"],
        "/api/resources/{id}": ["delete", "get", "patch"],
        "/api/series": ["post"],
        "/api/series/{id}/cancel": ["post"],
        "/api/series/{id}/confirm": ["post"],
        "/api/series/{id}/reschedule": ["post"],
        "/api/resources/{id}/photo": ["delete", "put"],
        "/api/services": ["get", "post"],
        "/api/services/{id}": ["delete", "get", "patch"],
        "/api/schedules": ["get", "post"],
        "/api/schedules/{id}": ["delete", "get", "patch"],
        "/api/time-off": ["get", "post"],
        "/api/time-off/{id}": ["delete", "get", "patch"],
        "/api/waitlist": ["get", "post"],
        "/api/waitlist/offers/{token}": ["delete", "get", "post"],
        "/api/waitlist/{id}": ["delete", "get"],
        "/api/webhooks/mail/{provider}": ["post"],
        "/health": ["get"],
        "/health/lb": ["get"],
    }


def test_every_route_is_in_the_document(document):
    routed = {}
    for path, view in routes(get_resolver().url_patterns):
        if path.startswith(("/api/", "/health")) and path not in ELSEWHERE:
            actions = getattr(view, "actions", None)
            routed[path] = sorted(set(actions) - {"head"}) if actions else None

    documented = document.raw["paths"]
    assert set(routed) == set(documented)
    for path, methods in routed.items():
        if methods is not None:
            assert sorted(documented[path]) == methods, path


def routes(patterns: list[Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every route as the document writes it, and its view."""
    for pattern in patterns:
        here = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, here)
        elif isinstance(pattern, URLPattern):
            path = simplify_regex(here.replace("(?:v1/)?", "").replace("/?$", "$"))
            path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", path).replace("{pk}", "{id}")
            yield "/" + path.lstrip("/"), pattern.callback


def test_the_document_tells_every_refusal_of_the_api(document):
    told = {code: failure.status for failure in ALL for code in failure.codes}
    assert {**told, "CONFLICT": 409} == STATUS_OF

    introduction = document.raw["info"]["description"]
    for code, status in STATUS_OF.items():
        assert re.search(rf"\| {status} \| [^|]*`{code}`", introduction), code


NAMED_IN_QUERIES = {"serviceId", "resourceId", "courseId", "taId"}


def parameters_of(operation: dict[str, Any]) -> set[str]:
    return {parameter.get("name", "") for parameter in operation["parameters"]}


# Calls whose body holds no id.
NAMES_NOTHING = (
    "cancelGroupSession",
    "changeBookingStatus",
    "cancelCourseBooking",
    "createCustomer",
    "createResourceType",
    "createApiKey",
    "updateBookingDefaults",
    "updateOrganization",
    "setLogo",
    "takeLogo",
)
# Opened by the link in a mail, and never stored: it may carry a password.
BY_INVITATION = ("acceptInvitation",)
# Changes that another row can stand in the way of.
MEETS_ANOTHER = (
    "takeLogo",
    "removeMember",
    "revokeInvitation",
    "rotateApiKey",
    "updateMember",
    "updateCustomer",
    "updateReminderRule",
    "updateService",
    "updateResource",
    "deleteResourceType",
    "updateSchedule",
    "removeSchedule",
    "updateDateOverride",
    "removeDateOverride",
    "updateTimeOff",
    "updateGroupSessionTemplate",
    "leaveWaitlist",
    "acceptOffer",
    "declineOffer",
)
# Changes that If-Match may bind to a version.
VERSIONED_CHANGES = (
    "updateBooking",
    "changeBookingStatus",
    "cancelBooking",
    "cancelCourseBooking",
    "changeGroupSession",
    "cancelGroupSession",
)
# No answer of these is kept: it would be a secret, or twice is as good as once.
ANSWERS_A_SECRET = (
    "makeResourceFeed",
    "makeCustomerFeed",
    "acceptOffer",
    "createApiKey",
    "rotateApiKey",
    "resetPassword",
    "takeLogo",
)
SECOND_FACTOR = (
    "beginSecondFactor",
    "confirmSecondFactor",
    "turnSecondFactorOff",
    "renewRecoveryCodes",
)
SIGNING_IN = ("signIn", "renewSignIn", "signOut", "changeMyPassword", *SECOND_FACTOR)


def test_every_call_tells_the_refusals_that_it_can_give(document):
    for name, operation in document.operations.items():
        if operation["tags"][0] in ("Health", "Documents", "Mail reports"):
            continue
        expected = {400, 401, 403, 406, 429, 500, 503}
        if operation["tags"] == ["Self-service"]:
            expected = expected - {401, 403} | {404}
        if "{id}" in operation["path"] or NAMED_IN_QUERIES & parameters_of(operation):
            expected.add(404)
        if "requestBody" in operation:
            expected |= {413, 415} if name in NAMES_NOTHING + SIGNING_IN else {404, 413, 415}
        if operation["method"] == "post" and name not in ANSWERS_A_SECRET + SIGNING_IN:
            expected |= {409, 422}
        if name in MEETS_ANOTHER + SECOND_FACTOR:
            expected.add(409)
        if name in VERSIONED_CHANGES or (
            operation["method"] in ("put", "delete") and "/manage/" in operation["path"]
        ):
            expected |= {409, 412}
        if name in BY_INVITATION:
            expected -= {401, 403, 422}
        told = {int(status) for status in operation["responses"]}
        assert {status for status in told if status >= 300} == expected, name


def test_a_conflict_tells_its_reasons(document):
    def reasons(name: str) -> set[str]:
        return set(document.raw["components"]["schemas"][f"{name}ConflictReason"]["enum"])

    refused_start = {code.value for code in ReasonCode} - {"TAKEN", "HELD", "NO_LANE", "OFF_GRID"}
    refused_start.add("SLOT_TAKEN")
    bundle = {"NO_CREDIT", "BUNDLE_EXPIRED", "BUNDLE_NOT_COVERING"}
    stays = {"BUNDLE_EXPIRED", "BUNDLE_NOT_COVERING", "SESSION_DECIDES"}
    consent = {"CONSENT_MISSING", "CONSENT_OUTDATED"}
    booked = refused_start | bundle | consent | {"HOLD_LAPSED", "IN_PROGRESS"}
    assert reasons("CreateBooking") == booked
    assert reasons("CreateHold") == refused_start | {"IN_PROGRESS"}
    assert reasons("UpdateBooking") == refused_start | stays | {"ILLEGAL_TRANSITION"}
    individual = refused_start - {"SLOT_TAKEN"} | bundle | {"IN_PROGRESS"}
    assert reasons("BookIndividualSession") == individual | {"TA_BUSY", "TA_NOT_ON_COURSE"}
    joined = {"SESSION_FULL", "ALREADY_JOINED", "SESSION_OVER", "IN_PROGRESS"}
    assert reasons("JoinGroupSession") == bundle | joined | consent
    laid_out = {"TA_BUSY", "TA_NOT_ON_COURSE", "SLOT_TAKEN", "TIME_OFF", "HOLIDAY", "NO_LANE"}
    assert reasons("CreateGroupSession") == laid_out | {"IN_PROGRESS"}
    changed = {"SESSION_OVER", "CAPACITY_BELOW_TAKEN"}
    overlaps = {"TA_NOT_ON_COURSE", "TEMPLATE_OVERLAPS"}
    assert reasons("CreateGroupSessionTemplate") == overlaps | {"IN_PROGRESS"}
    assert reasons("UpdateGroupSessionTemplate") == overlaps
    assert reasons("ChangeGroupSession") == laid_out | changed
    assert reasons("CancelGroupSession") == {"ILLEGAL_TRANSITION"}
    assert reasons("CancelCourseBooking") == {"ILLEGAL_TRANSITION"}
    assert reasons("ChangeBookingStatus") == {"ILLEGAL_TRANSITION"}
    assert reasons("CancelBooking") == {"ILLEGAL_TRANSITION"}
    assert reasons("RescheduleManagedBooking") == refused_start | stays | {
        "ILLEGAL_TRANSITION",
        "RESCHEDULE_DEADLINE",
        "RESCHEDULE_LIMIT",
    }
    assert reasons("CancelManagedBooking") == {"ILLEGAL_TRANSITION", "CANCEL_DEADLINE"}


def test_the_headers_of_a_call_are_told(document):
    def sent(name: str) -> set[str]:
        parameters = map(document.resolved, document.operations[name]["parameters"])
        return {parameter["name"] for parameter in parameters if parameter["in"] == "header"}

    def answered(name: str, status: int) -> set[str]:
        return set(document.response(name, status)["headers"])

    always = {"API-Version", "X-Request-ID"}
    counted = always | {"X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"}
    assert sent("createBooking") == {"X-Request-ID", "Idempotency-Key"}
    assert sent("updateBooking") == {"X-Request-ID", "If-Match"}
    assert sent("listBookings") == {"X-Request-ID"}
    assert answered("createBooking", 201) == counted | {"ETag", "Idempotency-Replayed"}
    assert answered("createBooking", 409) == counted | {"Retry-After"}
    assert answered("getBooking", 200) == counted | {"ETag"}
    assert answered("listBookings", 429) == counted | {"Retry-After"}
    assert answered("listBookings", 401) == counted | {"WWW-Authenticate"}
    assert answered("isAlive", 200) == always


def test_the_limits_of_the_contract_are_told(document):
    schemas = document.raw["components"]["schemas"]
    fields = schemas["CreateBooking"]["properties"]

    longest = {name: field["maxLength"] for name, field in fields.items() if "maxLength" in field}
    assert longest == {
        "name": 200,
        "company": 200,
        "email": 254,
        "phone": 32,
        "inquiry": 10_000,
        "notes": 10_000,
        "location": 500,
        "holdToken": 200,
    }
    assert schemas["CreateBooking"]["required"] == ["email", "name", "timeSlot"]
    for name in ("CreateBooking", "UpdateBooking", "ChangeStatus", "PlaceHold", "DropHold"):
        assert schemas[name]["additionalProperties"] is False
    assert schemas["BookingStatus"]["enum"] == list(Booking.Status.values)


def test_a_call_names_its_scope_and_both_headers_for_the_key(document):
    operations = document.operations
    assert operations["createBooking"]["security"] == [
        {"bearer": ["bookings:create"]},
        {"apiKey": ["bookings:create"]},
    ]
    assert "Any key with the scope `bookings:create`" in operations["createBooking"]["description"]
    assert "A secret key with the scope `bookings:read`" in operations["getBooking"]["description"]
    assert operations["isAlive"]["security"] == []
    assert operations["getManagedBooking"]["security"] == []
