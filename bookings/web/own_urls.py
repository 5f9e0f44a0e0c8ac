"""What customers see of their own, below /my/. An address may end with a slash or not."""

from django.urls import re_path

from bookings.web.own import consents_page, my_page, out_page
from bookings.web.own_link import open_page

app_name = "own"
WHOSE = r"^(?P<slug>[-\w]+)"

urlpatterns = [
    re_path(WHOSE + r"/?$", my_page, name="own"),
    re_path(WHOSE + r"/out/?$", out_page, name="out"),
    re_path(WHOSE + r"/consents/?$", consents_page, name="consents"),
    re_path(r"^open/(?P<token>[^/]+)/?$", open_page, name="open"),
]
