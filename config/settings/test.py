"""What a test run changes, and nothing else.

Importing this has no effect outside the process, so the type checker may do it too. Every
process that tests has a PostgreSQL and a Redis of its own, under names chosen here and
started by `tests/servers.py` when the first test needs them. Environment variables and .env
are ignored (config/settings/env.py), so that a test means the same on every machine.
"""

from config.settings import *  # noqa: F403
from config.settings import embedded

SERVERS = embedded.servers(VAR_DIR)  # noqa: F405
DATABASES["default"]["CONN_MAX_AGE"] = 0  # noqa: F405
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # the real one takes 50 ms
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
CELERY_TASK_ALWAYS_EAGER = True
CELERY_TASK_EAGER_PROPAGATES = True
