"""One-time codes of the second factor (RFC 6238), and the recovery codes that stand in for them.

Nothing else knows the library. A code is six digits, for half a minute; that of the half minute
before and after is taken too, because clocks differ. None is good twice.
"""

from __future__ import annotations

import hmac
import secrets

import pyotp
from django.utils import timezone

from core.blind_index import blind_index
from core.db import require_transaction
from core.models import RecoveryCode, User
from core.services.person_events import record_for_person

ISSUER = "Holdfast"
STEP_SECONDS = 30
STEPS_ASIDE = (-1, 0, 1)
DIGITS = 6
RECOVERY_CODES = 10
HALF_A_RECOVERY_CODE = 5
# 31 signs that nobody takes for another: ten of them are 49 bits.
SIGNS = "abcdefghjkmnpqrstuvwxyz23456789"


def make_secret() -> str:
    """Return 160 random bits in base32, as authenticator apps take them."""
    return pyotp.random_base32()


def link_of(user: User) -> str:
    """Return the otpauth address from which an app learns the secret."""
    return pyotp.TOTP(user.otp_secret).provisioning_uri(name=user.email, issuer_name=ISSUER)


def step_of(secret: str, text: str) -> int | None:
    """Return the time step whose code `text` is, of those that are taken now; None: of none."""
    if not secret or len(text) != DIGITS or not (text.isascii() and text.isdigit()):
        return None
    now = int(timezone.now().timestamp()) // STEP_SECONDS
    code_of = pyotp.TOTP(secret).generate_otp
    found = None
    for step in (now + aside for aside in STEPS_ASIDE):
        if hmac.compare_digest(code_of(step), text):
            found = step
    return found


def take_code(user: User, text: str) -> bool:
    """Use up a code of the app, or a recovery code; say whether it was good.

    One statement takes it, so that of many at once one has it. Records recovery_code.used.
    Wants a transaction.
    """
    require_transaction()
    plain = plain_code(text)
    step = step_of(user.otp_secret, plain)
    if step is not None:
        same = User.objects.filter(pk=user.pk, otp_confirmed_at=user.otp_confirmed_at)
        return bool(same.filter(otp_last_step__lt=step).update(otp_last_step=step))
    unused = RecoveryCode.objects.filter(user=user, used_at=None)
    taken = unused.filter(digest=_digest(user, plain)).update(used_at=timezone.now())
    if taken:
        record_for_person(user, "recovery_code.used", by=user.pk, left=unused.count())
    return bool(taken)


def plain_code(text: str) -> str:
    """Return what somebody typed without the spaces and hyphens that make it readable."""
    return "".join(text.split()).replace("-", "").lower()


def make_recovery_codes(user: User) -> list[str]:
    """Give somebody ten new codes instead of those they had. Their texts are kept nowhere."""
    require_transaction()
    texts = [_make_recovery_code() for _ in range(RECOVERY_CODES)]
    RecoveryCode.objects.filter(user=user).delete()
    RecoveryCode.objects.bulk_create(
        RecoveryCode(user=user, digest=_digest(user, plain_code(text))) for text in texts
    )
    return texts


def recovery_codes_left(user: User) -> int:
    return RecoveryCode.objects.filter(user=user, used_at=None).count()


def _make_recovery_code() -> str:
    halves = ("".join(secrets.choice(SIGNS) for _ in range(HALF_A_RECOVERY_CODE)) for _ in "ab")
    return "-".join(halves)


def _digest(user: User, plain: str) -> bytes:
    """Keyed, because whoever reads the table could try 49 bits out."""
    return blind_index(f"{user.pk} {plain}", purpose="recovery_code")
