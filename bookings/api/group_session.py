"""Group sessions: find, read, lay out, change, cancel. Joining one: bookings.api.place."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from django.utils import timezone
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from bookings.api import examples, session_examples
from bookings.api.course_booking_shapes import COURSES
from bookings.api.group_session_shapes import (
    CancelGroupSessionSerializer,
    ChangeGroupSessionSerializer,
    CreateGroupSessionSerializer,
    GroupSessionQuerySerializer,
    GroupSessionSerializer,
    present_session,
)
from bookings.api.place import OPERATIONS, Places
from bookings.api.service_changes import amount_of
from bookings.errors import CapacityBelowTaken, IllegalTransition, SessionOver
from bookings.models import GroupSession
from bookings.selectors.group_session import filtered
from bookings.services.group_session import SessionDetails, cancel_session, create_session
from bookings.services.session_changing import change_session
from core.api.conditions import etag_of, version_wanted
from core.api.envelope import success
from core.api.pagination import Order, paginate
from core.api.schema import Operation, documented
from core.errors import NotFound
from core.ids import uuid7

BY_START = Order("starts_at")
COLUMNS = [field.attname for field in GroupSession._meta.concrete_fields]


@documented(
    "Group sessions",
    of_course=Operation(
        id="listGroupSessions",
        summary="List the group sessions of a course",
        description=(
            "By the time at which they begin, with the places that are left; without `from` and "
            "`to` those that have not begun. Bare dates are midnights in the organization's time "
            "zone."
        ),
        query=GroupSessionQuerySerializer,
        answer=GroupSessionSerializer,
        is_list=True,
        answer_examples={"One session": [session_examples.SESSION]},
        links=examples.links("getGroupSession", id_at="$response.body#/data/0/id"),
    ),
    retrieve=Operation(
        id="getGroupSession",
        summary="Read a group session",
        answer=GroupSessionSerializer,
        is_versioned=True,
        answer_examples={"With places left": session_examples.SESSION},
    ),
    create=Operation(
        id="createGroupSession",
        summary="Lay out a group session",
        description=(
            "It keeps its TA busy, and a room if the course needs one. Opening hours, notice and "
            "durations of the course do not stand against it; time off, holidays and what is "
            "taken do."
        ),
        body=CreateGroupSessionSerializer,
        answer=GroupSessionSerializer,
        status=status.HTTP_201_CREATED,
        is_versioned=True,
        conflicts=session_examples.LAYOUT_REFUSED,
        body_examples=session_examples.NEW_SESSIONS,
        answer_examples={"A session": session_examples.NEW_SESSION},
        conflict_examples=session_examples.NOT_LAID_OUT,
        links=examples.links(
            "getGroupSession", "changeGroupSession", "cancelGroupSession", "joinGroupSession"
        ),
    ),
    update=Operation(
        id="changeGroupSession",
        summary="Change a group session, or move it",
        description=(
            "What is left out stays. A new time or TA moves everybody's booking, and each of them "
            "is told. A new price is for who joins later; more places go to who waits for one."
        ),
        body=ChangeGroupSessionSerializer,
        answer=GroupSessionSerializer,
        is_versioned=True,
        conflicts=(
            *session_examples.LAYOUT_REFUSED,
            SessionOver.reason,
            CapacityBelowTaken.reason,
        ),
        conflict_details=session_examples.TAKEN_DETAILS,
        body_examples=session_examples.SESSION_CHANGES,
        answer_examples={"Changed": {**session_examples.SESSION, "version": 2}},
        conflict_examples=session_examples.NOT_CHANGED,
    ),
    destroy=Operation(
        id="cancelGroupSession",
        summary="Cancel a group session",
        description=(
            "Everybody's booking is cancelled, what a bundle paid is returned, and each of them is "
            "told. Answers the session as it now is."
        ),
        body=CancelGroupSessionSerializer,
        answer=GroupSessionSerializer,
        is_versioned=True,
        conflicts=[IllegalTransition.reason],
        conflict_details=session_examples.SESSION_STATUS,
        body_examples={"With a reason": {"reason": "Ada is ill."}},
        answer_examples={"Cancelled": session_examples.CANCELLED_SESSION},
        conflict_examples=session_examples.OVER,
    ),
    **OPERATIONS,
)
class GroupSessionViewSet(Places):
    queryset = GroupSession.objects.select_related("organization")
    serializer_class = GroupSessionSerializer
    scope = "sessions"
    scopes = {
        "of_course": "catalog:read",
        "retrieve": "catalog:read",
        "join": "bookings:create",
        "attendees": "bookings:read",
    }

    @action(detail=False, url_path="courses/(?P<pk>[^/]+)")
    def of_course(self, request: Request, pk: str) -> Response:
        query = self.validated_query(GroupSessionQuerySerializer)
        ours = COURSES.for_caller(self.caller)
        course = ours.filter(pk=self.id_in_path()).order_by().first()
        if course is None:
            raise NotFound
        now = timezone.now()
        zone = ZoneInfo(course.organization.timezone)
        rows = filtered(self.get_queryset().filter(service=course), query, now=now, zone=zone)
        found, pagination = paginate(rows, query=query, order=BY_START, columns=COLUMNS)
        told = [present_session(GroupSession(**row), now=now) for row in found]
        return Response(success(told, pagination=pagination))

    def retrieve(self, request: Request, pk: str) -> Response:
        self.refuse_query()
        return self._answer(self.session())

    def create(self, request: Request) -> Response:
        self.refuse_query()
        session_id = uuid7()  # before the first attempt: a repeated one finds what it made
        data = self.validated(CreateGroupSessionSerializer)
        course = data["course_id"]
        wanted = SessionDetails(
            service=course,
            resource=data["ta_id"],
            starts_at=data["start_time"],
            ends_at=data["end_time"],
            capacity=data["capacity"],
            price_amount=amount_of(data["price"], "price", course.organization),
        )
        session = create_session(wanted, caller=self.caller, session_id=session_id)
        return self._answer(session, status=status.HTTP_201_CREATED)

    def update(self, request: Request, pk: str) -> Response:
        self.refuse_query()
        session = self.session()
        data = self.validated(ChangeGroupSessionSerializer)
        session = change_session(
            session,
            starts_at=data.get("start_time"),
            ends_at=data.get("end_time"),
            resource=data.get("ta_id"),
            capacity=data.get("capacity"),
            price_amount=amount_of(data.get("price"), "price", session.organization),
            caller=self.caller,
            reason=data.get("reason", ""),
            expected_version=version_wanted(request),
        )
        return self._answer(session)

    def destroy(self, request: Request, pk: str) -> Response:
        self.refuse_query()
        session = self.session()
        data = self.validated(CancelGroupSessionSerializer)
        session = cancel_session(
            session,
            caller=self.caller,
            reason=data.get("reason", ""),
            expected_version=version_wanted(request),
        )
        return self._answer(session)

    def _answer(self, session: GroupSession, *, status: int = 200) -> Response:
        headers = {"ETag": etag_of(session.version)}
        told = present_session(session, now=timezone.now())
        return Response(success(told), status=status, headers=headers)
