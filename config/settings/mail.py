"""How mail leaves the house: by SMTP, or by the API of a provider that anymail knows.

`EMAIL_PROVIDER=sendgrid` with `ANYMAIL_SENDGRID_API_KEY=…` is all it takes: every variable
that begins with ANYMAIL_ is the setting of that name in anymail's manual, and the provider is
the name of its page there.
"""

from django.core.exceptions import ImproperlyConfigured

from config.settings.env import ANYMAIL_VARIABLES, env

# What reports back where: POST /api/webhooks/mail/<provider>, see notifications/README.md.
MAIL_PROVIDERS = (
    "smtp",
    "amazon_ses",
    "brevo",
    "mailersend",
    "mailgun",
    "mailjet",
    "mailtrap",
    "mandrill",
    "postal",
    "postmark",
    "resend",
    "scaleway",
    "sendgrid",
    "sparkpost",
    "unisender_go",
)

EMAIL_PROVIDER = env("EMAIL_PROVIDER").lower()
if EMAIL_PROVIDER not in MAIL_PROVIDERS:
    raise ImproperlyConfigured(f"EMAIL_PROVIDER is none of {', '.join(MAIL_PROVIDERS)}.")
if EMAIL_PROVIDER == "smtp":
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
else:
    EMAIL_BACKEND = f"anymail.backends.{EMAIL_PROVIDER}.EmailBackend"

EMAIL_HOST = env("SMTP_HOST") or "localhost"
EMAIL_PORT = env("SMTP_PORT")
EMAIL_HOST_USER = env("SMTP_USER")
EMAIL_HOST_PASSWORD = env("SMTP_PASSWORD")
# 465 is the port of SMTP that begins with TLS.
_security = env("SMTP_SECURITY").lower() or ("tls" if EMAIL_PORT == 465 else "starttls")
if _security not in ("starttls", "tls", "none"):
    raise ImproperlyConfigured("SMTP_SECURITY is none of starttls, tls, none.")
EMAIL_USE_TLS = _security == "starttls"
EMAIL_USE_SSL = _security == "tls"
# Of one step of the conversation. A delivery's lease is counted from it: notifications.services.
EMAIL_TIMEOUT = 10

ANYMAIL = {
    "REQUESTS_TIMEOUT": EMAIL_TIMEOUT,
    # We mark mails for the reports about them, which not every provider can: the reports
    # are then matched by the provider's own id, and the mail matters more than the mark.
    "IGNORE_UNSUPPORTED_FEATURES": True,
    **ANYMAIL_VARIABLES,
    # Always asked for. Without it the address for reports answers 404.
    "WEBHOOK_SECRET": env("MAIL_WEBHOOK_SECRET"),
}
MAIL_WEBHOOK_SECRET = env("MAIL_WEBHOOK_SECRET")
if MAIL_WEBHOOK_SECRET and (":" not in MAIL_WEBHOOK_SECRET or len(MAIL_WEBHOOK_SECRET) < 24):
    raise ImproperlyConfigured("MAIL_WEBHOOK_SECRET is not `name:password` of 24 or more letters.")

DEFAULT_FROM_EMAIL = env("MAIL_FROM") or env("SMTP_USER") or "bookings@localhost"
SERVER_EMAIL = DEFAULT_FROM_EMAIL
# Told about new bookings of organizations without an admin address of their own.
ADMIN_EMAIL = env("ADMIN_EMAIL")
