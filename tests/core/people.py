"""People who sign in over the API."""

from rest_framework.test import APIClient

from core.access import Role
from tests.factories import MembershipFactory, UserFactory

PASSWORD = "correct horse battery staple"


def somebody(organization, email, name, role=Role.OWNER):
    user = UserFactory.build(email=email, name=name)
    user.set_password(PASSWORD)
    user.save()
    MembershipFactory(organization=organization, user=user, role=role)
    return user


def sign_in(client, email="nora@salon.example", password=PASSWORD, headers=None, **more):
    given = {name: more.pop(name) for name in ("REMOTE_ADDR",) if name in more}
    body = {"email": email, "password": password, **more}
    return client.post("/api/auth/login", body, "application/json", headers=headers, **given)


def refresh(client, token=None, headers=None):
    body = {} if token is None else {"refreshToken": token}
    return client.post("/api/auth/refresh", body, "application/json", headers=headers)


def bearer(token: str) -> APIClient:
    return APIClient(headers={"Authorization": f"Bearer {token}"})
