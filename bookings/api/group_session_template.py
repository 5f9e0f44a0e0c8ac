"""Group sessions that take place every week."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from bookings.api import examples, session_examples
from bookings.api.group_session_template_shapes import (
    CreateTemplateSerializer,
    OneTemplateSerializer,
    TemplateQuerySerializer,
    TemplateSerializer,
    UpdateTemplateSerializer,
    columns_in,
    present_followed,
    present_skipped,
    present_template,
)
from bookings.errors import TaNotOnCourse, TemplateOverlaps
from bookings.models import GroupSessionTemplate
from bookings.services.laying_out import conflicts_of
from bookings.services.session_template import (
    TemplateDetails,
    create_template,
    update_template,
)
from core.api.envelope import success
from core.api.pagination import Order, paginate
from core.api.schema import Operation, documented
from core.api.viewsets import TenantViewSet
from core.errors import NotFound
from core.ids import uuid7

BY_AGE = Order("created_at")
COLUMNS = [
    *(field.attname for field in GroupSessionTemplate._meta.concrete_fields),
    "organization__currency",
]
REFUSED: dict[str, Any] = {
    "conflicts": (TaNotOnCourse.reason, TemplateOverlaps.reason),
    "conflict_details": session_examples.OVERLAP_DETAILS,
    "conflict_examples": session_examples.OVERLAPS,
}


@documented(
    "Group sessions",
    list=Operation(
        id="listGroupSessionTemplates",
        summary="List what takes place every week",
        description="Oldest first, those that lay nothing out any more included.",
        query=TemplateQuerySerializer,
        answer=TemplateSerializer,
        is_list=True,
        answer_examples={"Every Tuesday": [session_examples.TEMPLATE]},
        links=examples.links("getGroupSessionTemplate", id_at="$response.body#/data/0/id"),
    ),
    retrieve=Operation(
        id="getGroupSessionTemplate",
        summary="Read what takes place every week",
        description="With the dates ahead for which no session could be laid out, and why.",
        answer=OneTemplateSerializer,
        answer_examples={"One date is a holiday": session_examples.ONE_TEMPLATE},
    ),
    create=Operation(
        id="createGroupSessionTemplate",
        summary="Let a group session take place every week",
        description=(
            "Its sessions are laid out `weeksAhead` at once, and from then on by the clock. Dates "
            "on which the TA is away or has something else are skipped, and tried again as long "
            "as they lie ahead. Times are those of the TA's zone."
        ),
        body=CreateTemplateSerializer,
        answer=OneTemplateSerializer,
        status=status.HTTP_201_CREATED,
        body_examples=session_examples.NEW_TEMPLATES,
        answer_examples={"One date is a holiday": session_examples.ONE_TEMPLATE},
        links=examples.links("getGroupSessionTemplate", "updateGroupSessionTemplate"),
        **REFUSED,
    ),
    partial_update=Operation(
        id="updateGroupSessionTemplate",
        summary="Change what takes place every week",
        description=(
            "What is left out stays. Sessions ahead that nobody has joined follow; those with "
            "somebody in them stay as they are: `sessions` counts them. What is no longer "
            "`active` lays nothing out, and what it has laid out stays."
        ),
        body=UpdateTemplateSerializer,
        answer=OneTemplateSerializer,
        body_examples=session_examples.TEMPLATE_CHANGES,
        answer_examples={"An hour later": session_examples.CHANGED_TEMPLATE},
        **REFUSED,
    ),
)
class GroupSessionTemplateViewSet(TenantViewSet[GroupSessionTemplate]):
    queryset = GroupSessionTemplate.objects.select_related("service__organization", "resource")
    serializer_class = TemplateSerializer
    scope = "sessions"
    scopes = {"list": "sessions:write", "retrieve": "sessions:write"}

    def list(self, request: Request) -> Response:
        query = self.validated_query(TemplateQuerySerializer)
        rows = self.get_queryset()
        for name, column in (("course_id", "service"), ("ta_id", "resource")):
            if name in query:
                rows = rows.filter(**{column: query[name]})
        found, pagination = paginate(rows, query=query, order=BY_AGE, columns=COLUMNS)
        return Response(success([present_template(row) for row in found], pagination=pagination))

    def retrieve(self, request: Request, pk: str) -> Response:
        self.refuse_query()
        return self._answer(self._template())

    def create(self, request: Request) -> Response:
        self.refuse_query()
        template_id = uuid7()  # before the first attempt: a repeated one finds what it made
        data = self.validated(CreateTemplateSerializer)
        course = data["course_id"]
        details = TemplateDetails(service=course, **columns_in(data, course.organization))
        template = create_template(details, caller=self.caller, template_id=template_id)
        return self._answer(template, status=status.HTTP_201_CREATED)

    def partial_update(self, request: Request, pk: str) -> Response:
        self.refuse_query()
        template = self._template()
        data = self.validated(UpdateTemplateSerializer)
        changes = columns_in(data, template.service.organization)
        updated = update_template(template, changes, caller=self.caller)
        return self._answer(updated.template, sessions=present_followed(updated.followed))

    def _template(self) -> GroupSessionTemplate:
        found = self.get_queryset().filter(pk=self.id_in_path()).first()
        if found is None:
            raise NotFound
        return found

    def _answer(
        self, template: GroupSessionTemplate, *, status: int = 200, **more: Mapping[str, Any]
    ) -> Response:
        row = {name: getattr(template, name) for name in COLUMNS[:-1]}
        row["organization__currency"] = template.service.organization.currency
        skipped = [present_skipped(one) for one in conflicts_of(template)]
        told = present_template(row) | {"skipped": skipped} | more
        return Response(success(told), status=status)
