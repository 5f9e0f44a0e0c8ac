"""How often a password may be wrong: each failure beyond the free ones costs a longer wait.

| wrong so far    | of an account | of a network | nobody is let in for     |
|-----------------|---------------|--------------|--------------------------|
| the free ones   | 1 to 4        | 1 to 19      | –                        |
| then            | 5             | 20           | 30 seconds               |
| and each more   | 6, 7, 8 …     | 21, 22 …     | twice as long, 1 hour at most |

A day without a failure forgets them. Whether an account exists makes no difference: both kinds
of rows are named by a digest of what was typed. An attempt is counted before its password is
looked at, so that a thousand at once are no better than one after the other, and taken back
when the password was right.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from core.blind_index import blind_index, normalise_email
from core.db import in_one_transaction
from core.errors import TooManyAttempts
from core.models import SignInGuard

FREE_OF_AN_ACCOUNT = 4
FREE_OF_A_NETWORK = 19
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(hours=1)
FORGOTTEN_AFTER = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One that was counted. `locks` says that nobody is let in for a while unless it is right."""

    account: bytes
    network: bytes
    locks: bool


@in_one_transaction
def count_attempt(*, email: str, network: str) -> Attempt:
    """Count one more password that may be wrong. Raises TooManyAttempts while a wait lasts."""
    now = timezone.now()
    account_index, network_index = index_of_account(email), index_of_network(network)
    free = {account_index: FREE_OF_AN_ACCOUNT, network_index: FREE_OF_A_NETWORK}
    guards = _locked(sorted(free), now)
    ends = [row.locked_until for row in guards if row.locked_until and row.locked_until > now]
    if ends:
        raise TooManyAttempts(math.ceil((max(ends) - now).total_seconds()))
    for row in guards:
        is_old = row.failed_at < now - FORGOTTEN_AFTER
        row.failures = 1 if is_old else row.failures + 1
        row.failed_at = now
        wait = wait_after(row.failures - free[bytes(row.index)])
        row.locked_until = now + wait if wait else None
    SignInGuard.objects.bulk_update(guards, ["failures", "failed_at", "locked_until"])
    locks = any(row.locked_until for row in guards)
    return Attempt(account_index, network_index, locks)


@in_one_transaction
def take_back(attempt: Attempt) -> None:
    """Forget what an account's passwords were, and of its network this one attempt.

    Who has one good password does not get to guess more of others.
    """
    SignInGuard.objects.filter(index=attempt.account).delete()
    row = SignInGuard.objects.select_for_update().filter(index=attempt.network).first()
    if row is None:
        return
    row.failures = max(0, row.failures - 1)
    if row.failures <= FREE_OF_A_NETWORK:
        row.locked_until = None
    row.save(update_fields=["failures", "locked_until"])


@in_one_transaction
def take_one_back(attempt: Attempt) -> None:
    """Forget this one attempt: it was right as far as it went, and the rest was not asked yet.

    Earlier failures stay. Otherwise whoever knows a password would get rid of wrong codes by it.
    """
    for index in sorted((attempt.account, attempt.network)):
        row = SignInGuard.objects.select_for_update().filter(index=index).first()
        if row is None:
            continue
        row.failures = max(0, row.failures - 1)
        row.locked_until = None  # nobody was let in to be counted while an earlier wait lasted
        row.save(update_fields=["failures", "locked_until"])


@in_one_transaction
def unlock(*, index: bytes) -> bool:
    """Forget the failures of an account or a network; say whether there were any."""
    deleted, _ = SignInGuard.objects.filter(index=index).delete()
    return bool(deleted)


def locked_until(email: str) -> datetime | None:
    """Return until when nobody is let in to this account; None: they are."""
    row = SignInGuard.objects.filter(index=index_of_account(email)).first()
    if row is None or row.locked_until is None or row.locked_until <= timezone.now():
        return None
    return row.locked_until


def index_of_account(email: str) -> bytes:
    return blind_index(normalise_email(email), purpose="sign_in.account")


def index_of_network(network: str) -> bytes:
    return blind_index(network, purpose="sign_in.network")


def wait_after(failures_beyond: int) -> timedelta:
    """Return how long nobody is let in after so many failures beyond the free ones."""
    if failures_beyond <= 0:
        return timedelta(0)
    doublings = min(failures_beyond - 1, 20)
    return min(LONGEST_WAIT, FIRST_WAIT * (1 << doublings))


def forget_old_guards() -> None:
    """Delete what says nothing any more."""
    SignInGuard.objects.filter(failed_at__lt=timezone.now() - FORGOTTEN_AFTER).delete()


def _locked(indexes: list[bytes], now: datetime) -> list[SignInGuard]:
    """Lock the rows, made where there are none, always in one order."""
    new = [SignInGuard(index=index, failed_at=now) for index in indexes]
    SignInGuard.objects.bulk_create(new, ignore_conflicts=True)
    return list(SignInGuard.objects.select_for_update().filter(index__in=indexes).order_by("index"))
