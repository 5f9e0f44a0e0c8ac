"""Making and revoking API keys."""

import secrets
from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from core import events, known_keys
from core.access import EVERYTHING, PUBLISHABLE_SCOPES, SCOPES, Caller
from core.db import in_one_transaction
from core.errors import Invalid
from core.models import ApiKey, Organization

SECRET_BYTES = 32
LONGEST_NAME = 80
BEGINNING = {ApiKey.Kind.SECRET: "sk", ApiKey.Kind.PUBLISHABLE: "pk"}
DEFAULT_SCOPES = {ApiKey.Kind.SECRET: EVERYTHING, ApiKey.Kind.PUBLISHABLE: PUBLISHABLE_SCOPES}
POSSIBLE_SCOPES = {**DEFAULT_SCOPES, ApiKey.Kind.SECRET: EVERYTHING | SCOPES.keys()}


def create_api_key(
    *,
    organization: Organization,
    kind: ApiKey.Kind,
    name: str,
    caller: Caller,
    scopes: Iterable[str] | None = None,
    expires_at: datetime | None = None,
) -> tuple[ApiKey, str]:
    """Make a key and return it with its text, which is kept nowhere and never shown again.

    Without `scopes` a secret key may do everything in its organization that the caller may, and
    a publishable one all that may stand in a browser. Records api_key.created.

    Raises Invalid for a name that is empty or too long, an expiry in the past, a scope that
    does not exist or may not stand in a browser; Forbidden for a scope that the caller does
    not have itself.
    """
    if not 0 < len(name.strip()) <= LONGEST_NAME:
        raise Invalid.at("name", f"Give a name of 1 to {LONGEST_NAME} characters.")
    if expires_at is not None and expires_at <= timezone.now():
        raise Invalid.at("expiresAt", "This is in the past.")
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
    prefix = f"{BEGINNING[kind]}_{secrets.token_hex(4)}"
    text = f"{prefix}_{secrets.token_hex(SECRET_BYTES)}"
    key = ApiKey(
        organization=organization,
        kind=kind,
        name=name.strip(),
        prefix=prefix,
        digest=known_keys.digest_of(text),
        scopes=sorted(wanted),
        expires_at=expires_at,
    )
    _save(key, caller=caller)
    return key, text


@in_one_transaction
def _save(key: ApiKey, *, caller: Caller) -> None:
    key.save(force_insert=True)
    events.record("api_key.created", key, caller=caller, kind=key.kind, scopes=key.scopes)


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
