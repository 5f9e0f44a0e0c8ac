"""CSV and XLSX of the bookings that a list shows: bounded, harmless to open, written down."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from import_export.fields import Field
from import_export.formats.base_formats import CSV, XLSX, TablibFormat
from import_export.resources import ModelResource
from tablib import Dataset

from bookings.models import Booking
from core import times
from core.admin.context import desk_of, organization_of
from core.admin.exporting import BYTE_ORDER_MARK, harmless, record_export

if TYPE_CHECKING:
    from bookings.admin.booking import BookingAdmin

MOST_ROWS = 20_000  # about 10 s of decrypting and writing, and 30 MB
ROWS_AT_ONCE = 2_000
FORMATS: dict[str, type[TablibFormat]] = {"csv": CSV, "xlsx": XLSX}


class BookingExport(ModelResource):
    """One row per booking; times on the organization's clock, names of columns in English.

    The names are for programs and stay; what people typed is made harmless.
    """

    starts_at = Field(column_name="starts_at")
    ends_at = Field(column_name="ends_at")
    service = Field(column_name="service", attribute="service__name")
    resource = Field(column_name="resource", attribute="resource__name")
    answers = Field(column_name="answers")
    location = Field(column_name="location", attribute="where")

    class Meta:
        model = Booking
        fields = [
            "reference",
            "status",
            "starts_at",
            "ends_at",
            "service",
            "resource",
            "name",
            "company",
            "email",
            "phone",
            "inquiry",
            "answers",
            "location",
            "notes",
            "cancel_reason",
            "price_amount",
            "price_currency",
            "source",
            "created_at",
        ]
        export_order = fields

    def dehydrate_starts_at(self, booking: Booking) -> str:
        return times.local(booking.starts_at).isoformat(timespec="minutes")

    def dehydrate_ends_at(self, booking: Booking) -> str:
        return times.local(booking.ends_at).isoformat(timespec="minutes")

    def dehydrate_created_at(self, booking: Booking) -> str:
        return times.local(booking.created_at).isoformat(timespec="seconds")

    def dehydrate_answers(self, booking: Booking) -> str:
        return "\n".join(f"{question}: {answer}" for question, answer in booking.told())

    def export_field(self, field: Field, instance: Booking, **kwargs: Any) -> Any:
        value = super().export_field(field, instance, **kwargs)
        return harmless(value) if isinstance(value, str) else value

    def iter_queryset(self, queryset: QuerySet[Booking]) -> Any:
        return queryset.iterator(chunk_size=ROWS_AT_ONCE)


def formats_for(request: HttpRequest) -> list[str]:
    return list(FORMATS) if desk_of(request).may("exports:read") else []


def export(admin: BookingAdmin, request: HttpRequest) -> HttpResponseBase:
    """Answer with the file of what the list's filters show, and write down that it was taken."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    wanted = FORMATS.get(request.POST.get("format", ""))
    if not formats_for(request) or not admin.has_view_permission(request):
        raise PermissionDenied
    back = f"{reverse('admin:bookings_booking_changelist')}?{request.GET.urlencode()}"
    if wanted is None:
        return HttpResponseRedirect(back)
    rows = admin.get_changelist_instance(request).get_queryset(request)
    if len(rows.order_by().values_list("pk")[: MOST_ROWS + 1]) > MOST_ROWS:
        most = f"{MOST_ROWS:,}".replace(",", " ")
        sentence = _("More than %(most)s bookings match. Choose fewer days and export in parts.")
        admin.message_user(request, sentence % {"most": most})
        return HttpResponseRedirect(back)
    data = BookingExport().export(queryset=rows)
    kind = wanted()
    slug, day = organization_of(request).slug, times.local(timezone.now()).date()
    answer = file_of(data, kind, name=f"bookings-{slug}-{day:%Y-%m-%d}")
    record_export(request, what="bookings", rows=len(data), kind=kind.get_extension())
    return answer


def file_of(data: Dataset, kind: TablibFormat, *, name: str) -> HttpResponse:
    """Return `data` as a file to be kept, called `name`. What is text in it is harmless already."""
    content = kind.export_data(data)
    if isinstance(content, str):
        content = (BYTE_ORDER_MARK + content).encode()
    file_name = f"{name}.{kind.get_extension()}"
    return HttpResponse(
        content,
        content_type=kind.get_content_type(),
        headers={"Content-Disposition": f'attachment; filename="{file_name}"'},
    )
