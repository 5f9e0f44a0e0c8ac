"""How an operator says by which way mail leaves: environment variables, and nothing else."""

import json

import pytest

from tests.core.test_production_settings import complaints, start

SHOW = """
import json
from config import settings
names = ["EMAIL_BACKEND", "EMAIL_HOST", "EMAIL_PORT", "EMAIL_USE_TLS", "EMAIL_USE_SSL", "ANYMAIL"]
print(json.dumps({name: getattr(settings, name) for name in names}))
"""


def settings_with(**variables: str) -> dict[str, object]:
    started = start("-c", SHOW, **variables)
    assert started.returncode == 0, started.stderr
    shown: dict[str, object] = json.loads(started.stdout)
    return shown


def test_smtp_is_spoken_with_starttls_unless_said_otherwise():
    said = settings_with(SMTP_HOST="smtp.salon.net")

    assert said["EMAIL_BACKEND"] == "django.core.mail.backends.smtp.EmailBackend"
    assert (said["EMAIL_HOST"], said["EMAIL_PORT"]) == ("smtp.salon.net", 587)
    assert (said["EMAIL_USE_TLS"], said["EMAIL_USE_SSL"]) == (True, False)


@pytest.mark.parametrize(
    ("port", "security", "starttls", "tls"),
    [("465", "", False, True), ("25", "none", False, False), ("2525", "TLS", False, True)],
)
def test_the_port_of_smtps_means_tls_from_the_beginning(port, security, starttls, tls):
    said = settings_with(SMTP_PORT=port, SMTP_SECURITY=security)

    assert (said["EMAIL_USE_TLS"], said["EMAIL_USE_SSL"]) == (starttls, tls)


def test_a_provider_is_its_name_and_what_its_manual_asks_for(tmp_path):
    key = tmp_path / "key"
    key.write_text("SG.a-key\n")

    said = settings_with(
        EMAIL_PROVIDER="sendgrid",
        SMTP_HOST="",
        ANYMAIL_SENDGRID_API_KEY_FILE=str(key),
        ANYMAIL_SENDGRID_API_URL="https://eu.example/",
    )

    assert said["EMAIL_BACKEND"] == "anymail.backends.sendgrid.EmailBackend"
    assert isinstance(said["ANYMAIL"], dict)
    assert said["ANYMAIL"]["SENDGRID_API_KEY"] == "SG.a-key"
    assert said["ANYMAIL"]["SENDGRID_API_URL"] == "https://eu.example/"


@pytest.mark.parametrize(
    ("variables", "complaint"),
    [
        ({"EMAIL_PROVIDER": "pigeon"}, "EMAIL_PROVIDER is none of smtp, amazon_ses, brevo"),
        ({"SMTP_SECURITY": "ssl"}, "SMTP_SECURITY is none of starttls, tls, none."),
        ({"MAIL_WEBHOOK_SECRET": "short:one"}, "MAIL_WEBHOOK_SECRET is not `name:password`"),
        ({"MAIL_WEBHOOK_SECRET": "a-long-word-without-a-name-before-it"}, "`name:password`"),
    ],
)
def test_a_setting_that_cannot_be_meant_is_refused_by_name(variables, complaint):
    started = start(**variables)

    assert started.returncode == 1
    assert complaint in started.stderr
    assert "short:one" not in started.stderr


def test_production_wants_a_way_for_mail_and_an_address_that_it_comes_from():
    assert complaints(start(SMTP_HOST="", MAIL_FROM="")) == [
        "SMTP_HOST is not set: no mail would leave.",
        "MAIL_FROM is not set: it is the address that mails come from.",
    ]
    settings_with(SMTP_HOST="", EMAIL_PROVIDER="postmark", ANYMAIL_POSTMARK_SERVER_TOKEN="token")
