"""Asking colleagues to work here: invited, taken back, accepted with the link of the mail."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.http.response import HttpResponseBase
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.access import Caller, CallerKind, Person
from core.api import authentication
from core.api.envelope import success
from core.api.fields import TextField, YesNoField
from core.api.member import EXAMPLE as MEMBER
from core.api.member import (
    LIMITED,
    ONLY_OWN,
    ROLES,
    GrantsField,
    OwnResourcesField,
    RoleField,
    limit_in,
)
from core.api.pagination import Order, PageQuery, paginate
from core.api.people import OrganizationOfMineSerializer, present_organization
from core.api.schema import Operation, documented
from core.api.serializers import HouseSerializer
from core.api.throttling import limited
from core.api.viewsets import TenantViewSet
from core.db import retrying
from core.errors import Invalid, NotFound
from core.invitations import invitation_named_by
from core.models import Invitation, Organization, User
from core.rates import RateClass
from core.services.invitation import (
    InvitationOver,
    InvitedAlready,
    InvitedJustNow,
    NotInvited,
    SignInFirst,
    accept_as_somebody_new,
    accept_as_user,
    invite,
    invite_again,
    revoke_invitation,
)
from core.services.membership import MemberAlready

NEWEST_FIRST = Order("created_at", descending=True)
COLUMNS = {
    "id": "id",
    "email": "email",
    "role": "role",
    "grants": "grants",
    "onlyOwnResources": "only_own_resources",
    "resourceIds": "own_resource_ids",
    "expiresAt": "expires_at",
}
EXAMPLE = {
    "id": "01a1f90c-32de-7306-bd10-4ca72e14c6d3",
    "email": "dora@salon.example",
    "role": "STAFF",
    "grants": ["exports:read"],
    **LIMITED,
    "expiresAt": "2026-11-27T08:30:00Z",
}
LONGEST_EMAIL, LONGEST_NAME, LONGEST_PASSWORD = 254, 200, 128


class InvitationSerializer(HouseSerializer):
    """What a client reads. The link is in the mail alone."""

    id = serializers.UUIDField()
    email = serializers.EmailField()
    role = serializers.ChoiceField(ROLES)
    grants = serializers.ListField(child=serializers.CharField())
    only_own_resources = serializers.BooleanField(help_text=ONLY_OWN)
    resource_ids = serializers.ListField(
        child=serializers.UUIDField(), help_text="The resources that are theirs, then."
    )
    expires_at = serializers.DateTimeField(help_text="Until then it can be accepted, once.")


class InviteSerializer(HouseSerializer):
    email = serializers.EmailField(max_length=LONGEST_EMAIL, trim_whitespace=False)
    role = RoleField()
    grants = GrantsField(required=False, default=list)
    only_own_resources = YesNoField(default=False, help_text=ONLY_OWN)
    resource_ids = OwnResourcesField(required=False)


class AcceptInvitationSerializer(HouseSerializer):
    """Who somebody new is. Who sends an access token says nothing more."""

    name = TextField(max_length=LONGEST_NAME, required=False)
    password = TextField(max_length=LONGEST_PASSWORD, required=False)


def _columns(invitation: Invitation) -> dict[str, Any]:
    return {column: getattr(invitation, column) for column in COLUMNS.values()}


def present(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return one invitation as a client reads it, from its columns."""
    return {name: row[column] for name, column in COLUMNS.items()} | {"role": row["role"].upper()}


@documented(
    "People",
    list=Operation(
        id="listInvitations",
        summary="List who is invited to work here",
        description="The newest first; without those that were accepted or taken back.",
        query=PageQuery,
        answer=InvitationSerializer,
        is_list=True,
        answer_examples={"One invitation": [EXAMPLE]},
    ),
    create=Operation(
        id="invite",
        summary="Invite somebody to work here",
        description=(
            "They get a mail with a link that works once, within seven days. Nobody gives what "
            "they may not do themselves: that is a 403."
        ),
        body=InviteSerializer,
        answer=InvitationSerializer,
        status=status.HTTP_201_CREATED,
        conflicts=[MemberAlready.reason, InvitedAlready.reason],
        body_examples={
            "A colleague": {
                "email": "dora@salon.example",
                "role": "STAFF",
                "grants": ["exports:read"],
            },
            "To work on their own": {"email": "dora@salon.example", "role": "STAFF", **LIMITED},
        },
        names_others=True,
        answer_examples={"Invited": EXAMPLE},
        conflict_examples={"Invited before": {"reason": InvitedAlready.reason}},
    ),
    resend=Operation(
        id="resendInvitation",
        summary="Send an invitation again",
        description=(
            "They get a new link, which works once, within seven days from now; the one before it "
            "opens nothing any more. Not within five minutes of the mail before."
        ),
        answer=InvitationSerializer,
        conflicts=[InvitationOver.reason, InvitedJustNow.reason],
        answer_examples={"Sent again": EXAMPLE},
        conflict_examples={"Too soon": {"reason": InvitedJustNow.reason}},
    ),
    destroy=Operation(
        id="revokeInvitation",
        summary="Take an invitation back",
        description="Its link opens nothing from now on.",
        conflicts=[InvitationOver.reason],
        answer_examples={"Taken back": None},
        conflict_examples={"It was accepted first": {"reason": InvitationOver.reason}},
    ),
)
class InvitationViewSet(TenantViewSet[Invitation]):
    queryset = Invitation.objects.all()
    serializer_class = InvitationSerializer
    scope = "members"

    def list(self, request: Request) -> Response:
        query = self.validated_query(PageQuery)
        waiting = self.get_queryset().filter(accepted_at=None, revoked_at=None)
        columns = [*COLUMNS.values(), "created_at"]
        rows, pagination = paginate(waiting, query=query, order=NEWEST_FIRST, columns=columns)
        return Response(success([present(row) for row in rows], pagination=pagination))

    def create(self, request: Request) -> Response:
        self.refuse_query()
        wanted = self.validated(InviteSerializer)
        organization = Organization.objects.get(pk=self.organization_id)
        made = invite(
            organization=organization,
            email=wanted["email"],
            role=wanted["role"],
            grants=wanted["grants"],
            limit=limit_in(wanted),
            caller=self.caller,
        )
        return Response(success(present(_columns(made))), status=status.HTTP_201_CREATED)

    @action(detail=True, methods=["post"])
    def resend(self, request: Request, pk: str) -> Response:
        invitation = self._invitation()
        self.validated(HouseSerializer)
        sent = invite_again(invitation, caller=self.caller)
        return Response(success(present(_columns(sent)), message="A new link is on its way."))

    def destroy(self, request: Request, pk: str) -> Response:
        revoke_invitation(self._invitation(), caller=self.caller)
        return Response(success(None, message="The link of this invitation opens nothing now."))

    def _invitation(self) -> Invitation:
        self.refuse_query()
        found = self.get_queryset().filter(pk=self.id_in_path()).first()
        if found is None:
            raise NotFound
        return found


@documented(
    "People",
    accept=Operation(
        id="acceptInvitation",
        summary="Accept an invitation",
        description=(
            "Somebody new gives a name and chooses a password, and can sign in with them. "
            "Somebody who has an account sends their access token as Bearer, and an empty body. "
            "The account has to be of the address that was invited."
        ),
        body=AcceptInvitationSerializer,
        answer=OrganizationOfMineSerializer,
        status=status.HTTP_201_CREATED,
        conflicts=[
            InvitationOver.reason,
            SignInFirst.reason,
            NotInvited.reason,
            MemberAlready.reason,
        ],
        body_examples={
            "Somebody new": {"name": "Dora", "password": "correct horse battery"},
            "Somebody signed in": {},
        },
        answer_examples={
            "Works there now": {
                "id": MEMBER["id"],
                "slug": "salon",
                "name": "Salon Soleil",
                "role": "VIEWER",
                "scopes": ["bookings:read"],
                "onlyOwnResources": False,
                "resourceIds": [],
            }
        },
        conflict_examples={"It was used": {"reason": InvitationOver.reason}},
    ),
)
class AcceptInvitationViewSet(TenantViewSet[Invitation]):
    """The link is the credential: a token of `core.links` opens its one invitation."""

    queryset = Invitation.objects.all()
    serializer_class = OrganizationOfMineSerializer
    scope = "members"
    authentication_classes = ()
    permission_classes = ()
    is_opened_by_link = True
    answers_are_kept = False  # the body holds a password
    lookup_field = "token"

    invitation: Invitation
    person: Person | None = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Find the invitation before anything else is said. Raises NotFound."""
        self.person = getattr(request._request, "person", None)  # noqa: SLF001
        self.invitation = retrying(invitation_named_by, kwargs["token"])
        caller = Caller(CallerKind.USER, self.invitation.organization_id, scopes=frozenset())
        request.user = authentication.CallerUser(caller)  # type: ignore[assignment]
        request.auth = caller
        super().initial(request, *args, **kwargs)

    @classmethod
    def at_one_address(cls) -> Callable[..., HttpResponseBase]:
        return cls.as_view({"post": "accept"})

    @limited(RateClass.STANDARD)
    def accept(self, request: Request, token: str) -> Response:
        self.refuse_query()
        said = self.validated(AcceptInvitationSerializer)
        if self.person is not None:
            membership = accept_as_user(self.invitation, User.objects.get(pk=self.person.id))
        else:
            missing = [name for name in ("name", "password") if name not in said]
            if missing:
                raise Invalid(fields={name: ["This field is required."] for name in missing})
            membership = accept_as_somebody_new(self.invitation, **said)
        membership.organization = self.invitation.organization
        return Response(success(present_organization(membership)), status=status.HTTP_201_CREATED)
