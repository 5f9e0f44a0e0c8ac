"""People who sign in over the API."""

from rest_framework.test import APIClient

PASSWORD = "correct horse battery staple"


def sign_in(client, email="nora@salon.example", password=PASSWORD, headers=None, **more):
    body = {"email": email, "password": password, **more}
    return client.post("/api/auth/login", body, "application/json", headers=headers)


def bearer(token: str) -> APIClient:
    return APIClient(headers={"Authorization": f"Bearer {token}"})
