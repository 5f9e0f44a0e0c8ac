"""The doctor: asks every check, keeps what was found, and mends what can be mended."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import timedelta
from uuid import UUID

import structlog
from django.db import DatabaseError
from django.db.models import F, Func, IntegerField, Q, QuerySet, Value
from django.utils import timezone

from core.access import Caller
from core.invariants import Check, Finding, invariants
from core.models import Checkup, Organization

KEPT_FOR = timedelta(days=90)
SECONDS_PER_CHECK = 300.0  # at night, when nobody waits for it
ENOUGH_FOR_TONIGHT = timedelta(hours=1)
TO_PATH = "%(function)s(%(expressions)s::jsonpath)"

log = structlog.get_logger(__name__)
COULD_NOT_ASK = "This could not be looked at: {error}."


def find(
    checks: Iterable[Check],
    *,
    organization: Organization | None = None,
    seconds: float | None = None,
) -> Iterator[Finding]:
    """Yield what is not as it must be, of one organization or of all. Writes nothing.

    A check that PostgreSQL does not answer (within `seconds`, if given) is itself a finding.
    """
    now = timezone.now()
    organization_id = organization.pk if organization else None
    for check in checks:
        try:
            yield from check.find(now=now, organization_id=organization_id, seconds=seconds)
        except DatabaseError as error:
            says = COULD_NOT_ASK.format(error=type(error.__cause__ or error).__name__)
            yield Finding(check.name, "", None, organization_id, says)


def check_up(*, organization: Organization | None = None, seconds: float | None = None) -> Checkup:
    """Ask every check and keep what was found. `seconds` is for each of them."""
    checks = list(invariants.known.values())
    found = [_as_kept(one) for one in find(checks, organization=organization, seconds=seconds)]
    return Checkup.objects.create(
        organization=organization,
        finished_at=timezone.now(),
        checks=len(checks),
        findings=found,
    )


def check_up_tonight() -> Checkup | None:
    """Look everybody's rows over, and log an error when something is wrong. The clock's part.

    None when that was done within the hour: by another clock, or by hand.
    """
    lately = Checkup.objects.filter(
        organization=None, created_at__gt=timezone.now() - ENOUGH_FOR_TONIGHT
    )
    if lately.exists():
        return None
    checkup = check_up(seconds=SECONDS_PER_CHECK)
    if checkup.findings:
        log.error(
            "The checkup found what must not be",
            findings=len(checkup.findings),
            broken=sorted({one["check"] for one in checkup.findings}),
        )
    return checkup


def mend(findings: Iterable[Finding]) -> list[Finding]:
    """Repair what can be worked out again without a doubt; return what was repaired.

    Each in a transaction of its own, with an event of its own.
    """
    mended = []
    for finding in findings:
        repair = invariants.known[finding.check].repair
        if repair is None or finding.id is None or finding.organization_id is None:
            continue
        if repair(finding.id, caller=Caller.command(finding.organization_id)):
            mended.append(finding)
    return mended


def forget_old_checkups() -> int:
    """Delete checkups that are older than 90 days; return how many."""
    deleted, _ = Checkup.objects.filter(created_at__lt=timezone.now() - KEPT_FOR).delete()
    return deleted


def checkups_seen_by(organization_id: UUID | None) -> QuerySet[Checkup]:
    """Return the checkups that looked at an organization's rows, newest first; None is all.

    Each with `number`, how much it found of theirs, and without the findings themselves.
    """
    rows = Checkup.objects.select_related("organization").defer("findings")
    if organization_id is not None:
        rows = rows.filter(Q(organization=None) | Q(organization=organization_id))
    return rows.annotate(number=number_seen_by(organization_id))


def number_seen_by(organization_id: UUID | None) -> Func:
    """Return what counts a checkup's findings of an organization; None is everything."""
    theirs: F | Func = F("findings")
    if organization_id is not None:
        path = f'$[*] ? (@.organization == "{organization_id}")'
        theirs = Func(theirs, Value(path), function="JSONB_PATH_QUERY_ARRAY", template=TO_PATH)
    return Func(theirs, function="JSONB_ARRAY_LENGTH", output_field=IntegerField())


def findings_seen_by(checkup: Checkup, organization_id: UUID | None) -> list[dict[str, object]]:
    """Return what a checkup found of an organization; None is everything."""
    if organization_id is None:
        return list(checkup.findings)
    return [one for one in checkup.findings if one["organization"] == str(organization_id)]


def _as_kept(finding: Finding) -> dict[str, object]:
    kept = asdict(finding)
    kept["organization"] = kept.pop("organization_id")
    return kept
