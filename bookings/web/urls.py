"""The booking page, below /book/. An address may end with a slash or not."""

from django.urls import re_path

from bookings.web.book import organization_page, service_page
from bookings.web.booked import booked_page, calendar_page
from bookings.web.booking import details_page
from bookings.web.joining import wait_page
from bookings.web.place import place_page

app_name = "book"
WHOSE = r"^(?P<organization>[-\w]+)"
SERVICE = WHOSE + r"/(?P<service>[-\w]+)"
ID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
SIGNED = r"[-\w.:]+"  # as django.core.signing writes it

urlpatterns = [
    re_path(WHOSE + r"/?$", organization_page, name="organization"),
    re_path(SERVICE + r"/?$", service_page, name="service"),
    re_path(SERVICE + r"/wait/?$", wait_page, name="wait"),
    re_path(SERVICE + rf"/sessions/(?P<session>{ID})/?$", place_page, name="place"),
    re_path(SERVICE + rf"/details/(?P<draft>{SIGNED})$", details_page, name="details"),
    re_path(WHOSE + rf"/booked/(?P<token>{SIGNED})$", booked_page, name="booked"),
    re_path(WHOSE + rf"/booked/(?P<token>{SIGNED})/calendar\.ics$", calendar_page, name="calendar"),
]
