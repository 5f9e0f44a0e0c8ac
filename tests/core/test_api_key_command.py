"""The first keys of an installation: from the command line, and from the environment."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from core import known_keys
from core.access import EVERYTHING, CallerKind
from core.api.authentication import BadCredential, caller_for
from core.models import ApiKey
from tests.factories import OrganizationFactory

pytestmark = pytest.mark.django_db


class TestKeysFromTheEnvironment:
    @pytest.fixture(autouse=True)
    def _bootstrap(self, settings):
        settings.BOOTSTRAP_KEY_DIGESTS = frozenset({known_keys.digest_of("first-day")})

    def test_they_open_the_oldest_organization(self, salon):
        OrganizationFactory(slug="aaa", name="A later one")

        caller = caller_for("first-day")

        assert (caller.organization_id, caller.scopes) == (salon.pk, EVERYTHING)
        assert caller.kind == CallerKind.KEY

    def test_they_open_nothing_before_there_is_one(self):
        with pytest.raises(BadCredential):
            caller_for("first-day")

    def test_they_never_move_on_to_another_organization(self, salon):
        OrganizationFactory(slug="other", name="Another")
        salon.is_active = False
        salon.save()

        with pytest.raises(BadCredential):
            caller_for("first-day")

    def test_their_id_is_always_the_same_and_does_not_tell_their_digest(self, salon):
        first = caller_for("first-day")
        known_keys.forget()

        assert caller_for("first-day").id == first.id
        assert str(first.id)[:8] not in known_keys.digest_of("first-day").hex()


class TestCreateApiKeyCommand:
    def run(self, *arguments):
        out = StringIO()
        call_command("create_api_key", *arguments, stdout=out)
        return out.getvalue()

    def test_it_prints_the_key_alone(self, salon):
        printed = self.run("--organization=salon", "--kind=secret", "--name=till")

        caller = caller_for(printed.removesuffix("\n"))
        assert (caller.organization_id, caller.scopes) == (salon.pk, EVERYTHING)
        assert ApiKey.objects.get().name == "till"

    def test_it_gives_only_the_scopes_that_are_named(self, salon):
        scopes = ["--scope=bookings:read", "--scope=catalog:read"]
        printed = self.run("--organization=salon", "--kind=secret", "--name=till", *scopes)

        assert caller_for(printed.strip()).scopes == {"bookings:read", "catalog:read"}

    @pytest.mark.parametrize(
        ("arguments", "sentence"),
        [
            (["--organization=nobody", "--kind=secret"], "There is no organization nobody."),
            (
                ["--organization=salon", "--kind=publishable", "--scope=bookings:read"],
                "A publishable key cannot have bookings:read.",
            ),
        ],
    )
    def test_it_says_why_it_makes_none(self, salon, arguments, sentence):
        with pytest.raises(CommandError, match=sentence):
            self.run(*arguments, "--name=till")

        assert not ApiKey.objects.exists()
