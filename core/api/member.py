"""Who works here: list, read, change what they may do, remove."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.access import GRANTS, Role
from core.api.envelope import success
from core.api.fields import NamedIdField, YesNoField
from core.api.pagination import Order, PageQuery, paginate
from core.api.schema import Operation, documented
from core.api.serializers import HouseSerializer
from core.api.viewsets import TenantViewSet
from core.errors import NotFound
from core.models import Membership
from core.services.limiting import UNLIMITED, Limit, limit_of
from core.services.member_sign_in import SignInNotOnlyYours, end_sessions_of, unlock_member
from core.services.membership import LastOwner, change_member, remove_member

BY_AGE = Order("created_at")
ROLES = [role.value.upper() for role in Role]
MOST_RESOURCES = 100
ONLY_OWN = "Whether they see and change nothing but what belongs to their own resources."
# The name on the wire -> the column.
COLUMNS = {
    "id": "id",
    "userId": "user_id",
    "name": "user__name",
    "email": "user__email",
    "role": "role",
    "grants": "grants",
    "onlyOwnResources": "only_own_resources",
    "resourceIds": "own_resource_ids",
    "signedInAt": "user__last_login",
}
EXAMPLE = {
    "id": "01a1f90c-32de-7306-bd10-4ca72e14c6d3",
    "userId": "01a1f90c-2f10-7b64-8a0d-5f3c9f1f6a52",
    "name": "Anna Sommer",
    "email": "anna@salon.example",
    "role": "STAFF",
    "grants": ["exports:read"],
    "onlyOwnResources": False,
    "resourceIds": [],
    "signedInAt": "2026-11-20T08:30:00Z",
}
LIMITED = {
    "onlyOwnResources": True,
    "resourceIds": ["01a1f90c-3a77-7d0e-9f5b-2f0c6f2b1d44"],
}


@extend_schema_field({"type": "string", "enum": ROLES})
class RoleField(serializers.ChoiceField):
    """A role, in upper case on the wire."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(ROLES, **kwargs)

    def to_internal_value(self, data: Any) -> Role:
        if not isinstance(data, str):
            self.fail("invalid_choice", input=data)
        return Role(super().to_internal_value(data).lower())


class GrantsField(serializers.ListField):
    """Scopes on top of what the role may do, each one of those that can be granted."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            child=serializers.ChoiceField(GRANTS),
            max_length=len(GRANTS),
            help_text="Scopes on top of what the role may do.",
            **kwargs,
        )


class OwnResourcesField(serializers.ListField):
    """The resources that somebody is limited to, each of the organization (the service asks)."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            child=NamedIdField(),
            max_length=MOST_RESOURCES,
            help_text="Resources that are theirs; only with `onlyOwnResources`.",
            **kwargs,
        )


class MemberSerializer(HouseSerializer):
    """What a client reads. Made by `present`."""

    id = serializers.UUIDField(help_text="Of the membership, not of the person.")
    user_id = serializers.UUIDField()
    name = serializers.CharField(allow_blank=True)
    email = serializers.EmailField()
    role = serializers.ChoiceField(ROLES)
    grants = serializers.ListField(child=serializers.CharField())
    only_own_resources = serializers.BooleanField(help_text=ONLY_OWN)
    resource_ids = serializers.ListField(
        child=serializers.UUIDField(), help_text="The resources that are theirs, then."
    )
    signed_in_at = serializers.DateTimeField(allow_null=True)


class EndedSessionsSerializer(HouseSerializer):
    ended = serializers.IntegerField(help_text="In how many places they were signed in.")


class UnlockedSerializer(HouseSerializer):
    unlocked = serializers.BooleanField(help_text="Whether there were wrong passwords to forget.")


class UpdateMemberSerializer(HouseSerializer):
    """What should be different; what is left out stays."""

    role = RoleField(required=False)
    grants = GrantsField(required=False)
    only_own_resources = YesNoField(required=False, help_text=ONLY_OWN)
    resource_ids = OwnResourcesField(required=False)


def present(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return one member as a client reads them, from their columns."""
    return {name: row[column] for name, column in COLUMNS.items()} | {"role": row["role"].upper()}


def limit_in(wanted: Mapping[str, Any], now: Limit = UNLIMITED) -> Limit:
    """Return the limit that a body asks for: what it leaves out stays, unless the limit ends."""
    only_own = wanted.get("only_own_resources", now.only_own)
    stays = now.resource_ids if only_own else []
    return Limit(only_own, wanted.get("resource_ids", stays))


NOT_YOURS = (
    "Nobody gives, or takes away, what they may not do themselves: that is a 403. An "
    "organization keeps at least one owner."
)
ONLY_OF_YOURS = (
    "A person is signed in, or locked out, in all organizations that they work in at once: of "
    "somebody who also works elsewhere it is refused. Removing them shuts them out of this one."
)
NOT_OF_YOURS = {"Works elsewhere too": {"reason": SignInNotOnlyYours.reason}}


@documented(
    "People",
    list=Operation(
        id="listMembers",
        summary="List who works here",
        description="Those who have worked here longest come first.",
        query=PageQuery,
        answer=MemberSerializer,
        is_list=True,
        answer_examples={"One member": [EXAMPLE]},
    ),
    retrieve=Operation(
        id="getMember",
        summary="Read a member",
        answer=MemberSerializer,
        answer_examples={"A member": EXAMPLE},
    ),
    partial_update=Operation(
        id="updateMember",
        summary="Change what a member may do",
        description=(
            f"It counts from their next request on. {NOT_YOURS} Staff and viewers can be limited "
            "to their own resources: what belongs to others is as absent to them as what belongs "
            "to another organization."
        ),
        names_others=True,
        body=UpdateMemberSerializer,
        answer=MemberSerializer,
        conflicts=[LastOwner.reason],
        body_examples={
            "A manager": {"role": "MANAGER"},
            "May export": {"grants": ["exports:read"]},
            "Only their own": LIMITED,
        },
        answer_examples={"A manager": {**EXAMPLE, "role": "MANAGER"}},
        conflict_examples={"The only owner": {"reason": LastOwner.reason}},
    ),
    destroy=Operation(
        id="removeMember",
        summary="Let somebody work here no longer",
        description=f"What they did stays. {NOT_YOURS}",
        conflicts=[LastOwner.reason],
        answer_examples={"Gone": None},
        conflict_examples={"The only owner": {"reason": LastOwner.reason}},
    ),
    end_sessions=Operation(
        id="endSessionsOfMember",
        summary="Sign a member out everywhere",
        description=f"Apps, websites and the console, at once. {ONLY_OF_YOURS}",
        answer=EndedSessionsSerializer,
        answer_examples={"In two places": {"ended": 2}},
        conflicts=[SignInNotOnlyYours.reason],
        conflict_examples=NOT_OF_YOURS,
    ),
    unlock=Operation(
        id="unlockMember",
        summary="Let a member sign in again after too many wrong passwords",
        description=(
            "Their wrong passwords are forgotten. Those of the network that they sign in from "
            f"still count. {ONLY_OF_YOURS}"
        ),
        answer=UnlockedSerializer,
        answer_examples={"Unlocked": {"unlocked": True}},
        conflicts=[SignInNotOnlyYours.reason],
        conflict_examples=NOT_OF_YOURS,
    ),
)
class MemberViewSet(TenantViewSet[Membership]):
    queryset = Membership.objects.all()
    serializer_class = MemberSerializer
    scope = "members"

    def list(self, request: Request) -> Response:
        query = self.validated_query(PageQuery)
        columns = [*COLUMNS.values(), "created_at"]
        rows, pagination = paginate(self.get_queryset(), query=query, order=BY_AGE, columns=columns)
        return Response(success([present(row) for row in rows], pagination=pagination))

    def retrieve(self, request: Request, pk: str) -> Response:
        return self._answer(self._member())

    def partial_update(self, request: Request, pk: str) -> Response:
        member = self._member()
        wanted = self.validated(UpdateMemberSerializer)
        changed = change_member(
            member,
            caller=self.caller,
            role=wanted.get("role", Role(member.role)),
            grants=wanted.get("grants", member.grants),
            limit=limit_in(wanted, limit_of(member)),
        )
        return self._answer(changed)

    def destroy(self, request: Request, pk: str) -> Response:
        remove_member(self._member(), caller=self.caller)
        return Response(success(None, message="They no longer work here."))

    @action(detail=True, methods=["post"], url_path="end-sessions")
    def end_sessions(self, request: Request, pk: str) -> Response:
        member = self._member()
        self.validated(HouseSerializer)
        return Response(success({"ended": end_sessions_of(member, caller=self.caller)}))

    @action(detail=True, methods=["post"])
    def unlock(self, request: Request, pk: str) -> Response:
        member = self._member()
        self.validated(HouseSerializer)
        return Response(success({"unlocked": unlock_member(member, caller=self.caller)}))

    def _member(self) -> Membership:
        self.refuse_query()
        found = self.get_queryset().filter(pk=self.id_in_path()).first()
        if found is None:
            raise NotFound
        return found

    def _answer(self, member: Membership) -> Response:
        row = self.get_queryset().filter(pk=member.pk).values(*COLUMNS.values()).get()
        return Response(success(present(row)))
