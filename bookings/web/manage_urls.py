"""Customers' own bookings, below /manage/. An address may end with a slash or not."""

from django.urls import re_path

from bookings.web.manage import booking_page, calendar_page, cancel_page
from bookings.web.manage_move import move_page

app_name = "manage"
BOOKING = r"^(?P<token>[^/]+)"

urlpatterns = [
    re_path(BOOKING + r"/?$", booking_page, name="booking"),
    re_path(BOOKING + r"/move/?$", move_page, name="move"),
    re_path(BOOKING + r"/cancel/?$", cancel_page, name="cancel"),
    re_path(BOOKING + r"/calendar\.ics$", calendar_page, name="calendar"),
]
