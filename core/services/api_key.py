"""Making, replacing and revoking API keys."""

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from core import events, known_keys
from core.access import EVERYTHING, PUBLISHABLE_SCOPES, SCOPES, Caller
from core.db import in_one_transaction
from core.errors import Conflict, Invalid
from core.models import ApiKey, Organization
from core.models.organization import validate_origin

SECRET_BYTES = 32
LONGEST_NAME = 80
USUAL_OVERLAP_HOURS = 24
LONGEST_OVERLAP_HOURS = 30 * 24
LONGEST_ORIGIN = 200
MOST_ORIGINS = 20
MOST_PER_MINUTE = 6000
BEGINNING = {ApiKey.Kind.SECRET: "sk", ApiKey.Kind.PUBLISHABLE: "pk"}
DEFAULT_SCOPES = {ApiKey.Kind.SECRET: EVERYTHING, ApiKey.Kind.PUBLISHABLE: PUBLISHABLE_SCOPES}
POSSIBLE_SCOPES = {**DEFAULT_SCOPES, ApiKey.Kind.SECRET: EVERYTHING | SCOPES.keys()}


class KeyEnded(Conflict):
    reason = "KEY_ENDED"
    message = "This key is revoked or expired. Make a new one."


class KeyReplaced(Conflict):
    reason = "KEY_REPLACED"
    message = "This key is replaced already. Rotate the one that replaces it."


def create_api_key(
    *,
    organization: Organization,
    kind: ApiKey.Kind,
    name: str,
    caller: Caller,
    scopes: Iterable[str] | None = None,
    expires_at: datetime | None = None,
    origins: Iterable[str] = (),
    requests_per_minute: int | None = None,
) -> tuple[ApiKey, str]:
    """Make a key and return it with its text, which is kept nowhere and never shown again.

    Without `scopes` a secret key may do everything in its organization that the caller may, and
    a publishable one all that may stand in a browser. With `origins` a publishable key is good
    on these websites alone; `requests_per_minute` is its own limit instead of the
    installation's. Records api_key.created.

    Raises Invalid for a name that is empty or too long, an expiry in the past, a scope that
    does not exist or may not stand in a browser, what is no origin, a limit that is none;
    Forbidden for a scope that the caller does not have itself.
    """
    if not 0 < len(name.strip()) <= LONGEST_NAME:
        raise Invalid.at("name", f"Give a name of 1 to {LONGEST_NAME} characters.")
    if expires_at is not None and expires_at <= timezone.now():
        raise Invalid.at("expiresAt", "This is in the past.")
    if requests_per_minute is not None and not 0 < requests_per_minute <= MOST_PER_MINUTE:
        raise Invalid.at("requestsPerMinute", f"Give 1 to {MOST_PER_MINUTE}.")
    websites = _checked(origins, kind)
    usual = DEFAULT_SCOPES[kind]
    if kind == ApiKey.Kind.SECRET and not caller.may_give(usual):
        usual = caller.scopes
    wanted = frozenset(usual if scopes is None else scopes)
    if unknown := sorted(wanted - POSSIBLE_SCOPES[kind]):
        raise Invalid.at("scopes", f"A {kind.value} key cannot have {', '.join(unknown)}.")
    if not wanted:
        raise Invalid.at("scopes", "A key without a scope could do nothing.")
    for scope in wanted:
        caller.require(scope)
    key, text = _new(
        organization_id=organization.pk,
        kind=kind,
        name=name.strip(),
        scopes=sorted(wanted),
        expires_at=expires_at,
        origins=websites,
        requests_per_minute=requests_per_minute,
    )
    _save(key, caller=caller)
    return key, text


def _checked(origins: Iterable[str], kind: ApiKey.Kind) -> list[str]:
    """Return websites by their origin, each once. Raises Invalid."""
    found = list(dict.fromkeys(origin.strip().rstrip("/").lower() for origin in origins))
    if found and kind != ApiKey.Kind.PUBLISHABLE:
        raise Invalid.at("origins", "Only a publishable key is bound to websites.")
    if len(found) > MOST_ORIGINS:
        raise Invalid.at("origins", f"Give {MOST_ORIGINS} at most.")
    for origin in found:
        try:
            validate_origin(origin)
        except ValidationError as error:
            raise Invalid.at("origins", "Write an origin like https://www.example.com.") from error
        if len(origin) > LONGEST_ORIGIN:
            raise Invalid.at("origins", f"Use {LONGEST_ORIGIN} characters at most.")
    return found


def _new(*, kind: ApiKey.Kind, **columns: Any) -> tuple[ApiKey, str]:
    """Return a key that is not saved yet, with its text."""
    prefix = f"{BEGINNING[kind]}_{secrets.token_hex(4)}"
    text = f"{prefix}_{secrets.token_hex(SECRET_BYTES)}"
    return ApiKey(kind=kind, prefix=prefix, digest=known_keys.digest_of(text), **columns), text


@in_one_transaction
def _save(key: ApiKey, *, caller: Caller) -> None:
    key.save(force_insert=True)
    events.record("api_key.created", key, caller=caller, kind=key.kind, scopes=key.scopes)


@in_one_transaction
def rotate_api_key(
    *, key: ApiKey, caller: Caller, overlap_hours: int = USUAL_OVERLAP_HOURS
) -> tuple[ApiKey, str]:
    """Replace `key` by one that may do the same; return that one with its text, shown once.

    The old one stays good for `overlap_hours`, so that whatever uses it can be changed in
    peace; with 0 it is refused at once. The new one is good for as long as the old one was made
    for. Records api_key.created and api_key.rotated.

    Raises KeyEnded, KeyReplaced, Invalid for an overlap below 0 or above 30 days, and Forbidden
    for a key that may more than the caller.
    """
    if not 0 <= overlap_hours <= LONGEST_OVERLAP_HOURS:
        raise Invalid.at("overlapHours", f"Give 0 to {LONGEST_OVERLAP_HOURS} hours.")
    key = ApiKey.objects.select_for_update().get(pk=key.pk)
    for scope in key.scopes:
        caller.require(scope)
    now = timezone.now()
    if key.state(now) != ApiKey.State.GOOD:
        raise KeyEnded
    if key.replaced_by.filter(revoked_at=None).exists():
        raise KeyReplaced
    new, text = _new(
        organization_id=key.organization_id,
        kind=ApiKey.Kind(key.kind),
        name=key.name,
        scopes=key.scopes,
        origins=key.origins,
        requests_per_minute=key.requests_per_minute,
        expires_at=key.expires_at and now + (key.expires_at - key.created_at),
        replaces=key,
    )
    new.save(force_insert=True)
    end = now + timedelta(hours=overlap_hours)
    key.expires_at = min(end, key.expires_at or end)
    key.save(update_fields=["expires_at", "updated_at"])
    events.record("api_key.created", new, caller=caller, kind=new.kind, scopes=new.scopes)
    events.record(
        "api_key.rotated",
        key,
        caller=caller,
        replaced_by=new.pk,
        good_until=key.expires_at.isoformat(),
    )
    transaction.on_commit(known_keys.forget_everywhere)
    return new, text


@in_one_transaction
def revoke_api_key(*, key: ApiKey, caller: Caller) -> ApiKey:
    """Refuse `key` from now on, in every process. Revoking it again changes nothing.

    Records api_key.revoked. A process that cannot reach Redis follows within ten seconds.
    """
    key = ApiKey.objects.select_for_update().get(pk=key.pk)
    if key.revoked_at is None:
        key.revoked_at = timezone.now()
        key.save(update_fields=["revoked_at", "updated_at"])
        events.record("api_key.revoked", key, caller=caller)
        transaction.on_commit(known_keys.forget_everywhere)
    return key
