"""What production does not start without. Read before any other setting.

All problems are told at once, each by the name of its variable and never with its value.
"""

import re
from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from config.settings.env import APP_ENV, BASE_DIR, IS_PRODUCTION, env
from core.encryption import parse_keys
from core.proxies import networks
from core.secrets import SHORTEST, weakness_of

ENVIRONMENTS = ("development", "test", "staging", "production")
DJANGOS_SHORTEST = 50  # of SECRET_KEY: `check --deploy` wants it too
WELL_KNOWN_PASSWORDS = {"", "password", "postgres", "changeme", "secret", "admin", "root"}
RINGS = ("ENCRYPTION_KEY", "LINK_KEY")  # the first key writes, all of them read
JWT_SECRETS = ("JWT_ACCESS_SECRET", "JWT_REFRESH_SECRET")
DIGEST = re.compile(r"[0-9a-fA-F]{64}")


def _problems() -> Iterator[str]:
    if APP_ENV not in ENVIRONMENTS:
        # A misspelt production must not start with development's open doors.
        yield f"APP_ENV is none of {', '.join(ENVIRONMENTS)}."
    if any(not DIGEST.fullmatch(digest) for digest in env("API_KEY_HASHES")):
        yield "API_KEY_HASHES holds something that is no SHA-256 of 64 hexadecimal digits."
    if not env("API_KEY").isascii() or " " in env("API_KEY"):
        yield "API_KEY holds something that no header can carry: use letters and digits."
    if not 0 <= env("CHECKUP_HOUR") <= 23:
        yield "CHECKUP_HOUR is an hour from 0 to 23."
    if min(env("ACCESS_TOKEN_TTL"), env("REFRESH_TOKEN_TTL")) < 1:
        yield "ACCESS_TOKEN_TTL and REFRESH_TOKEN_TTL are at least 1s."
    if IS_PRODUCTION:
        yield from _weak_secrets()
        yield from _unset_places()
    else:
        for name in JWT_SECRETS:
            if 0 < len(env(name)) < SHORTEST:
                yield f"{name} is shorter than {SHORTEST} characters."


def _weak_secrets() -> Iterator[str]:
    examples = _examples()
    required = ["SECRET_KEY", *RINGS, "ENCRYPTION_INDEX_KEY", *JWT_SECRETS]
    optional = [name for name in ("API_KEY", "METRICS_TOKEN") if env(name)]
    seen: dict[str, str] = {}
    for name in required + optional:
        shortest = DJANGOS_SHORTEST if name == "SECRET_KEY" else 32
        weakness = ""
        for secret in _parts(name):
            weakness = weakness or weakness_of(secret, shortest=shortest, examples=examples)
            if secret in seen:
                weakness = weakness or f"is the same as {seen[secret]}: each needs its own"
            seen.setdefault(secret, name)
        if weakness:
            yield f"{name} {weakness}."
        elif name in RINGS or name == "ENCRYPTION_INDEX_KEY":
            yield from _unusable_keys(name)


def _parts(name: str) -> list[str]:
    """Return the keys of a ring, each; a raw key that contains a comma stands alone."""
    value = env(name)
    is_ring = name in RINGS and len(value) > 32
    return [part.strip() for part in value.split(",")] if is_ring else [value]


def _unusable_keys(name: str) -> Iterator[str]:
    try:
        keys = parse_keys(env(name), variable=name)
    except ImproperlyConfigured as error:
        yield str(error)
    else:
        if name == "ENCRYPTION_INDEX_KEY" and len(keys) != 1:
            yield f"{name} is one key: an index has no second."


def _unset_places() -> Iterator[str]:
    if env("DEBUG"):
        yield "DEBUG shows settings and personal data to whoever meets an error: leave it off."
    yield from _unsafe_server("DATABASE_URL", ("postgres", "postgresql"))
    yield from _unsafe_server("REDIS_URL", ("redis", "rediss", "unix"))
    if not env("ALLOWED_HOSTS"):
        yield "ALLOWED_HOSTS is not set: name each host that this installation answers to."
    elif "*" in env("ALLOWED_HOSTS"):
        yield "ALLOWED_HOSTS answers to every name: name each host."
    base = urlsplit(env("PUBLIC_BASE_URL"))
    if not env("PUBLIC_BASE_URL"):
        yield "PUBLIC_BASE_URL is not set."
    elif base.scheme != "https" or not base.hostname:
        yield "PUBLIC_BASE_URL does not begin with https:// and a name."
    if env("EMAIL_PROVIDER").lower() == "smtp" and not env("SMTP_HOST"):
        yield "SMTP_HOST is not set: no mail would leave."
    if "@" not in (env("MAIL_FROM") or env("SMTP_USER")):
        yield "MAIL_FROM is not set: it is the address that mails come from."
    if any(network.prefixlen == 0 for network in networks(env("TRUSTED_PROXIES"))):
        yield "TRUSTED_PROXIES trusts everybody: name the networks of your own proxies."
    name = "OUTBOUND_ALLOWED_NETWORKS"
    if any(not network.prefixlen for network in networks(env(name), variable=name)):
        yield "OUTBOUND_ALLOWED_NETWORKS allows everything: name networks of your own."


def _unsafe_server(name: str, schemes: tuple[str, ...]) -> Iterator[str]:
    url = urlsplit(env(name))
    if not env(name):
        yield f"{name} is not set."
    elif url.scheme not in schemes:
        yield f"{name} does not begin with {schemes[0]}://."
    elif url.password is not None:
        password = unquote(url.password)
        if password.lower() in WELL_KNOWN_PASSWORDS or password == unquote(url.username or ""):
            yield f"{name} has a password that everybody knows."


def _examples() -> set[str]:
    """Return the values of .env.example, where it is at hand: nobody's secret is one of them."""
    file = BASE_DIR / ".env.example"
    lines = file.read_text().splitlines() if file.exists() else []
    values = (line.partition("=")[2].strip().strip("'\"") for line in lines)
    return {value for value in values if value}


if problems := list(_problems()):
    raise ImproperlyConfigured("Holdfast does not start:\n- " + "\n- ".join(problems))
