"""Every door that speaks HTTP."""

from django.contrib import admin
from django.urls import include, path, re_path

from bookings.web.feeds import feed
from bookings.web.photos import photo
from bookings.web.waiting import waitlist_page
from config.settings.env import IS_PRODUCTION
from core.web.accent import accent, console_colors
from core.web.home import home
from core.web.invitation import invitation_page
from core.web.logo import logo
from core.web.password import forgotten_page, reset_page

handler400 = "core.web.trouble.malformed"
handler403 = "core.web.trouble.refused"
handler404 = "core.web.trouble.nothing_here"
handler500 = "core.web.trouble.broken"

urlpatterns = [
    path("", home, name="home"),
    path("", include("core.health.urls")),
    # /api/… and /api/v1/… are one and the same, so this is one pattern.
    re_path(r"^api/(?:v1/)?", include("config.api_urls")),
    path("admin/", admin.site.urls),
    path("book/", include("bookings.web.urls")),
    path("manage/", include("bookings.web.manage_urls")),
    path("my/", include("bookings.web.own_urls")),
    re_path(r"^waitlist/(?P<token>[^/]+)/?$", waitlist_page, name="waitlist"),
    path("invitation/<str:token>", invitation_page, name="invitation"),
    path("password/forgotten", forgotten_page, name="password-forgotten"),
    path("password/reset/<str:token>", reset_page, name="password-reset"),
    path("photos/<uuid:pk>", photo, name="photo"),
    path("logos/<uuid:pk>", logo, name="logo"),
    path("feeds/<str:token>.ics", feed, name="feed"),
    re_path(r"^public/accent/(?P<color>[0-9a-fA-F]{6})\.css$", accent, name="accent"),
    re_path(
        r"^public/console/(?P<color>[0-9a-fA-F]{6})\.css$", console_colors, name="console-colors"
    ),
]

if not IS_PRODUCTION:
    urlpatterns.append(path("mailbox/", include("core.mailbox.urls")))
