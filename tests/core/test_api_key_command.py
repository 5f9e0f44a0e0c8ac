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


class TestKeysByCommand:
    """Listed, replaced and revoked by how they begin."""

    def run(self, command, *arguments):
        out = StringIO()
        call_command(command, "--organization=salon", *arguments, stdout=out)
        return out.getvalue()

    @pytest.fixture
    def key(self, salon):
        self.run("create_api_key", "--kind=secret", "--name=till", "--scope=bookings:read")
        return ApiKey.objects.get()

    def test_a_key_is_replaced_and_the_new_one_printed_alone(self, salon, key):
        printed = self.run("rotate_api_key", f"--key={key.prefix}", "--overlap-hours=48")

        assert caller_for(printed.removesuffix("\n")).scopes == {"bookings:read"}
        assert key.replaced_by.get().prefix == printed[:11]

    def test_a_key_is_revoked(self, salon, key):
        assert self.run("revoke_api_key", f"--key={key.prefix}") == f"{key} is revoked.\n"

        key.refresh_from_db()
        assert key.state(key.revoked_at) == ApiKey.State.REVOKED

    def test_keys_are_listed_with_all_that_is_kept_of_them(self, salon, key):
        self.run("create_api_key", "--kind=publishable", "--name=website", "--days=30")
        self.run("revoke_api_key", f"--key={key.prefix}")

        titles, website, till = self.run("list_api_keys").splitlines()

        assert titles.split("  ")[0] == "begins with"
        assert website.split()[:3] == [ApiKey.objects.first().prefix, "publishable", "good"]
        assert till.split() == [key.prefix, "secret", "revoked", "–", "–", "till", "bookings:read"]

    @pytest.mark.parametrize("command", ["rotate_api_key", "revoke_api_key"])
    def test_another_organizations_key_is_not_there(self, salon, key, command):
        OrganizationFactory(slug="other")

        with pytest.raises(CommandError, match="other has no key that begins with this"):
            call_command(command, "--organization=other", f"--key={key.prefix}")

        key.refresh_from_db()
        assert (key.expires_at, key.revoked_at) == (None, None)

    def test_what_cannot_be_is_refused_in_words(self, salon, key):
        with pytest.raises(CommandError, match="Give 0 to 720 hours"):
            self.run("rotate_api_key", f"--key={key.prefix}", "--overlap-hours=721")
        with pytest.raises(CommandError, match="Give 1 to 36500 days"):
            self.run("create_api_key", "--kind=secret", "--name=till", "--days=0")
        assert ApiKey.objects.count() == 1
