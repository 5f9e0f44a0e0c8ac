"""The console's frame, as each person sees it: its menu, its name, its color.

django-unfold asks for these by their names in config.settings.console.
"""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from bookings.selectors.courses import has_courses
from core.admin.context import desk_of

PRODUCT = "Holdfast"
PRODUCT_COLOR = "#0f766e"
OF_COURSES = {
    "bookings_groupsession_changelist",
    "bookings_groupsessiontemplate_changelist",
    "bookings_bundlepurchase_changelist",
    "credits",
}


def site_header(request: HttpRequest) -> str:
    """Name the organization that is worked in: the first thing to be sure of."""
    organization = desk_of(request).organization
    return organization.name if organization else PRODUCT


def site_subheader(request: HttpRequest) -> str:
    return PRODUCT if desk_of(request).organization else ""


def site_icon(request: HttpRequest) -> str | None:
    """Return where the organization's logo is; without one the console's symbol is shown."""
    organization = desk_of(request).organization
    return organization.logo_path or None if organization else None


def environment(request: HttpRequest) -> tuple[str, str] | None:
    return settings.ENVIRONMENT_LABEL


def colors(request: HttpRequest) -> str:
    """Return where the stylesheet with the organization's color is."""
    organization = desk_of(request).organization
    color = organization.accent_color if organization else PRODUCT_COLOR
    return reverse("console-colors", args=[color.removeprefix("#")])


def account(request: HttpRequest) -> list[dict[str, Any]]:
    links = [
        {"title": _("Your account"), "link": reverse("admin:account")},
        {"title": _("Change password"), "link": reverse("admin:password_change")},
    ]
    if desk_of(request).has_choice:
        choose = reverse("admin:choose_organization")
        links.insert(0, {"title": _("Change organization"), "link": choose})
    return links


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """Return what this person may open, in the order of how often it is needed.

    What is about courses only stands there where there is one.
    """
    desk = desk_of(request)
    may, organization = desk.may, desk.organization
    is_limited = desk.caller is not None and desk.caller.is_limited
    teaches = organization is not None and has_courses(organization.pk)

    def entry(
        title: str, icon: str, page: str, scope: str = "", key: str = ""
    ) -> dict[str, Any] | None:
        if page in OF_COURSES and not teaches:
            return None
        try:
            link = reverse(f"admin:{page}")
        except NoReverseMatch:
            return None
        shown = {"title": title, "icon": icon, "link": link, "key": key}
        return shown if not scope or may(scope) else None

    groups = [
        (
            "",
            [
                entry(_("Today"), "today", "index"),
                entry(_("Calendar"), "calendar_month", "calendar", "bookings:read", key="c"),
                entry(_("Bookings"), "event", "bookings_booking_changelist", "bookings:read"),
                entry(
                    _("Group sessions"),
                    "groups",
                    "bookings_groupsession_changelist",
                    "bookings:read",
                ),
                entry(
                    _("Waitlist"),
                    "hourglass_empty",
                    "bookings_waitlistentry_changelist",
                    "waitlist:read",
                ),
                entry(_("Customers"), "group", "bookings_customer_changelist", "customers:read"),
                entry(
                    _("Bundles"),
                    "confirmation_number",
                    "bookings_bundlepurchase_changelist",
                    "bundles:read",
                ),
                None
                if is_limited
                else entry(_("Credits"), "request_quote", "credits", "bundles:read"),
                entry(
                    _("Messages"), "mail", "notifications_delivery_changelist", "deliveries:read"
                ),
            ],
        ),
        (
            _("What can be booked"),
            [
                entry(_("Services"), "sell", "bookings_service_changelist", "catalog:read"),
                entry(
                    _("Staff and resources"),
                    "badge",
                    "bookings_resource_changelist",
                    "catalog:read",
                ),
                entry(_("Types"), "category", "bookings_resourcetype_changelist", "catalog:write"),
                entry(
                    _("Weekly sessions"),
                    "event_repeat",
                    "bookings_groupsessiontemplate_changelist",
                    "catalog:read",
                ),
                entry(_("Closed days"), "event_busy", "bookings_closed_days", "schedules:read"),
            ],
        ),
        (
            _("Organization"),
            [
                entry(_("Settings"), "tune", "core_organization_changelist", "organization:write"),
                entry(
                    _("People"), "manage_accounts", "core_membership_changelist", "members:write"
                ),
                entry(_("Consents"), "fact_check", "consents", "organization:write"),
                entry(_("What is kept"), "auto_delete", "retention", "customers:erase"),
                entry(
                    _("Processing record"),
                    "contract",
                    "processing_record",
                    "organization:write",
                ),
                entry(_("API keys"), "key", "core_apikey_changelist", "keys:read"),
                entry(_("Audit trail"), "policy", "core_event_changelist", "events:read"),
                entry(_("Checkup"), "health_and_safety", "checkup", "system:status"),
            ],
        ),
    ]
    shown = [(title, [item for item in items if item]) for title, items in groups]
    home = reverse("admin:index")
    links = [item["link"] for _title, items in shown for item in items]
    here = [
        link
        for link in links
        if request.path == link or (link != home and request.path.startswith(link))
    ]
    current = max(here, key=len, default="")  # of a page below another's, its own entry
    for _title, items in shown:
        for item in items:
            item["active"] = item["link"] == current
    return [
        {"title": title, "separator": bool(title), "items": items}
        for title, items in shown
        if items
    ]
