"""How mail leaves the house: SMTP, or a provider's API through anymail."""

from config.settings.env import env

EMAIL_BACKEND = env("EMAIL_BACKEND")
EMAIL_HOST = env("SMTP_HOST") or "localhost"
EMAIL_PORT = env("SMTP_PORT")
EMAIL_HOST_USER = env("SMTP_USER")
EMAIL_HOST_PASSWORD = env("SMTP_PASSWORD")
EMAIL_USE_TLS = env("SMTP_SECURITY") == "starttls"
EMAIL_USE_SSL = env("SMTP_SECURITY") == "tls"
EMAIL_TIMEOUT = 15  # seconds
DEFAULT_FROM_EMAIL = env("MAIL_FROM") or env("SMTP_USER") or "bookings@localhost"
ADMIN_EMAIL = env("ADMIN_EMAIL")
