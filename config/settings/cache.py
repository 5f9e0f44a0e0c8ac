"""The cache that all processes share. Without Redis every read misses and no request fails."""

from config.settings.base import REDIS_URL

CACHES = {
    "default": {
        "BACKEND": "core.cache.SharedCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "holdfast",
        "TIMEOUT": 300,  # seconds
    }
}
