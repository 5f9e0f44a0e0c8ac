"""Every environment variable that Holdfast reads: its name, its type, its default.

Nothing else reads os.environ. A secret NAME may also be given as NAME_FILE, the path of a
file that holds it. The seeds' other names for a thing are its aliases (ALIASES below).
"""

import os
from pathlib import Path

import environ

BASE_DIR = Path(__file__).resolve().parent.parent.parent

env = environ.FileAwareEnv(
    # where and what
    APP_ENV=(str, "development"),  # development | test | staging | production
    DEBUG=(bool, False),
    HOST=(str, ""),  # where the web process listens; empty: this machine, in production any
    PORT=(int, 8000),
    DRAIN_SECONDS=(float, 5.0),  # told to stop, health is 503 for so long before the doors close
    PUBLIC_BASE_URL=(str, ""),
    FRONTEND_URL=(str, ""),
    ALLOWED_HOSTS=(list, []),
    VAR_DIR=(str, str(BASE_DIR / "var")),
    # secrets
    SECRET_KEY=(str, ""),
    ENCRYPTION_KEY=(str, ""),
    ENCRYPTION_INDEX_KEY=(str, ""),
    API_KEY=(str, ""),
    API_KEY_HASHES=(list, []),
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
    TRUSTED_PROXIES=(list, []),
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
    ALLOWED_ORIGINS=(list, []),
)

ALIASES = {
    "APP_ENV": ["NODE_ENV"],
    "PUBLIC_BASE_URL": ["API_BASE_URL"],
    "DATABASE_POOL_SIZE": ["DB_POOL_MAX"],
    "ADMIN_EMAIL": ["YOUR_EMAIL"],
    "ALLOWED_ORIGINS": ["CORS_ORIGINS"],
}

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
for name, others in ALIASES.items():
    for other in others:
        if name not in os.environ and other in os.environ:
            os.environ[name] = os.environ[other]

APP_ENV = env("APP_ENV").lower()
IS_PRODUCTION = APP_ENV in ("production", "staging")

# What anymail's manual asks for, e.g. ANYMAIL_SENDGRID_API_KEY, as the provider's page names it.
ANYMAIL_VARIABLES = {
    name.removeprefix("ANYMAIL_").removesuffix("_FILE"): env.str(name.removesuffix("_FILE")).strip()
    for name in os.environ
    if name.startswith("ANYMAIL_") and not TESTING
}
