"""Signing in, renewing a sign-in, signing out, and who one is."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.access import Person
from core.api import auth_examples as examples
from core.api.authentication import PersonAuthentication
from core.api.cookie import (
    put_cookie,
    refresh_token_in,
    refuse_foreign_origin,
    take_cookie_away,
)
from core.api.envelope import success
from core.api.fields import TextField, YesNoField
from core.api.people import AboutMeViewSet, MeSerializer, present_me, present_session
from core.api.schema import Operation, documented
from core.api.serializers import HouseSerializer, InstantField
from core.api.throttling import limited
from core.errors import NotSignedIn
from core.models import SignInSession, User
from core.password_links import password_reset_named_by
from core.rates import RateClass
from core.services.passwords import change_password, request_reset, reset_password
from core.services.sessions import end_other_sessions, end_session, open_sessions_of, sign_out
from core.services.sign_in import SignedIn, renew, sign_in

LONGEST_EMAIL = 254
LONGEST_PASSWORD = 1024
LONGEST_NEW_PASSWORD = 128
LONGEST_CODE = 40
NO_KEY = "No key: what is sent is the credential."
MAILED = "If somebody signs in with this address, an e-mail with a link is on its way."
COOKIE = (
    "Where the refresh token goes: a cookie that scripts cannot read (true), or `refreshToken` "
    "in the answer (false), for apps and servers."
)

CODE = (
    "What the authenticator app shows now, or a recovery code: of who has a second factor. "
    "Without it they are answered `401` with the reason `OTP_REQUIRED`, after the right password."
)


class LoginSerializer(HouseSerializer):
    email = TextField(max_length=LONGEST_EMAIL)
    password = TextField(max_length=LONGEST_PASSWORD)
    otp = TextField(max_length=LONGEST_CODE, required=False, help_text=CODE)
    cookie = YesNoField(default=True, help_text=COOKIE)


class RefreshSerializer(HouseSerializer):
    refresh_token = TextField(
        max_length=200, required=False, help_text="Without it the one in the cookie counts."
    )


class TokensSerializer(HouseSerializer):
    access_token = serializers.CharField(help_text="Send it as `Authorization: Bearer …`.")
    expires_in = serializers.IntegerField(help_text="Seconds for which it is good.")
    refresh_token = serializers.CharField(
        required=False, help_text="Good once, for the next access token; not with the cookie."
    )


class LoginAnswerSerializer(TokensSerializer, MeSerializer):
    pass


class SessionSerializer(HouseSerializer):
    id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=SignInSession.Kind.choices)
    device = serializers.CharField(help_text="What the browser or app calls itself.")
    network = serializers.CharField(help_text="Where it was used last.")
    created_at = InstantField()
    last_used_at = InstantField()
    ends_at = InstantField(help_text="Unless it is renewed before.")
    current = serializers.BooleanField(help_text="The one that asks.")


class SessionsSerializer(HouseSerializer):
    sessions = SessionSerializer(many=True)


class EndedSerializer(HouseSerializer):
    ended = serializers.IntegerField(help_text="How many.")


@documented(
    "People",
    login=Operation(
        id="signIn",
        summary="Sign in",
        description=(
            "Answers an access token, which is good for a quarter of an hour, and a refresh token "
            "for the next one. After five wrong passwords or codes nobody is let in for 30 "
            "seconds, and after each further one for twice as long (`429`). A website has to be "
            "an allowed origin to be given the cookie."
        ),
        body=LoginSerializer,
        answer=LoginAnswerSerializer,
        body_examples=examples.LOGIN,
        answer_examples=examples.SIGNED_IN,
    ),
    refresh=Operation(
        id="renewSignIn",
        summary="Get the next access token",
        description=(
            "Spends the refresh token and answers the next one in the same place, the cookie or "
            "the body. One that is shown a second time was copied: its session ends for whoever "
            "has the others. The cookie is taken from an allowed origin only."
        ),
        body=RefreshSerializer,
        answer=TokensSerializer,
        body_examples=examples.REFRESH,
        answer_examples=examples.RENEWED,
    ),
)
class SignInViewSet(AboutMeViewSet[User]):
    queryset = User.objects.none()
    serializer_class = LoginAnswerSerializer
    authentication_classes = ()
    permission_classes = ()
    needs = NO_KEY

    @limited(RateClass.STANDARD)
    def login(self, request: Request) -> Response:
        self.refuse_query()
        data = self.validated(LoginSerializer)
        if data["cookie"]:
            refuse_foreign_origin(request._request)  # noqa: SLF001  (Django's own request)
        signed_in = sign_in(
            email=data["email"],
            password=data["password"],
            code=data.get("otp", ""),
            place=self.place,
        )
        return _answer(request, signed_in, in_cookie=data["cookie"], **present_me(signed_in.user))

    def refresh(self, request: Request) -> Response:
        self.refuse_query()
        given = self.validated(RefreshSerializer).get("refresh_token")
        token = given or refresh_token_in(request._request)  # noqa: SLF001
        if not token:
            raise NotSignedIn
        renewed = renew(refresh_token=token, place=self.place)
        return _answer(request, renewed, in_cookie=given is None)


@documented(
    "People",
    logout=Operation(
        id="signOut",
        summary="Sign out",
        description=(
            "Ends the session of the access token, else of the refresh token in the body or the "
            "cookie: none of its tokens is good any more. Twice is as good as once."
        ),
        body=RefreshSerializer,
        body_examples=examples.REFRESH,
        answer_examples={"Signed out": None},
    ),
)
class SignOutViewSet(AboutMeViewSet[User]):
    queryset = User.objects.none()
    serializer_class = RefreshSerializer
    authentication_classes = (PersonAuthentication,)
    permission_classes = ()
    needs = NO_KEY

    def logout(self, request: Request) -> Response:
        self.refuse_query()
        token = self.validated(RefreshSerializer).get("refresh_token")
        who: Any = request.auth
        if isinstance(who, Person):
            reason = SignInSession.EndReason.SIGNED_OUT
            end_session(who.session_id, user_id=who.id, by=who.id, reason=reason)
        elif token := token or refresh_token_in(request._request):  # noqa: SLF001
            sign_out(token)
        else:
            raise NotSignedIn
        response = Response(success(None))
        take_cookie_away(request._request, response)  # noqa: SLF001
        return response


@documented(
    "People",
    retrieve=Operation(
        id="getMe",
        summary="Read who one is",
        description="With the organizations that one works in, and what one may do in each.",
        answer=MeSerializer,
        answer_examples={"Me": examples.ME},
    ),
)
class MeViewSet(AboutMeViewSet[User]):
    queryset = User.objects.none()
    serializer_class = MeSerializer

    def retrieve(self, request: Request) -> Response:
        self.refuse_query()
        return Response(success(present_me(User.objects.get(pk=self.person.id))))


class PasswordSerializer(HouseSerializer):
    password = TextField(max_length=LONGEST_PASSWORD, help_text="The present one.")
    new_password = TextField(max_length=LONGEST_NEW_PASSWORD)


@documented(
    "People",
    change=Operation(
        id="changeMyPassword",
        summary="Change one's password",
        description=(
            "Signs one out everywhere else. A wrong present password counts as one at sign-in."
        ),
        body=PasswordSerializer,
        body_examples=examples.PASSWORDS,
        answer_examples={"Changed": None},
    ),
)
class MyPasswordViewSet(AboutMeViewSet[User]):
    queryset = User.objects.none()
    serializer_class = PasswordSerializer

    @limited(RateClass.STANDARD)
    def change(self, request: Request) -> Response:
        self.refuse_query()
        data = self.validated(PasswordSerializer)
        change_password(
            user=User.objects.get(pk=self.person.id),
            password=data["password"],
            new_password=data["new_password"],
            keep=self.person.session_id,
            network=self.place.network,
        )
        return Response(success(None))


class ResetSerializer(HouseSerializer):
    """The first time the address, the second time what the mail's link carries."""

    email = TextField(max_length=LONGEST_EMAIL, required=False)
    token = TextField(max_length=100, required=False, help_text="The end of the mail's link.")
    password = TextField(max_length=LONGEST_NEW_PASSWORD, required=False)

    schema_rules: ClassVar = {
        "minProperties": 1,
        "dependentRequired": {"token": ["password"], "password": ["token"]},
        "dependentSchemas": {"email": {"maxProperties": 1}},
    }

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if set(attrs) not in ({"email"}, {"token", "password"}):
            raise serializers.ValidationError({"email": ["Give this, or token and password."]})
        return attrs


@documented(
    "People",
    reset=Operation(
        id="resetPassword",
        summary="Set a password that was forgotten",
        description=(
            "With `email`: sends a link, if somebody signs in with this address; the answer is "
            "the same if nobody does. With `token`, which is the end of that link, and "
            "`password`: sets it, once and within an hour, and signs one out everywhere. A token "
            "that is not good is a 404."
        ),
        body=ResetSerializer,
        names_others=True,
        body_examples=examples.RESET,
        answer_examples={"Either": None},
    ),
)
class PasswordResetViewSet(AboutMeViewSet[User]):
    queryset = User.objects.none()
    serializer_class = ResetSerializer
    authentication_classes = ()
    permission_classes = ()
    needs = NO_KEY

    @limited(RateClass.STANDARD)
    def reset(self, request: Request) -> Response:
        self.refuse_query()
        data = self.validated(ResetSerializer)
        if "email" in data:
            request_reset(data["email"])
            return Response(success(None, message=MAILED))
        reset_password(password_reset_named_by(data["token"]), password=data["password"])
        return Response(success(None))


@documented(
    "People",
    list=Operation(
        id="listMySessions",
        summary="Read where one is signed in",
        description="Apps, websites and the console, used last first.",
        answer=SessionsSerializer,
        answer_examples={"Here and in the console": examples.SESSIONS},
    ),
    end_others=Operation(
        id="endMyOtherSessions",
        summary="Sign out everywhere else",
        description="Ends every session but the one that asks.",
        answer=EndedSerializer,
        answer_examples={"Two": {"ended": 2}},
    ),
    destroy=Operation(
        id="endMySession",
        summary="Sign out in one place",
        description="Ending it again changes nothing.",
        answer_examples={"Ended": None},
    ),
)
class MySessionsViewSet(AboutMeViewSet[SignInSession]):
    queryset = SignInSession.objects.none()
    serializer_class = SessionsSerializer

    def list(self, request: Request) -> Response:
        self.refuse_query()
        sessions = open_sessions_of(self.person.id)
        current = self.person.session_id
        told = [present_session(one, current=current) for one in sessions]
        return Response(success({"sessions": told}))

    def end_others(self, request: Request) -> Response:
        self.refuse_query()
        user = User.objects.get(pk=self.person.id)
        ended = end_other_sessions(user, keep=self.person.session_id, by=user.pk)
        return Response(success({"ended": ended}))

    def destroy(self, request: Request, pk: str) -> Response:
        self.refuse_query()
        end_session(self.id_in_path(), user_id=self.person.id, by=self.person.id)
        return Response(success(None))


def _answer(request: Request, signed_in: SignedIn, *, in_cookie: bool, **more: Any) -> Response:
    data = {
        "accessToken": signed_in.access_token,
        "expiresIn": settings.ACCESS_TOKEN_TTL_SECONDS,
        **more,
    }
    if not in_cookie:
        data["refreshToken"] = signed_in.refresh_token
    response = Response(success(data))
    if in_cookie:
        put_cookie(request._request, response, signed_in.refresh_token)  # noqa: SLF001
    return response
