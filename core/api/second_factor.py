"""One's own second factor: set up, new recovery codes, turned off."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api import auth_examples as examples
from core.api.auth import LONGEST_CODE, LONGEST_PASSWORD
from core.api.envelope import success
from core.api.fields import TextField
from core.api.people import AboutMeViewSet
from core.api.schema import Operation, documented
from core.api.serializers import HouseSerializer, InstantField
from core.api.throttling import limited
from core.models import User
from core.rates import RateClass
from core.services.codes import recovery_codes_left
from core.services.second_factor import (
    begin_second_factor,
    confirm_second_factor,
    renew_recovery_codes,
    turn_second_factor_off,
)


class SecondFactorSerializer(HouseSerializer):
    confirmed_at = InstantField(allow_null=True, help_text="Since when it counts; null: it is off.")
    recovery_codes_left = serializers.IntegerField()


class EnrolmentSerializer(HouseSerializer):
    secret = serializers.CharField(help_text="In base32, to type into an app.")
    uri = serializers.CharField(help_text="The same as an otpauth address.")
    qr = serializers.CharField(help_text="The address as a picture, an `svg` element.")


class CodeSerializer(HouseSerializer):
    otp = TextField(max_length=LONGEST_CODE, help_text="What the app shows now.")


class OwnPasswordSerializer(HouseSerializer):
    password = TextField(max_length=LONGEST_PASSWORD)


class ProofSerializer(OwnPasswordSerializer):
    otp = TextField(max_length=LONGEST_CODE, help_text="What the app shows, or a recovery code.")


class RecoveryCodesSerializer(HouseSerializer):
    recovery_codes = serializers.ListField(
        child=serializers.CharField(), help_text="Each lets in once. They are never shown again."
    )


@documented(
    "People",
    retrieve=Operation(
        id="getSecondFactor",
        summary="Read whether there is a second factor",
        answer=SecondFactorSerializer,
        answer_examples={"On": examples.SECOND_FACTOR, "Off": examples.NO_SECOND_FACTOR},
    ),
    begin=Operation(
        id="beginSecondFactor",
        summary="Get a secret for an authenticator app",
        description=(
            "Codes are those of RFC 6238: six digits, SHA-1, 30 seconds. It counts for nothing "
            "before it is confirmed; asked for again, it is another one. A wrong password is "
            "counted as when signing in."
        ),
        body=OwnPasswordSerializer,
        body_examples=examples.OWN_PASSWORD,
        answer=EnrolmentSerializer,
        answer_examples={"A secret": examples.ENROLMENT},
        conflicts=("OTP_ON",),
    ),
    confirm=Operation(
        id="confirmSecondFactor",
        summary="Turn the second factor on",
        description=(
            "With a code of the secret that was asked for. From then on a code is wanted at "
            "every sign-in. The session that asks has proved it."
        ),
        body=CodeSerializer,
        answer=RecoveryCodesSerializer,
        body_examples={"A code": {"otp": "287082"}},
        answer_examples={"Ten codes": examples.RECOVERY_CODES},
        conflicts=("OTP_ON", "OTP_NOT_BEGUN"),
    ),
    off=Operation(
        id="turnSecondFactorOff",
        summary="Turn the second factor off",
        description=(
            "A wrong password or code is counted as when signing in. Where an organization wants "
            "everybody to have one it stays on."
        ),
        body=ProofSerializer,
        body_examples=examples.PROOF,
        answer_examples={"Off": None},
        conflicts=("OTP_OFF", "OTP_NEEDED"),
    ),
    recovery_codes=Operation(
        id="renewRecoveryCodes",
        summary="Get new recovery codes",
        description=(
            "The old ones are good for nothing any more. A wrong password or code is counted as "
            "when signing in."
        ),
        body=ProofSerializer,
        answer=RecoveryCodesSerializer,
        body_examples=examples.PROOF,
        answer_examples={"Ten codes": examples.RECOVERY_CODES},
        conflicts=("OTP_OFF",),
    ),
)
class SecondFactorViewSet(AboutMeViewSet[User]):
    queryset = User.objects.none()
    serializer_class = SecondFactorSerializer

    def retrieve(self, request: Request) -> Response:
        self.refuse_query()
        user = self.me
        told = {
            "confirmedAt": user.otp_confirmed_at,
            "recoveryCodesLeft": recovery_codes_left(user),
        }
        return Response(success(told))

    @limited(RateClass.STANDARD)
    def begin(self, request: Request) -> Response:
        self.refuse_query()
        password = self.validated(OwnPasswordSerializer)["password"]
        network = self.place.network
        made = begin_second_factor(self.me, password=password, network=network)
        return Response(success({"secret": made.secret, "uri": made.uri, "qr": made.qr}))

    @limited(RateClass.STANDARD)
    def confirm(self, request: Request) -> Response:
        self.refuse_query()
        code = self.validated(CodeSerializer)["otp"]
        who = self.person
        codes = confirm_second_factor(who.id, code=code, session_id=who.session_id)
        return Response(success({"recoveryCodes": codes}))

    @limited(RateClass.STANDARD)
    def off(self, request: Request) -> Response:
        self.refuse_query()
        turn_second_factor_off(self.me, **self._proof())
        return Response(success(None))

    @limited(RateClass.STANDARD)
    def recovery_codes(self, request: Request) -> Response:
        self.refuse_query()
        return Response(success({"recoveryCodes": renew_recovery_codes(self.me, **self._proof())}))

    @property
    def me(self) -> User:
        user: User = User.objects.get(pk=self.person.id)
        return user

    def _proof(self) -> dict[str, Any]:
        data = self.validated(ProofSerializer)
        network = self.place.network
        return {"password": data["password"], "code": data["otp"], "network": network}
