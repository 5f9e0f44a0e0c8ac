"""Django itself."""

from pathlib import Path

from config.settings import embedded
from config.settings.database import connection_settings
from config.settings.env import BASE_DIR, IS_PRODUCTION, env

DEBUG = env("DEBUG")
VAR_DIR = Path(env("VAR_DIR"))
DEMO_ALLOWED = not IS_PRODUCTION

INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "config.console.ConsoleConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "import_export",
    "corsheaders",
    "anymail",
    "core",
    "bookings",
    "notifications",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

DATABASE_URL = env("DATABASE_URL") or embedded.database_url(VAR_DIR, production=IS_PRODUCTION)
REDIS_URL = env("REDIS_URL") or embedded.redis_url(VAR_DIR, production=IS_PRODUCTION)
DATABASES = {"default": connection_settings(DATABASE_URL)}

AUTH_USER_MODEL = "core.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = True
LANGUAGE_CODE = "en"
LOCALE_PATHS = [BASE_DIR / "locale"]
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
APPEND_SLASH = True
MIB = 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = MIB  # a body beyond it is a 413
DATA_UPLOAD_MAX_NUMBER_FILES = 5
# Where pictures are sent a body may be larger: 5 MB are taken, and a form says so itself.
MOST_BYTES_BELOW = {"/api/": 6 * MIB, "/admin/": 16 * MIB}
