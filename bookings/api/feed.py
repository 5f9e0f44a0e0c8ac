"""The private calendar address of a resource or a customer."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from django.http.response import HttpResponseBase
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from bookings.api import examples
from bookings.models import Customer, Resource
from bookings.selectors.feeds import feed_url
from bookings.services.feed import make_feed, revoke_feed
from core.api.envelope import success
from core.api.schema import Operation, documented
from core.api.serializers import HouseSerializer
from core.api.viewsets import TenantViewSet
from core.errors import NotFound

O = TypeVar("O", Resource, Customer)  # noqa: E741  (an owner)

READS_PEOPLE = "bookings:read"  # an address opens bookings to whoever has it
ALSO = f"The scope `{READS_PEOPLE}` is needed as well, because the address opens bookings."
ADDRESS = {"url": f"https://book.example/feeds/{examples.TOKEN[:43]}.ics"}


class FeedSerializer(HouseSerializer):
    url = serializers.CharField(
        allow_null=True, help_text="Where a calendar program reads it; null without an address."
    )


def operations(noun: str, whose: str, shows: str) -> dict[str, Operation]:
    """Describe the three calls for one kind of calendar."""
    return {
        "retrieve": Operation(
            id=f"get{noun}Feed",
            summary=f"Read the calendar address of {whose}",
            description=ALSO,
            answer=FeedSerializer,
            answer_examples={"An address": ADDRESS, "None": {"url": None}},
        ),
        "create": Operation(
            id=f"make{noun}Feed",
            summary=f"Give the calendar of {whose} a new address",
            description=f"It shows {shows}. An older address stops at once. {ALSO}",
            answer=FeedSerializer,
            status=status.HTTP_201_CREATED,
            answer_examples={"An address": ADDRESS},
        ),
        "destroy": Operation(
            id=f"revoke{noun}Feed",
            summary=f"Stop the calendar address of {whose}",
            description=f"Whoever has it finds nothing there. Twice is as good as once. {ALSO}",
            answer_examples={"Stopped": None},
        ),
    }


class FeedViewSet(TenantViewSet[O]):
    """One row's calendar address. It is a secret, so reading it asks for as much as making it."""

    answers_are_kept = False

    @classmethod
    def at_one_address(cls) -> Callable[..., HttpResponseBase]:
        """Return the view: a router would want a list above each row."""
        return cls.as_view({"get": "retrieve", "post": "create", "delete": "destroy"})

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        super().initial(request, *args, **kwargs)
        self.caller.require(READS_PEOPLE)

    def retrieve(self, request: Request, pk: str) -> Response:
        return Response(success(_told(self._owner())))

    def create(self, request: Request, pk: str) -> Response:
        owner = make_feed(self._owner(), caller=self.caller)
        return Response(success(_told(owner)), status=status.HTTP_201_CREATED)

    def destroy(self, request: Request, pk: str) -> Response:
        revoke_feed(self._owner(), caller=self.caller)
        return Response(success(None, message="The address is stopped."))

    def _owner(self) -> O:
        self.refuse_query()
        owner: O | None = self.get_queryset().filter(pk=self.id_in_path()).first()
        if owner is None:
            raise NotFound
        return owner


@documented(
    "Calendars",
    **operations("Resource", "a resource", "who comes when, and time off"),
)
class ResourceFeedViewSet(FeedViewSet[Resource]):
    queryset = Resource.objects.all()
    serializer_class = FeedSerializer
    scope = "catalog"
    scopes = {"retrieve": "catalog:write"}


@documented(
    "Calendars",
    **operations(
        "Customer",
        "a customer",
        "what the customer has booked, with links by which that can be moved and cancelled",
    ),
)
class CustomerFeedViewSet(FeedViewSet[Customer]):
    queryset = Customer.objects.filter(erased_at=None)
    serializer_class = FeedSerializer
    scope = "customers"
    scopes = {"retrieve": "customers:write"}

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        super().initial(request, *args, **kwargs)
        self.caller.require_whole_house()  # it tells of bookings with everybody


def _told(owner: Resource | Customer) -> dict[str, str | None]:
    return {"url": feed_url(owner) or None}
