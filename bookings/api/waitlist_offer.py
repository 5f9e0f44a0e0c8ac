"""An offer from the waitlist, opened by the link in its mail: read, accept, decline."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http.response import HttpResponseBase
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from bookings.api import consent_examples as consent
from bookings.api import examples
from bookings.api.booking_shapes import TimeSlotReadSerializer
from bookings.api.fields import AnswersField, consents_field
from bookings.api.serializers import LONGEST_NAME, LONGEST_PHONE, LONGEST_TEXT
from bookings.api.waitlist import WaitingSerializer, present, row_of
from bookings.errors import AlreadyJoined, HoldLapsed, SessionOver, WaitIsOver
from bookings.models import WaitlistEntry
from bookings.selectors.manage import manage_token, manage_url
from bookings.selectors.waitlist import entry_opened_by, generation_of, positions_of
from bookings.services.answering import Acceptance, accept_offer, decline_offer, leave_waitlist
from bookings.services.details import LONGEST_LOCATION
from core.access import Caller, CallerKind
from core.api import authentication
from core.api.envelope import success
from core.api.fields import TextField
from core.api.schema import Operation, documented
from core.api.serializers import HouseSerializer
from core.api.viewsets import TenantViewSet
from core.db import retrying
from core.ids import uuid7


class AcceptOfferSerializer(HouseSerializer):
    """What the service wants to know; what was said on joining need not be said again."""

    company = TextField(max_length=LONGEST_NAME, required=False, allow_blank=True)
    phone = TextField(max_length=LONGEST_PHONE, required=False, allow_blank=True)
    inquiry = TextField(max_length=LONGEST_TEXT, required=False, allow_blank=True)
    location = TextField(max_length=LONGEST_LOCATION, required=False, allow_blank=True)
    answers = AnswersField(
        required=False, help_text="What the service asks, by the key of each question."
    )
    consents = consents_field()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        return {**attrs, "consents": tuple(attrs.get("consents", ()))}


class DeclineOfferSerializer(HouseSerializer):
    leave = serializers.BooleanField(
        default=False, help_text="Also leave the waitlist; otherwise they go on waiting."
    )


class OpenedOfferSerializer(WaitingSerializer):
    service_name = serializers.CharField()


class AcceptedSerializer(HouseSerializer):
    id = serializers.UUIDField(help_text="The booking's.")
    reference = serializers.CharField()
    status = serializers.CharField()
    time_slot = TimeSlotReadSerializer()
    resource_id = serializers.UUIDField()
    manage_token = serializers.CharField()
    manage_url = serializers.URLField()


@documented(
    "Self-service",
    retrieve=Operation(
        id="getOffer",
        summary="Read one's own place on the waitlist",
        description="`offer` is the time that is kept for them now, if there is one.",
        answer=OpenedOfferSerializer,
        answer_examples={"With an offer": examples.OPENED_OFFER},
    ),
    accept=Operation(
        id="acceptOffer",
        summary="Accept an offer",
        description=(
            "Books the time, or the place in a session, that is kept, with the link of that offer "
            "alone. Accepting twice is the same booking."
        ),
        body=AcceptOfferSerializer,
        answer=AcceptedSerializer,
        status=status.HTTP_201_CREATED,
        conflicts=(
            HoldLapsed.reason,
            "LIMIT_CUSTOMER",
            SessionOver.reason,
            AlreadyJoined.reason,
            *consent.REFUSED,
        ),
        conflict_details=consent.DETAILS,
        body_examples={"What the service wants to know": {"company": "Müller GmbH"}},
        answer_examples={"Booked": examples.ACCEPTED},
        conflict_examples=examples.LAPSED | consent.NOT_AGREED,
    ),
    destroy=Operation(
        id="declineOffer",
        summary="Decline an offer, or leave the waitlist",
        description=(
            "What was kept for them goes to the next in line. Who declines a place in a session "
            "leaves its waitlist."
        ),
        body=DeclineOfferSerializer,
        conflicts=(HoldLapsed.reason, WaitIsOver.reason),
        body_examples={"Go on waiting": {"leave": False}, "Leave": {"leave": True}},
        answer_examples={"Declined": None},
        conflict_examples=examples.LAPSED,
    ),
)
class WaitlistOfferViewSet(TenantViewSet[WaitlistEntry]):
    """The link is the credential: a token of `core.links` opens its one entry, and no key."""

    queryset = WaitlistEntry.objects.all()
    serializer_class = OpenedOfferSerializer
    scope = "waitlist"
    authentication_classes = ()
    permission_classes = ()
    is_opened_by_link = True
    answers_are_kept = False  # accepting twice is one booking by itself
    lookup_field = "token"

    entry: WaitlistEntry

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Find the entry before anything else is said. Raises NotFound."""
        self.entry = retrying(entry_opened_by, kwargs["token"])
        caller = Caller(
            CallerKind.CUSTOMER,
            self.entry.organization_id,
            id=self.entry.customer_id,
            scopes=frozenset(),
        )
        request.user = authentication.CallerUser(caller)  # type: ignore[assignment]
        request.auth = caller
        authentication.remember(request._request, caller)  # noqa: SLF001  (for the log lines)
        super().initial(request, *args, **kwargs)

    @classmethod
    def at_one_address(cls) -> Callable[..., HttpResponseBase]:
        return cls.as_view({"get": "retrieve", "post": "accept", "delete": "destroy"})

    def retrieve(self, request: Request, token: str) -> Response:
        self.refuse_query()
        place = positions_of([self.entry]).get(self.entry.pk)
        told = present(row_of(self.entry.pk), place) | {"serviceName": self.entry.service.name}
        return Response(success(told))

    def accept(self, request: Request, token: str) -> Response:
        self.refuse_query()
        data = self.validated(AcceptOfferSerializer)
        booking = accept_offer(
            self.entry,
            offer=self._offer(token),
            acceptance=Acceptance(**data),
            caller=self.caller,
            booking_id=uuid7(),
        )
        answer = {
            "id": booking.pk,
            "reference": booking.reference,
            "status": booking.status,
            "timeSlot": {
                "startTime": booking.starts_at,
                "endTime": booking.ends_at,
                "duration": self.entry.minutes,
                "timezone": booking.timezone,
            },
            "resourceId": booking.resource_id,
            "manageToken": manage_token(booking),
            "manageUrl": manage_url(booking),
        }
        return Response(success(answer), status=status.HTTP_201_CREATED)

    def destroy(self, request: Request, token: str) -> Response:
        self.refuse_query()
        if self.validated(DeclineOfferSerializer)["leave"]:
            leave_waitlist(self.entry, caller=self.caller)
        else:
            decline_offer(self.entry, offer=self._offer(token), caller=self.caller)
        return Response(success(None, message="What was kept goes to the next in line."))

    def _offer(self, token: str) -> int:
        return generation_of(token, self.entry) or 0
