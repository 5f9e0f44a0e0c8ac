"""Secrets, who may reach us and how, and what a browser may do with our pages."""

import hashlib
import math
from urllib.parse import urlsplit

from csp import constants as csp
from django.core.exceptions import ImproperlyConfigured

from config.settings import embedded
from config.settings.base import VAR_DIR
from config.settings.env import IS_PRODUCTION, env
from core.proxies import networks


def _secret(name: str) -> str:
    return env(name) or embedded.secret(name, VAR_DIR, production=IS_PRODUCTION)


# --- secrets ---------------------------------------------------------------------------

SECRET_KEY = _secret("SECRET_KEY")
ENCRYPTION_KEY = _secret("ENCRYPTION_KEY")
ENCRYPTION_INDEX_KEY = _secret("ENCRYPTION_INDEX_KEY")
LINK_KEY = _secret("LINK_KEY")
JWT_ACCESS_SECRET = _secret("JWT_ACCESS_SECRET")
JWT_REFRESH_SECRET = _secret("JWT_REFRESH_SECRET")
ACCESS_TOKEN_TTL_SECONDS = env("ACCESS_TOKEN_TTL")
REFRESH_TOKEN_TTL_SECONDS = env("REFRESH_TOKEN_TTL")
MANAGE_LINK_DAYS_AFTER_END = env("MANAGE_LINK_DAYS_AFTER_END")  # then it leads nowhere
# The one-time link to everything of a customer's own, and how long it lets them in.
CUSTOMER_LINK_MINUTES = env("CUSTOMER_LINK_MINUTES")
CUSTOMER_VISIT_HOURS = env("CUSTOMER_VISIT_HOURS")

# Secret keys of the oldest organization that need no row: the way in on the first day.
BOOTSTRAP_KEY_DIGESTS = frozenset(bytes.fromhex(text) for text in env("API_KEY_HASHES"))
if env("API_KEY"):
    BOOTSTRAP_KEY_DIGESTS |= {hashlib.sha256(env("API_KEY").encode()).digest()}

# --- where we are reached --------------------------------------------------------------

PUBLIC_BASE_URL = env("PUBLIC_BASE_URL").rstrip("/") or f"http://localhost:{env('PORT')}"
# Development answers to this machine's own names: a website that points its name at
# 127.0.0.1 finds nobody here.
ALLOWED_HOSTS = env("ALLOWED_HOSTS") or ["localhost", "127.0.0.1", "[::1]"]
TRUSTED_PROXIES = networks(env("TRUSTED_PROXIES"))
# Where else than in the internet an address that somebody types may lead: core.outbound.
OUTBOUND_ALLOWED_NETWORKS = networks(
    env("OUTBOUND_ALLOWED_NETWORKS"), variable="OUTBOUND_ALLOWED_NETWORKS"
)
CSRF_FAILURE_VIEW = "core.web.trouble.refused_without_token"
CSRF_TRUSTED_ORIGINS = ["{0.scheme}://{0.netloc}".format(urlsplit(PUBLIC_BASE_URL))]

HTTPS_ONLY: bool = IS_PRODUCTION
SECURE_SSL_REDIRECT = HTTPS_ONLY
# The API refuses plain HTTP itself: a redirect would lose a POST's body, and hide that the
# key was sent in clear. (Load balancers ask core.health.middleware, further out.)
SECURE_REDIRECT_EXEMPT = [r"^api/"]
if TRUSTED_PROXIES:  # anybody else's header is dropped by core.proxies
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS_ONLY else 0
# Whether subdomains speak HTTPS, and whether browsers are told in advance, is for the owner
# of the domain to say, not for one program on one of its hosts.
SECURE_HSTS_INCLUDE_SUBDOMAINS = False
SECURE_HSTS_PRELOAD = False
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS_ONLY
SESSION_COOKIE_HTTPONLY = True
if HTTPS_ONLY:  # what a browser takes from this host over HTTPS alone: no sibling can set them
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-session", "__Host-csrf"
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 14 * 24 * 3600  # seconds
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
# What no page of ours asks a browser for, and nothing that got into one shall.
PERMISSIONS_POLICY = ", ".join(
    f"{feature}=()"
    for feature in ("camera", "display-capture", "geolocation", "microphone", "payment", "usb")
)
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]

# --- rate limits -----------------------------------------------------------------------

RATE_LIMIT_MAX_REQUESTS = env("RATE_LIMIT_MAX_REQUESTS")
# django-ratelimit counts in whole seconds.
RATE_LIMIT_WINDOW_SECONDS = math.ceil(env("RATE_LIMIT_WINDOW_MS") / 1000)
if RATE_LIMIT_MAX_REQUESTS < 1 or RATE_LIMIT_WINDOW_SECONDS < 1:
    raise ImproperlyConfigured("RATE_LIMIT_MAX_REQUESTS and RATE_LIMIT_WINDOW_MS are at least 1.")
# The booking page, which anybody may use without a key.
PAGE_BOOKINGS_AHEAD_PER_EMAIL = env("PAGE_BOOKINGS_AHEAD_PER_EMAIL")
WAITLIST_OFFER_MINUTES = env("WAITLIST_OFFER_MINUTES")  # then the next in line is asked
PAGE_BOOKINGS_PER_HOUR = env("PAGE_BOOKINGS_PER_HOUR")
PAGE_HOLDS_PER_HOUR = env("PAGE_HOLDS_PER_HOUR")
RATELIMIT_FAIL_OPEN = True
RATELIMIT_IPV6_MASK = 64  # what one household or machine has

# --- other websites' browsers: CORS ----------------------------------------------------

FRONTEND_URL = env("FRONTEND_URL").rstrip("/")
_DEVELOPMENT_ORIGINS = [] if IS_PRODUCTION else ["http://localhost:5173"]
CORS_ALLOWED_ORIGINS = [
    origin.rstrip("/")
    for origin in env("ALLOWED_ORIGINS") or [FRONTEND_URL, *_DEVELOPMENT_ORIGINS]
    if origin
]
if "*" in CORS_ALLOWED_ORIGINS:
    raise ImproperlyConfigured("ALLOWED_ORIGINS names each origin: answers carry credentials.")
CORS_URLS_REGEX = r"^/api/"
CORS_ALLOW_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
CORS_ALLOW_CREDENTIALS = True
CORS_PREFLIGHT_MAX_AGE = 86_400  # seconds
CORS_ALLOW_HEADERS = [
    "Content-Type",
    "Authorization",
    "X-API-Key",
    "X-Organization",
    "X-Request-ID",
    "Idempotency-Key",
    "If-Match",
    "If-None-Match",
]
CORS_EXPOSE_HEADERS = [
    "API-Version",
    "ETag",
    "Retry-After",
    "X-Request-ID",
    "Idempotency-Replayed",
    "X-RateLimit-Limit",
    "X-RateLimit-Remaining",
    "X-RateLimit-Reset",
]

# --- what our own pages may load: CSP --------------------------------------------------

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [csp.NONE],
        "script-src": [csp.SELF],
        "style-src": [csp.SELF],
        "img-src": [csp.SELF, "data:"],
        "font-src": [csp.SELF],
        "connect-src": [csp.SELF],
        "manifest-src": [csp.SELF],
        "form-action": [csp.SELF],
        "frame-ancestors": [csp.NONE],
        "base-uri": [csp.NONE],
    }
}
# Each exception by the path it begins with, and why. A test takes each away and sees what breaks.
CONTENT_SECURITY_POLICY_EXCEPTIONS: dict[str, dict[str, list[str]]] = {
    "/admin/": {
        # unfold's Alpine.js evaluates the expressions in its templates' attributes.
        "script-src": [csp.UNSAFE_EVAL],
        # unfold's bars and lists, and our calendar, say sizes in style attributes. Inline scripts
        # and whole inline stylesheets stay out.
        "style-src-attr": [csp.UNSAFE_INLINE],
    },
    # A mail is shown with its own stylesheet, in a frame in which nothing runs.
    "/admin/notifications/delivery/": {"style-src-elem": [csp.SELF, csp.UNSAFE_INLINE]},
}
