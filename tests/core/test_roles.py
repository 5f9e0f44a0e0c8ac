"""One table says what a role may do, and nobody gives what they do not have."""

import pytest

from core import members
from core.access import GRANTS, SCOPES, SCOPES_OF_ROLE, CallerKind, Role
from core.errors import Forbidden
from core.models import ApiKey
from core.services.api_key import create_api_key
from tests.console import desk_for
from tests.factories import MembershipFactory

pytestmark = pytest.mark.django_db


def test_every_scope_of_the_table_exists_and_grants_are_scopes():
    named = frozenset().union(*SCOPES_OF_ROLE.values()) - {"*"}

    assert named <= set(SCOPES)
    assert set(GRANTS) <= set(SCOPES)
    assert set(SCOPES_OF_ROLE) == set(Role)


def test_each_role_may_what_the_one_below_may_and_more():
    viewer, staff, manager, admin, owner = (SCOPES_OF_ROLE[role] for role in reversed(Role))

    assert viewer < staff < manager < admin
    assert owner == {"*"}


def test_only_an_owner_restores_and_deletes_backups():
    for scope in ("backup:restore", "backup:delete"):
        able = [role for role in Role if SCOPES_OF_ROLE[role] & {scope, "*"}]
        assert able == [Role.OWNER]
    assert "backup:create" in SCOPES_OF_ROLE[Role.ADMIN]
    assert "system:status" in SCOPES_OF_ROLE[Role.ADMIN]


def test_a_grant_counts_for_one_member_on_top_of_their_role(salon):
    granted = MembershipFactory(organization=salon, role=Role.STAFF, grants=["exports:read"])
    plain = MembershipFactory(organization=salon, role=Role.STAFF)

    caller = members.caller_of(granted)

    assert (caller.kind, caller.id) == (CallerKind.USER, granted.user_id)
    assert caller.scopes - members.caller_of(plain).scopes == {"exports:read"}


def test_what_is_no_grant_gives_nothing_even_if_a_row_says_so(salon):
    member = MembershipFactory(organization=salon, role=Role.VIEWER, grants=["*", "keys:write"])

    assert members.caller_of(member).scopes == SCOPES_OF_ROLE[Role.VIEWER]


def test_the_console_asks_the_same_table(salon):
    desk = desk_for(salon, Role.VIEWER)
    desk.user.memberships.update(grants=["bookings:overbook"])

    caller = desk.get("/admin/").wsgi_request.caller

    assert caller == members.caller_of(desk.user.memberships.get())
    assert caller.may("bookings:overbook")
    assert not caller.may("bookings:write")


def test_an_administrators_key_may_what_they_may_and_no_more(salon):
    admin = members.caller_of(MembershipFactory(organization=salon, role=Role.ADMIN))
    secret = ApiKey.Kind.SECRET

    key, _ = create_api_key(organization=salon, kind=secret, name="accounting", caller=admin)
    with pytest.raises(Forbidden):
        create_api_key(
            organization=salon, kind=secret, name="more", caller=admin, scopes=["backup:restore"]
        )

    assert set(key.scopes) == SCOPES_OF_ROLE[Role.ADMIN]
    assert ApiKey.objects.count() == 1
