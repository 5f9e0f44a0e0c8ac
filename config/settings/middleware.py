"""What every request passes through, from the outside in. The order matters."""

MIDDLEWARE = [
    # From here on REMOTE_ADDR is the client, and what only a proxy may say was said by one.
    "core.proxies.TrustedProxies",
    "core.observability.middleware.RequestLog",
    "core.health.middleware.MachineDoors",
    "django.middleware.security.SecurityMiddleware",
    "core.api.security.ContentSecurityPolicy",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    # Outside of whatever may refuse, so that a browser can read the refusal.
    "corsheaders.middleware.CorsMiddleware",
    "core.api.throttling.RateLimit",
    "core.api.paths.ApiPaths",
    "core.body_size.BodySize",
    "core.api.security.HttpsOnly",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    # Whose session was ended from elsewhere is signed out before anything is shown.
    "core.admin.signing_in.LiveSession",
    "django.contrib.messages.middleware.MessageMiddleware",
    # The console's pages stand on the organization's clock, in the reader's language.
    "core.admin.context.ConsoleContext",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
