"""A few small doors, to see what happens in front of every door."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import path, re_path
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.api.permissions import HasScope
from core.api.throttling import limited
from core.rates import RateClass


class WhoAmI(APIView):
    """Says whom the key belongs to; without one, nobody."""

    permission_classes = [AllowAny]

    def get(self, request: Request) -> Response:
        caller: Any = request.auth
        scopes = sorted(caller.scopes) if caller else []
        return Response({"id": str(caller.id) if caller else None, "scopes": scopes})

    post = get


class Books(WhoAmI):
    """Wants a key."""

    permission_classes = [HasScope]
    scope = "bookings"


class Export(WhoAmI):
    rate_class = RateClass.STRICT


class Password(WhoAmI):
    rate_class = RateClass.STANDARD


def page(request: HttpRequest) -> HttpResponse:
    return HttpResponse("a page")


API = r"^api/(?:v1/)?"
urlpatterns = [
    re_path(API + "me$", WhoAmI.as_view()),
    re_path(API + "books$", Books.as_view()),
    re_path(API + "export$", Export.as_view()),
    re_path(API + "password$", Password.as_view()),
    re_path(API + "list$", limited(RateClass.LENIENT)(WhoAmI.as_view())),
    re_path(API + "health$", page),
    path("health/lb", page),
    path("page", page),
    path("password/forgotten", page, name="password-forgotten"),
    path("colors/<str:color>", page, name="console-colors"),
    path("admin/", admin.site.urls),
]
