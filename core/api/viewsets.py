from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Generic, TypeVar, cast
from uuid import UUID

from django.db.models import Model
from django.http import HttpResponse
from django.http.request import QueryDict
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.viewsets import GenericViewSet

from core.access import Caller
from core.api import idempotency
from core.api.fields import read_id
from core.api.serializers import HouseSerializer
from core.db import retrying
from core.errors import Invalid, NotFound
from core.models import TenantModel, TenantQuerySet

R = TypeVar("R", bound=Model)
M = TypeVar("M", bound=TenantModel)


class HouseViewSet(GenericViewSet[R], Generic[R]):
    """What every endpoint has: its checked input, and reads that survive a lost connection.

    Those that start here and not from TenantViewSet are about people, whichever organization
    they work in: core.api.people.
    """

    # Answers that hold a fresh secret are never kept.
    answers_are_kept: ClassVar[bool] = False
    # A token in the path is the credential, and what it does not open is a 404.
    is_opened_by_link: ClassVar[bool] = False
    # What the OpenAPI document says of the credential, where it is not a key with the scope.
    needs: ClassVar[str] = ""
    lookup_value_regex = "[^/]+"
    # OPTIONS is for browsers, and answered before it comes here.
    http_method_names = ["get", "head", "post", "put", "patch", "delete"]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        # REST framework asks for the method's handler after this, so it may be wrapped here.
        handler = getattr(self, str(request.method).lower(), None)
        if handler is None:
            return
        if request.method == "POST" and self.answers_are_kept:
            self.post = self._answer_once(handler)
        else:
            setattr(self, str(request.method).lower(), self._repeated(handler))

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "caller": getattr(self.request, "auth", None)}

    def validated(self, serializer_class: type[Serializer[Any]]) -> dict[str, Any]:
        """Return the body of the request, checked."""
        return self._checked(serializer_class, self.request.data)

    def validated_query(self, serializer_class: type[Serializer[Any]]) -> dict[str, Any]:
        """Return the query of the request, checked; a parameter given twice is refused."""
        return self._checked(serializer_class, _single_values(self.request.query_params))

    def refuse_query(self) -> None:
        """Refuse every query parameter, by name: this call has none."""
        self.validated_query(HouseSerializer)

    def id_in_path(self, name: str = "pk") -> UUID:
        """Return an id in the path; one that is none is as absent as one that is not there."""
        found = read_id(self.kwargs[name])
        if found is None:
            raise NotFound
        return found

    def _checked(self, serializer_class: type[Serializer[Any]], data: Any) -> dict[str, Any]:
        serializer = serializer_class(data=data, context=self.get_serializer_context())
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)

    def _repeated(self, handler: Callable[..., Response]) -> Callable[..., Response]:
        """Repeat what a lost connection cut short: reads, and what a write reads before its door.

        The door itself lets no such error out, so nothing that was committed is done again.
        """

        def run(request: Request, *args: Any, **kwargs: Any) -> Response:
            return retrying(handler, request, *args, **kwargs)

        return run

    def _answer_once(self, handler: Callable[..., Response]) -> Callable[..., HttpResponse]:
        def write(request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
            key = idempotency.key_of(request)
            if key is None:
                return self._repeated(handler)(request, *args, **kwargs)
            return idempotency.answer_once(
                key, view=self, request=request, work=lambda: handler(request, *args, **kwargs)
            )

        return write


class TenantViewSet(HouseViewSet[M], Generic[M]):
    """Every tenant endpoint starts here, so that nobody can forget the organization.

    It gives a view its caller and its rows beside what every endpoint has, and answers a
    repeated POST with its first answer. Of a caller who is limited to their own resources these
    are the rows that belong to them.
    """

    scope: ClassVar[str]
    scopes: ClassVar[dict[str, str]] = {}
    answers_are_kept = True

    @property
    def caller(self) -> Caller:
        return cast("Caller", self.request.auth)

    @property
    def organization_id(self) -> UUID:
        return self.caller.organization_id

    def get_queryset(self) -> TenantQuerySet[M]:
        rows = cast("TenantQuerySet[M]", super().get_queryset())
        return rows.for_caller(self.caller)


def _single_values(query: QueryDict) -> Mapping[str, str]:
    """Return each parameter's value. Raises Invalid for one given twice or holding a NUL."""
    values: dict[str, str] = {}
    wrong: dict[str, list[str]] = {}
    for name in query:
        given = [str(value) for value in query.getlist(name)]
        if len(given) > 1:
            wrong[name] = ["Give this once."]
        elif "\x00" in name + given[0]:
            wrong[name.replace("\x00", "")] = ["NUL is not a character."]
        else:
            values[name] = given[0]
    if wrong:
        raise Invalid(fields=wrong)
    return values
