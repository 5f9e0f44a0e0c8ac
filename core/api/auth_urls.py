"""The calls about people, below /api/auth."""

from django.urls import re_path

from core.api.auth import (
    MeViewSet,
    MyPasswordViewSet,
    MySessionsViewSet,
    PasswordResetViewSet,
    SignInViewSet,
    SignOutViewSet,
)
from core.api.second_factor import SecondFactorViewSet

urlpatterns = [
    re_path(r"^login$", SignInViewSet.as_view({"post": "login"})),
    re_path(r"^refresh$", SignInViewSet.as_view({"post": "refresh"})),
    re_path(r"^logout$", SignOutViewSet.as_view({"post": "logout"})),
    re_path(r"^me$", MeViewSet.as_view({"get": "retrieve"})),
    re_path(r"^password/change$", MyPasswordViewSet.as_view({"post": "change"})),
    re_path(r"^password/reset$", PasswordResetViewSet.as_view({"post": "reset"})),
    re_path(r"^sessions$", MySessionsViewSet.as_view({"get": "list", "delete": "end_others"})),
    re_path(r"^sessions/(?P<pk>[^/]+)$", MySessionsViewSet.as_view({"delete": "destroy"})),
    re_path(r"^otp$", SecondFactorViewSet.as_view({"get": "retrieve", "post": "begin"})),
    re_path(r"^otp/confirm$", SecondFactorViewSet.as_view({"post": "confirm"})),
    re_path(r"^otp/off$", SecondFactorViewSet.as_view({"post": "off"})),
    re_path(r"^otp/recovery-codes$", SecondFactorViewSet.as_view({"post": "recovery_codes"})),
]
