from datetime import timedelta

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import BigIntegerRangeField, DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bookings.models.booking import Booking
from bookings.models.catalog import Lane
from bookings.models.group_session import GroupSession
from bookings.models.hold import Hold
from core.db import TsTzRange
from core.ids import uuid7

# A day of appointment and a day of buffer on either side; whoever reads the calendar looks
# back this far for what may still reach into its window.
LONGEST_ALLOCATION = timedelta(days=3)


class OneLane(Func):
    """`int8range(lane, lane, '[]')`: lets gist compare a bigint without any extension."""

    function = "INT8RANGE"
    output_field = BigIntegerRangeField()

    def __init__(self, lane: str) -> None:
        # The expression is passed twice: repeating it in a template breaks parameter binding.
        super().__init__(F(lane), F(lane), Value("[]"))


class Allocation(models.Model):
    """A lane, kept busy for a stretch of time, buffers included, by a booking, a hold or a
    group session.

    This table is where double booking is impossible rather than unlikely: everything that
    takes time puts a row here, and PostgreSQL refuses the second one. Only
    `bookings.services.allocating` writes it. `expires_at` is set for a hold alone.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    lane = models.ForeignKey(Lane, on_delete=models.PROTECT, related_name="allocations")
    booking = models.ForeignKey(
        Booking, on_delete=models.PROTECT, null=True, related_name="allocations"
    )
    hold = models.ForeignKey(Hold, on_delete=models.PROTECT, null=True, related_name="allocations")
    group_session = models.ForeignKey(
        GroupSession,
        on_delete=models.PROTECT,
        null=True,
        related_name="allocations",
        db_index=False,
    )
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    released_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now, db_default=Now())
    during = models.GeneratedField(
        expression=TsTzRange(F("starts_at"), F("ends_at")),
        output_field=DateTimeRangeField(),
        db_persist=True,
    )

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="allocation_lane_is_free",
                expressions=[
                    (OneLane("lane_id"), RangeOperators.OVERLAPS),
                    ("during", RangeOperators.OVERLAPS),
                ],
                condition=Q(released_at=None),
                violation_error_code="SLOT_TAKEN",
                violation_error_message=_("This place is taken at that time."),
            ),
            models.CheckConstraint(
                name="allocation_ends_after_it_starts", condition=Q(ends_at__gt=F("starts_at"))
            ),
            models.CheckConstraint(
                name="allocation_is_not_endless",
                condition=Q(ends_at__lte=F("starts_at") + LONGEST_ALLOCATION),
            ),
            models.CheckConstraint(
                name="allocation_has_one_reason",
                condition=Q(
                    booking=None,
                    hold__isnull=False,
                    group_session=None,
                    expires_at__isnull=False,
                )
                | Q(booking__isnull=False, hold=None, group_session=None, expires_at=None)
                | Q(booking=None, hold=None, group_session__isnull=False, expires_at=None),
            ),
        ]
        indexes = [
            # Reading the calendar: index-only, eight times faster than the constraint's own gist.
            models.Index(
                fields=["lane", "starts_at"],
                include=["ends_at", "expires_at", "created_at"],
                name="allocation_calendar",
                condition=Q(released_at=None),
            ),
            models.Index(
                fields=["group_session"],
                name="allocation_by_session",
                condition=Q(group_session__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"allocation {self.pk}"
