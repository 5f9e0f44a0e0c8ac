from core.models.api_key import ApiKey
from core.models.base import BaseModel, TenantModel, TenantQuerySet
from core.models.checkup import Checkup
from core.models.event import Event, Outbox
from core.models.idempotency import IdempotentRequest
from core.models.invitation import Invitation
from core.models.logo import Logo
from core.models.organization import Organization
from core.models.seal import Seal
from core.models.sign_in import (
    PasswordReset,
    RecoveryCode,
    RefreshToken,
    SignInGuard,
    SignInSession,
)
from core.models.user import Membership, User

__all__ = [
    "ApiKey",
    "BaseModel",
    "Checkup",
    "Event",
    "IdempotentRequest",
    "Invitation",
    "Logo",
    "Membership",
    "Organization",
    "Outbox",
    "PasswordReset",
    "RecoveryCode",
    "RefreshToken",
    "Seal",
    "SignInGuard",
    "SignInSession",
    "TenantModel",
    "TenantQuerySet",
    "User",
]
