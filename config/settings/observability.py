"""Log lines, metrics, deadlines, and the optional reporting of errors to Sentry."""

import socket

from django.core.exceptions import ImproperlyConfigured

from config.settings.base import VAR_DIR
from config.settings.env import APP_ENV, env
from core.observability.logs import logging_config

if env("LOG_FORMAT") not in ("", "json", "pretty"):
    raise ImproperlyConfigured("LOG_FORMAT is `json`, `pretty` or empty.")
try:
    LOGGING = logging_config(
        level=env("LOG_LEVEL"),
        pretty=(env("LOG_FORMAT") or ("pretty" if APP_ENV == "development" else "json"))
        == "pretty",
        path=env("LOG_FILE_PATH"),
        max_mib=env("LOG_FILE_MAX_MIB"),
        keep=env("LOG_FILE_KEEP"),
    )
except ValueError as error:
    raise ImproperlyConfigured(str(error)) from error

REQUEST_TIMEOUT_SECONDS = 30

# One folder per machine or container, because a process is known in it by its number.
METRICS_DIR = VAR_DIR / "metrics" / socket.gethostname()
METRICS_TOKEN = env("METRICS_TOKEN")
# For worker and clock, which have no door of their own: their /metrics and /health/lb.
METRICS_PORT = env("METRICS_PORT")
SENTRY_DSN = env("SENTRY_DSN")
SENTRY_ENVIRONMENT = APP_ENV
