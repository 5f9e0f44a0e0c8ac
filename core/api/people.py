"""How a person is answered: who they are, and where they work."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Model
from django.http import HttpRequest
from rest_framework import serializers
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from core.access import Person, Role, scopes_of
from core.api.authentication import PersonAuthentication
from core.api.permissions import IsPerson
from core.api.serializers import HouseSerializer
from core.api.throttling import network_of
from core.api.viewsets import HouseViewSet
from core.members import memberships_of
from core.models import Membership, SignInSession, User
from core.services.sign_in import Place

R = TypeVar("R", bound=Model)

LONGEST_DEVICE = 200


class UserSerializer(HouseSerializer):
    id = serializers.UUIDField()
    email = serializers.EmailField()
    name = serializers.CharField()


class OrganizationOfMineSerializer(HouseSerializer):
    id = serializers.UUIDField()
    slug = serializers.CharField(help_text="What `X-Organization` names.")
    name = serializers.CharField()
    role = serializers.ChoiceField(choices=[role.value.upper() for role in Role])
    scopes = serializers.ListField(
        child=serializers.CharField(), help_text="`*` is every scope of the organization."
    )
    only_own_resources = serializers.BooleanField(
        help_text="Whether one sees and changes nothing but what belongs to one's own resources."
    )
    resource_ids = serializers.ListField(
        child=serializers.UUIDField(), help_text="The resources that are one's own, then."
    )


class MeSerializer(HouseSerializer):
    user = UserSerializer()
    organizations = OrganizationOfMineSerializer(many=True)


class AboutMeViewSet(HouseViewSet[R]):
    """Calls about the person who is signed in, in whichever organization they work."""

    authentication_classes: Sequence[type[BaseAuthentication]] = (PersonAuthentication,)
    permission_classes: Sequence[type[BasePermission]] = (IsPerson,)
    needs = "The access token of somebody who signed in; no organization has to be named."

    @property
    def person(self) -> Person:
        person: Person = self.request.auth  # type: ignore[assignment]
        return person

    @property
    def place(self) -> Place:
        return place_of(self.request._request)  # noqa: SLF001  (Django's own request)

    def finalize_response(
        self, request: Request, response: Any, *args: Any, **kwargs: Any
    ) -> Response:
        response.headers["Cache-Control"] = "no-store"
        return super().finalize_response(request, response, *args, **kwargs)


def present_me(user: User) -> dict[str, Any]:
    """Return somebody as the API tells them, with the organizations that they work in."""
    return {
        "user": {"id": user.pk, "email": user.email, "name": user.name},
        "organizations": [present_organization(one) for one in memberships_of(user.pk)],
    }


def present_organization(membership: Membership) -> dict[str, Any]:
    organization = membership.organization
    return {
        "id": organization.pk,
        "slug": organization.slug,
        "name": organization.name,
        "role": membership.role.upper(),
        "scopes": sorted(scopes_of(Role(membership.role), membership.grants)),
        "onlyOwnResources": membership.only_own_resources,
        "resourceIds": membership.own_resource_ids,
    }


def place_of(request: HttpRequest) -> Place:
    """Return from where somebody asks: the browser's own name for itself, and its network."""
    said = request.headers.get("User-Agent", "")
    device = "".join(letter for letter in said if letter.isprintable())
    return Place(device=device[:LONGEST_DEVICE], network=network_of(request))


def present_session(session: SignInSession, *, current: UUID | None) -> dict[str, Any]:
    return {
        "id": session.pk,
        "kind": session.kind,
        "device": session.device,
        "network": session.network,
        "createdAt": session.created_at,
        "lastUsedAt": session.last_used_at,
        "endsAt": session.ends_at,
        "current": session.pk == current,
    }
