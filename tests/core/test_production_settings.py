import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.secrets import weakness_of

PROJECT = Path(__file__).resolve().parent.parent.parent
GOOD = {
    "APP_ENV": "production",
    "DEBUG": "false",
    "SECRET_KEY": "kV9tq0Zy3mXw7rLpB2fHs8dNcJ5gTa1eUo4iKxWvYbQzRhMjPn",
    "ENCRYPTION_KEY": "c1f04e7a9b2d63580e9f17ab4c2d8e60f3a5b7192c4d6e8f0a1b3c5d7e9f2a4b",
    "ENCRYPTION_INDEX_KEY": "7d3a9c5e1f8b2a6d4c0e7f9b3a5d1c8e6f2b4a0d9c7e5f3b1a8d6c4e2f0b9a7c",
    "LINK_KEY": "e84b1c6f2a9d57038e6b4c1f9a2d70538b6e4f1c9d2a75038e6c4b1f0d9a2e57",
    "JWT_ACCESS_SECRET": "Xq3vN8sKd1mZp6tRb0yLw4hJc7fGaU2eYi5oQxTnVkMz9rBs",
    "JWT_REFRESH_SECRET": "Hw5jC0zTg8nFk2xPb6qRv1mDs4yLa7eUoJi3WtZcQhNf9VrK",
    "API_KEY": "",
    "API_KEY_HASHES": "",
    "METRICS_TOKEN": "",
    "DATABASE_URL": "postgres://holdfast:v7Qm2xLr@db.internal:5432/holdfast",
    "REDIS_URL": "redis://cache.internal:6379/0",
    "ALLOWED_HOSTS": "book.salon.net",
    "PUBLIC_BASE_URL": "https://book.salon.net",
    "TRUSTED_PROXIES": "10.0.0.0/8",
    "EMAIL_PROVIDER": "",
    "SMTP_HOST": "mail.internal",
    "SMTP_USER": "",
    "MAIL_FROM": "Salon <book@salon.net>",
}


def start(*command: str, **changed: str) -> subprocess.CompletedProcess[str]:
    """Start Python as a server would, with production's variables and these changes."""
    path = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, *(command or ("-c", "import config.settings"))],
        cwd=PROJECT,
        env=path | GOOD | changed,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def complaints(started: subprocess.CompletedProcess[str]) -> list[str]:
    assert started.returncode == 1
    return [line[2:] for line in started.stderr.splitlines() if line.startswith("- ")]


def test_production_starts_with_good_values():
    started = start()

    assert (started.returncode, started.stderr) == (0, "")


@pytest.mark.parametrize("hour", ["24", "-1"])
def test_the_doctor_comes_at_an_hour_that_there_is(hour):
    assert complaints(start(CHECKUP_HOUR=hour)) == ["CHECKUP_HOUR is an hour from 0 to 23."]


@pytest.mark.parametrize("environment", ["production", "staging", "Production"])
def test_production_names_everything_that_it_misses_at_once(environment):
    nothing = dict.fromkeys(GOOD, "") | {"APP_ENV": environment, "DEBUG": "false"}

    assert complaints(start(**nothing)) == [
        "SECRET_KEY is not set.",
        "ENCRYPTION_KEY is not set.",
        "LINK_KEY is not set.",
        "ENCRYPTION_INDEX_KEY is not set.",
        "JWT_ACCESS_SECRET is not set.",
        "JWT_REFRESH_SECRET is not set.",
        "DATABASE_URL is not set.",
        "REDIS_URL is not set.",
        "ALLOWED_HOSTS is not set: name each host that this installation answers to.",
        "PUBLIC_BASE_URL is not set.",
        "SMTP_HOST is not set: no mail would leave.",
        "MAIL_FROM is not set: it is the address that mails come from.",
    ]


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("SECRET_KEY", "kV9tq0Zy3mXw7rLpB2fHs8dNcJ5gTa1e", "is shorter than 50 characters"),
        ("SECRET_KEY", "django-insecure-kV9tq0Zy3mXw7rLpB2fHs8dNcJ5gTa1eUo4iKxWv", "placeholder"),
        ("ENCRYPTION_KEY", "your-32-byte-encryption-key", "looks like a placeholder"),
        ("ENCRYPTION_KEY", "0" * 64, "has too few different characters"),
        ("ENCRYPTION_KEY", "0123456789abcdef" * 4, "repeats itself"),
        ("ENCRYPTION_KEY", GOOD["ENCRYPTION_KEY"] + "0f", "key 1 is not 32 bytes"),
        ("ENCRYPTION_KEY", GOOD["ENCRYPTION_KEY"] + "," + "ab" * 32, "too few different"),
        ("ENCRYPTION_INDEX_KEY", GOOD["ENCRYPTION_KEY"], "is the same as ENCRYPTION_KEY"),
        ("LINK_KEY", GOOD["LINK_KEY"] + "," + GOOD["ENCRYPTION_KEY"], "is the same as"),
        ("LINK_KEY", GOOD["LINK_KEY"][:40], "key 1 is not 32 bytes"),
        ("JWT_ACCESS_SECRET", "kV9tq0Zy3mXw7rLpB2fHs8dNcJ5", "is shorter than 32 characters"),
        ("JWT_REFRESH_SECRET", GOOD["JWT_ACCESS_SECRET"], "is the same as JWT_ACCESS_SECRET"),
        ("API_KEY", "your-secure-api-key-here", "looks like a placeholder"),
        ("API_KEY", "s3cr3t", "is shorter than 32 characters"),
        ("API_KEY", GOOD["SECRET_KEY"], "is the same as SECRET_KEY"),
        ("API_KEY", "kV9tq0Zy3mXw7rLpB2fHs8dNcJ5gTa1é", "no header can carry"),
        ("API_KEY_HASHES", "5f4dcc3b5aa765d61d8327deb882cf99", "is no SHA-256"),
        ("METRICS_TOKEN", "prometheus", "is shorter than 32 characters"),
        ("DATABASE_URL", "sqlite:///bookings.db", "does not begin with postgres://"),
        ("DATABASE_URL", "postgresql://user:password@localhost/b", "that everybody knows"),
        ("DATABASE_URL", "postgresql://holdfast:holdfast@localhost/b", "that everybody knows"),
        ("REDIS_URL", "localhost:6379", "does not begin with redis://"),
        ("ALLOWED_HOSTS", "*", "answers to every name"),
        ("PUBLIC_BASE_URL", "http://book.salon.net", "does not begin with https://"),
        ("TRUSTED_PROXIES", "0.0.0.0/0", "trusts everybody"),
        ("OUTBOUND_ALLOWED_NETWORKS", "::/0", "allows everything"),
        ("DEBUG", "true", "leave it off"),
        ("APP_ENV", "prod", "is none of development, test, staging, production"),
    ],
)
def test_production_refuses_a_weak_value_and_names_it_without_showing_it(name, value, complaint):
    started = start(**{name: value})

    [said] = complaints(started)
    assert said.startswith(name)
    assert complaint in said
    assert name in ("APP_ENV", "DEBUG", "ALLOWED_HOSTS") or value not in started.stderr


def test_a_secret_from_a_file_counts_as_set(tmp_path):
    file = tmp_path / "secret_key"
    file.write_text(GOOD["SECRET_KEY"])

    assert start(SECRET_KEY="", SECRET_KEY_FILE=str(file)).returncode == 0


def test_the_deployment_check_has_nothing_to_say():
    checked = start("manage.py", "check", "--deploy", "--fail-level", "WARNING")

    assert (checked.returncode, checked.stderr) == (0, "")
    assert checked.stdout == "System check identified no issues (2 silenced).\n"


ASK = """
import json, django
django.setup()
from django.conf import settings
from django.test import Client

client = Client(headers={"Host": "book.salon.net"})
paint = "/public/accent/0f766e.css"  # a door that asks neither database nor cache
elsewhere = client.get(paint, secure=True, headers={"Host": "evil.example"})
names = [name for name in dir(settings) if "_COOKIE_" in name]
print(json.dumps({
    "https": dict(client.get(paint, secure=True).headers),
    "http": [client.get(paint).status_code, client.get(paint)["Location"]],
    "elsewhere": [elsewhere.status_code, elsewhere.text],
    "cookies": {name: getattr(settings, name) for name in names},
}))
"""


def test_production_answers_over_https_alone_and_tells_browsers_what_holds():
    asked = start("-c", ASK, DJANGO_SETTINGS_MODULE="config.settings")
    told = json.loads(asked.stdout)

    headers = told["https"]
    assert headers["Strict-Transport-Security"] == "max-age=31536000"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert "geolocation=()" in headers["Permissions-Policy"]
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert not {"Server", "X-Powered-By", "Set-Cookie"} & set(headers)
    assert told["http"] == [301, "https://book.salon.net/public/accent/0f766e.css"]
    assert told["elsewhere"] == [
        400,
        "This cannot be read. The address or what was sent is incomplete.",
    ]
    cookies = told["cookies"]
    for kind in ("SESSION", "CSRF"):
        assert cookies[f"{kind}_COOKIE_NAME"].startswith("__Host-")
        assert cookies[f"{kind}_COOKIE_SECURE"] is True
        assert (cookies[f"{kind}_COOKIE_PATH"], cookies[f"{kind}_COOKIE_DOMAIN"]) == ("/", None)
        assert cookies[f"{kind}_COOKIE_SAMESITE"] == "Lax"
    assert cookies["SESSION_COOKIE_HTTPONLY"] is True


def test_random_secrets_are_never_called_weak():
    for _ in range(2000):
        assert weakness_of(os.urandom(32).hex()) == ""


def test_a_secret_that_stands_in_the_example_file_is_weak():
    value = GOOD["ENCRYPTION_KEY"]

    assert weakness_of(value) == ""
    assert weakness_of(value, examples={value}) == "is the value of the example"
