"""The same POST twice is done once: its first answer is kept and repeated.

The row is claimed first, in the transaction of the work, and the work runs in a savepoint
below it. So a duplicate waits on the unique index until the first has committed, a crash
leaves neither work nor row, and a refusal is kept although its work is rolled back.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, cast

from django.db import InterfaceError, OperationalError, connection, transaction
from django.http import HttpResponse
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.access import Caller, CallerKind
from core.api.rendering import EnvelopeRenderer
from core.db import in_one_transaction, lock_timeout_becomes
from core.errors import Conflict, DomainError, Invalid
from core.ids import uuid7
from core.models import IdempotentRequest
from core.models.idempotency import KEPT_FOR

KEPT_HEADERS = ("ETag", "Location", "Retry-After")
FIRST_SERVER_ERROR = 500
_WELL_FORMED = re.compile(r"[\x21-\x7e]{1,255}")


class InProgress(Conflict):
    """The first request with this key still runs and did not finish while we waited."""

    reason = "IN_PROGRESS"
    message = "The first request with this Idempotency-Key is still running."
    retry_after_seconds: ClassVar[int] = 3


class IdempotencyMismatch(DomainError):
    code = "IDEMPOTENCY_MISMATCH"
    message = "This Idempotency-Key was used with another body."


class _NotKept(Exception):
    """Carries a 5xx out of the transaction, so that nothing of it stays."""

    def __init__(self, response: HttpResponse) -> None:
        super().__init__(response.status_code)
        self.response = response


@dataclass(frozen=True)
class Key:
    """What makes two POSTs the same: credential, method, path and the header."""

    credential: str
    organization_id: Any
    method: str
    path: str
    digest: bytes
    body_digest: bytes


def key_of(request: Request) -> Key | None:
    """Return the request's key, or None without the header. Raises Invalid."""
    text = request.headers.get("Idempotency-Key")
    if text is None:
        return None
    if not _WELL_FORMED.fullmatch(text):
        raise Invalid.at("Idempotency-Key", "Use 1 to 255 visible ASCII characters.")
    caller = cast("Caller", request.auth)
    # Method and path as the router saw them, so that /api/v1/x/ and /api/x are one.
    path = re.sub(r"^/api/v1/", "/api/", request.path_info)
    return Key(
        credential=_credential_of(caller),
        organization_id=caller.organization_id,
        method=str(request.method),
        path=path[:500],
        digest=hashlib.sha256(text.encode()).digest(),
        body_digest=hashlib.sha256(request.body if hasattr(request, "body") else b"").digest(),
    )


def _credential_of(caller: Caller) -> str:
    """Name who asks: a person is somebody else in each of their organizations."""
    if caller.kind == CallerKind.USER:
        return f"{caller.kind}:{caller.id}:{caller.organization_id}"
    return f"{caller.kind}:{caller.id}"


def answer_once(
    key: Key, *, view: APIView, request: Request, work: Callable[[], Response]
) -> HttpResponse:
    """Do `work` and keep its answer, or repeat the answer that was kept.

    Raises InProgress, IdempotencyMismatch, and what in_one_transaction raises.
    """

    @in_one_transaction
    def claim_and_work() -> HttpResponse:
        row_id = _claim(key)
        if row_id is None:
            return _repeat(key)
        try:
            with transaction.atomic():
                response = work()
        except (OperationalError, InterfaceError):
            raise  # for the door: it repeats what heals by itself, and says what does not
        except Exception as error:
            response = view.handle_exception(error)  # raises again what is a bug
        if response.status_code >= FIRST_SERVER_ERROR:
            raise _NotKept(response)
        body = EnvelopeRenderer().render(response.data)
        IdempotentRequest.objects.filter(pk=row_id).update(
            status_code=response.status_code,
            headers={h: response.headers[h] for h in KEPT_HEADERS if h in response.headers},
            body=body.decode(),
        )
        return response

    try:
        return claim_and_work()
    except _NotKept as kept_out:
        return kept_out.response


def _claim(key: Key) -> Any | None:
    """Insert the row and return its id, or None where it is there already.

    Waits for a duplicate that is still running, up to the lock timeout. An answer older
    than 24 hours counts as forgotten even before it is swept away.
    """
    row_id = uuid7()
    with connection.cursor() as cursor, lock_timeout_becomes(InProgress):
        cursor.execute(
            """
            INSERT INTO core_idempotentrequest AS kept
                (id, organization_id, credential, method, path, key_digest, body_digest,
                 headers, body)
            VALUES (%s, %s, %s, %s, %s, %s, %s, '{}', '')
            ON CONFLICT ON CONSTRAINT idempotent_request_is_unique DO UPDATE
                SET id = excluded.id, body_digest = excluded.body_digest, status_code = NULL,
                    created_at = now()
                WHERE kept.created_at < %s
            RETURNING id
            """,
            [
                row_id,
                key.organization_id,
                key.credential,
                key.method,
                key.path,
                key.digest,
                key.body_digest,
                timezone.now() - KEPT_FOR,
            ],
        )
        return row_id if cursor.fetchone() else None


def _repeat(key: Key) -> HttpResponse:
    row = IdempotentRequest.objects.get(
        credential=key.credential, method=key.method, path=key.path, key_digest=key.digest
    )
    if bytes(row.body_digest) != key.body_digest:
        raise IdempotencyMismatch
    headers = {**row.headers, "Idempotency-Replayed": "true"}
    return HttpResponse(
        row.body.encode(),
        status=row.status_code,
        content_type="application/json",
        headers=headers,
    )
