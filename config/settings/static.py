"""Stylesheets, scripts and pictures, served by the web process itself."""

from whitenoise.compress import Compressor

from config.settings.env import BASE_DIR, IS_PRODUCTION

STATICFILES_DIRS = [BASE_DIR / "static"]

# Production serves what `collectstatic` has gathered, compressed and under names that change
# with the content, so browsers keep it for good. Development finds files where they lie.
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = not IS_PRODUCTION
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
# Debuggers ask for source maps, browsers do not: compressing them took most of the time.
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = [*Compressor.SKIP_COMPRESS_EXTENSIONS, "map"]
_STATIC = (
    "whitenoise.storage.CompressedManifestStaticFilesStorage"
    if IS_PRODUCTION
    else "django.contrib.staticfiles.storage.StaticFilesStorage"
)
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": _STATIC},
}
