"""Every environment variable that Holdfast reads: its name, its type, its default.

Nothing else reads os.environ. Each NAME may also be given as NAME_FILE, the path of a file
that holds it: secrets then stand in no process listing. Other names for a thing are its
aliases. What is empty counts as not set.
"""

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent.parent

# Names that other booking systems and hosts use. Ours wins when both are set.
ALIASES = {
    "APP_ENV": ["NODE_ENV"],
    "PUBLIC_BASE_URL": ["API_BASE_URL"],
    "DATABASE_POOL_SIZE": ["DB_POOL_MAX"],
    "ADMIN_EMAIL": ["YOUR_EMAIL"],
    "ALLOWED_ORIGINS": ["CORS_ORIGINS"],
}


class Sources(Mapping[str, str]):
    """Where a value comes from: NAME_FILE, else NAME, else the same of each alias."""

    def __getitem__(self, name: str) -> str:
        for known_as in (name, *ALIASES.get(name, ())):
            path = os.environ.get(f"{known_as}_FILE")
            said = self._file(known_as, path) if path else ""
            if value := said or os.environ.get(known_as):
                # django-environ would take `$word` for another variable's name, and a
                # password that begins with $ for an empty one; it undoes this escape.
                return value.replace("$", r"\$")
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter(os.environ)

    def __len__(self) -> int:
        return len(os.environ)

    @staticmethod
    def _file(name: str, path: str) -> str:
        """Return what the file says, without the end of line that editors leave."""
        try:
            return Path(path).read_text(encoding="utf-8").rstrip("\r\n")
        except OSError as error:
            why = error.strerror or type(error).__name__
            raise ImproperlyConfigured(f"{name}_FILE: {path} cannot be read: {why}.") from error
        except UnicodeDecodeError:
            # Without its cause, which shows the bytes: they are somebody's secret.
            raise ImproperlyConfigured(f"{name}_FILE: {path} is not text.") from None


class Environment(environ.Env):
    """The variables below, each as its type. A value that is none is refused by name."""

    ENVIRON = Sources()

    def __call__(self, var: str, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().__call__(var, *args, **kwargs)
        except ValueError:  # never with the value, which may be a secret in the wrong place
            kind = KINDS.get(self.scheme[var][0], "a number")
            raise ImproperlyConfigured(f"{var} is not {kind}.") from None


def seconds(text: str) -> int:
    """Read a length of time, as `90s`, `15m`, `12h` or `7d`, in seconds."""
    found = re.fullmatch(r"([0-9]{1,6})([smhd])", text.strip())
    if found is None or not int(found[1]):
        raise ValueError(text)
    return int(found[1]) * {"s": 1, "m": 60, "h": 3600, "d": 86_400}[found[2]]


def words(text: str) -> list[str]:
    """Read a list: its items are separated by commas, with or without spaces."""
    return [word for part in text.split(",") if (word := part.strip())]


KINDS = {int: "a whole number", seconds: "a length of time like 15m or 7d"}

env = Environment(
    # where and what
    APP_ENV=(str, "development"),  # development | test | staging | production
    DEBUG=(bool, False),
    HOST=(str, ""),  # where the web process listens; empty: this machine, in production any
    PORT=(int, 8000),
    DRAIN_SECONDS=(float, 5.0),  # told to stop, health is 503 for so long before the doors close
    PUBLIC_BASE_URL=(str, ""),
    FRONTEND_URL=(str, ""),
    ALLOWED_HOSTS=(words, []),
    VAR_DIR=(str, str(BASE_DIR / "var")),
    # secrets
    SECRET_KEY=(str, ""),
    ENCRYPTION_KEY=(str, ""),
    ENCRYPTION_INDEX_KEY=(str, ""),
    LINK_KEY=(str, ""),
    JWT_ACCESS_SECRET=(str, ""),
    JWT_REFRESH_SECRET=(str, ""),
    ACCESS_TOKEN_TTL=(seconds, 15 * 60),
    REFRESH_TOKEN_TTL=(seconds, 7 * 86_400),
    API_KEY=(str, ""),
    API_KEY_HASHES=(words, []),
    # database and queue
    DATABASE_URL=(str, ""),
    DATABASE_POOL_SIZE=(int, 20),
    DATABASE_POOLER=(str, ""),  # "transaction" behind PgBouncer and its like
    REDIS_URL=(str, ""),
    WEB_PROCESSES=(int, 2),
    WORKER_PROCESSES=(int, 2),
    # limits
    RATE_LIMIT_WINDOW_MS=(int, 60_000),
    RATE_LIMIT_MAX_REQUESTS=(int, 100),
    TRUSTED_PROXIES=(words, []),
    OUTBOUND_ALLOWED_NETWORKS=(words, []),  # not public, and yet to be fetched from
    PAGE_BOOKINGS_AHEAD_PER_EMAIL=(int, 5),
    PAGE_BOOKINGS_PER_HOUR=(int, 20),  # from one network, as are the times that it keeps
    PAGE_HOLDS_PER_HOUR=(int, 60),
    # links in mails
    MANAGE_LINK_DAYS_AFTER_END=(int, 30),
    WAITLIST_OFFER_MINUTES=(int, 120),
    CUSTOMER_LINK_MINUTES=(int, 30),
    CUSTOMER_VISIT_HOURS=(int, 12),
    CHECKUP_HOUR=(int, 2),  # of each night, in UTC: the doctor looks everything over
    # mail
    EMAIL_PROVIDER=(str, "smtp"),  # or a provider that anymail knows, with its ANYMAIL_… beside it
    SMTP_HOST=(str, ""),
    SMTP_PORT=(int, 587),
    SMTP_USER=(str, ""),
    SMTP_PASSWORD=(str, ""),
    SMTP_SECURITY=(str, ""),  # starttls | tls | none; empty: tls on port 465, else starttls
    MAIL_FROM=(str, ""),
    MAIL_WEBHOOK_SECRET=(str, ""),  # name:password of the provider's delivery reports
    ADMIN_EMAIL=(str, ""),
    # observation
    LOG_LEVEL=(str, "info"),
    LOG_FILE_PATH=(str, ""),
    LOG_FILE_MAX_MIB=(float, 50.0),
    LOG_FILE_KEEP=(int, 5),  # older files that stay beside it
    LOG_FORMAT=(str, ""),  # json | pretty; empty: pretty in development only
    SENTRY_DSN=(str, ""),
    METRICS_TOKEN=(str, ""),
    METRICS_PORT=(int, 0),  # of worker and clock; 0: they listen nowhere
    # browsers
    ALLOWED_ORIGINS=(words, []),
)

env.escape_proxy = True  # see Sources

TESTING = os.environ.get("DJANGO_SETTINGS_MODULE") == "config.settings.test"
if TESTING:  # a test means the same on every machine, whatever its shell and .env say
    for name in [*env.scheme, *(other for others in ALIASES.values() for other in others)]:
        os.environ.pop(name, None)
        os.environ.pop(f"{name}_FILE", None)
    env.scheme["APP_ENV"] = (str, "test")
    # Below /tmp, because every account can reach it: one of them runs root's PostgreSQL.
    env.scheme["VAR_DIR"] = (str, f"/tmp/holdfast-test-{os.getpid()}-{os.urandom(4).hex()}")  # noqa: S108
else:
    environ.Env.read_env(BASE_DIR / ".env")

APP_ENV = env("APP_ENV").lower()
IS_PRODUCTION = APP_ENV in ("production", "staging")

# What anymail's manual asks for, e.g. ANYMAIL_SENDGRID_API_KEY, as the provider's page names it.
ANYMAIL_VARIABLES = {
    name.removeprefix("ANYMAIL_").removesuffix("_FILE"): env.str(name.removesuffix("_FILE")).strip()
    for name in os.environ
    if name.startswith("ANYMAIL_") and not TESTING
}
