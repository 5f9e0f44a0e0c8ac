"""Weekly sessions, with what of them is ahead."""

from datetime import datetime

from django.db.models import OuterRef, QuerySet, Subquery

from bookings.models import GroupSession, GroupSessionTemplate


def with_next(
    templates: QuerySet[GroupSessionTemplate], *, now: datetime
) -> QuerySet[GroupSessionTemplate]:
    """Return the same, each with when it takes place next as `next_at` (None: not laid out)."""
    ahead = GroupSession.objects.filter(
        template=OuterRef("pk"), cancelled_at=None, starts_at__gt=now
    )
    first = ahead.order_by("starts_at").values("starts_at")[:1]
    return templates.annotate(next_at=Subquery(first))


def sessions_ahead(template: GroupSessionTemplate, *, now: datetime) -> list[GroupSession]:
    """Return what was laid out of a template and has not begun, cancelled ones too. One query."""
    rows = GroupSession.objects.for_organization(template.organization_id).filter(
        template=template, starts_at__gt=now
    )
    return list(rows.select_related("service", "resource").order_by("starts_at", "id"))
