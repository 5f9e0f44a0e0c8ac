"""The staff's console: django-unfold's looks, and the languages that people read here.

What depends on who is looking (menu, name, color) is in config.menu.
"""

from django.templatetags.static import static

from config.settings.env import APP_ENV, IS_PRODUCTION

LANGUAGES = [("en", "English"), ("de", "Deutsch")]

# A word and a color in the header, so that nobody cancels real bookings while trying out.
ENVIRONMENT_LABEL = (
    None
    if APP_ENV == "production"
    else (APP_ENV.capitalize(), "warning" if IS_PRODUCTION else "info")
)

UNFOLD = {
    "SITE_TITLE": "Holdfast",
    "SITE_HEADER": "config.menu.site_header",
    "SITE_SUBHEADER": "config.menu.site_subheader",
    "SITE_ICON": "config.menu.site_icon",
    "SITE_SYMBOL": "event_available",
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("console/icon.svg")}
    ],
    "SITE_URL": None,
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "BORDER_RADIUS": "6px",
    "ENVIRONMENT": "config.menu.environment",
    "STYLES": ["config.menu.colors", lambda request: static("console/console.css")],
    "SCRIPTS": [lambda request: static("console/console.js")],
    "ACCOUNT": {"navigation": "config.menu.account"},
    "COMMAND": {"search_models": False, "show_history": False},
    "SIDEBAR": {
        "show_search": False,
        "show_all_applications": False,
        "navigation": "config.menu.navigation",
    },
}

__all__ = ["ENVIRONMENT_LABEL", "LANGUAGES", "UNFOLD"]
