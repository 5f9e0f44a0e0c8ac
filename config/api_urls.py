"""The API, below /api and /api/v1. A path may end with a slash or not: core.api.paths."""

from django.urls import include, path, re_path
from rest_framework.routers import SimpleRouter

from bookings.api.availability import AvailabilityViewSet
from bookings.api.booking import BookingViewSet
from bookings.api.bundle import BundleViewSet
from bookings.api.consent import ConsentViewSet
from bookings.api.course import CourseViewSet
from bookings.api.customer import CustomerViewSet
from bookings.api.customer_link import CustomerLinkViewSet
from bookings.api.date_override import DateOverrideViewSet
from bookings.api.defaults import BookingDefaultsViewSet
from bookings.api.feed import CustomerFeedViewSet, ResourceFeedViewSet
from bookings.api.group_session import GroupSessionViewSet
from bookings.api.group_session_template import GroupSessionTemplateViewSet
from bookings.api.hold import HoldViewSet
from bookings.api.manage import ManageViewSet
from bookings.api.privacy import CustomerPrivacyViewSet
from bookings.api.product import ProductViewSet
from bookings.api.resource import ResourceViewSet
from bookings.api.resource_type import ResourceTypeViewSet
from bookings.api.schedule import ScheduleViewSet
from bookings.api.series import SeriesViewSet
from bookings.api.service import ServiceViewSet
from bookings.api.time_off import TimeOffViewSet
from bookings.api.waitlist import WaitlistViewSet
from bookings.api.waitlist_offer import WaitlistOfferViewSet
from core.api.api_key import ApiKeyViewSet
from core.api.documents import document, document_page
from core.api.event import EventViewSet
from core.api.invitation import AcceptInvitationViewSet, InvitationViewSet
from core.api.member import MemberViewSet
from core.api.organization import OrganizationViewSet
from core.health import urls as health
from notifications.api.reminder_rule import ReminderRuleViewSet

router = SimpleRouter(trailing_slash=False)
router.register("bookings", BookingViewSet, basename="booking")
router.register("consents", ConsentViewSet, basename="consent")
router.register("courses", CourseViewSet, basename="course")
router.register("bundles", BundleViewSet, basename="bundle")
router.register("customers", CustomerViewSet, basename="customer")
router.register("availability", AvailabilityViewSet, basename="availability")
router.register("services", ServiceViewSet, basename="service")
router.register("resources", ResourceViewSet, basename="resource")
router.register("resource-types", ResourceTypeViewSet, basename="resource-type")
router.register("series", SeriesViewSet, basename="series")
router.register("schedules", ScheduleViewSet, basename="schedule")
router.register("date-overrides", DateOverrideViewSet, basename="date-override")
router.register("time-off", TimeOffViewSet, basename="time-off")
router.register("holds", HoldViewSet, basename="hold")
router.register("manage", ManageViewSet, basename="manage")
router.register("waitlist", WaitlistViewSet, basename="waitlist")
router.register("group-sessions", GroupSessionViewSet, basename="group-session")
router.register(
    "group-session-templates", GroupSessionTemplateViewSet, basename="group-session-template"
)
router.register("members", MemberViewSet, basename="member")
router.register("invitations", InvitationViewSet, basename="invitation")
router.register("events", EventViewSet, basename="event")
router.register("reminder-rules", ReminderRuleViewSet, basename="reminder-rule")
router.register("api-keys", ApiKeyViewSet, basename="api-key")

urlpatterns = [
    path("", include(router.urls)),
    re_path(
        r"^courses/(?P<pk>[^/]+)/products$",
        ProductViewSet.as_view({"get": "of_course", "post": "create"}),
    ),
    re_path(
        r"^products/(?P<pk>[^/]+)$",
        ProductViewSet.as_view({"get": "retrieve", "patch": "partial_update"}),
    ),
    re_path(
        r"^bundles/courses/(?P<pk>[^/]+)/purchase$", BundleViewSet.as_view({"post": "purchase"})
    ),
    re_path(r"^bundles/students/(?P<pk>[^/]+)$", BundleViewSet.as_view({"get": "of_student"})),
    re_path(
        r"^bundles/students/(?P<pk>[^/]+)/courses/(?P<courseId>[^/]+)/active$",
        BundleViewSet.as_view({"get": "active"}),
    ),
    re_path(r"^resources/(?P<pk>[^/]+)/feed$", ResourceFeedViewSet.at_one_address()),
    re_path(r"^customers/(?P<pk>[^/]+)/feed$", CustomerFeedViewSet.at_one_address()),
    re_path(r"^customers/(?P<pk>[^/]+)/link$", CustomerLinkViewSet.as_view({"post": "create"})),
    re_path(r"^customers/(?P<pk>[^/]+)/export$", CustomerPrivacyViewSet.as_view({"get": "export"})),
    re_path(r"^invitations/(?P<token>[^/]+)/accept$", AcceptInvitationViewSet.at_one_address()),
    re_path(r"^customers/(?P<pk>[^/]+)/erase$", CustomerPrivacyViewSet.as_view({"post": "erase"})),
    re_path(r"^waitlist/offers/(?P<token>[^/]+)$", WaitlistOfferViewSet.at_one_address()),
    path("organization", OrganizationViewSet.of_settings()),
    path("organization/booking-defaults", BookingDefaultsViewSet.at_one_address()),
    path("organization/logo", OrganizationViewSet.of_logo()),
    path("auth/", include("core.api.auth_urls")),
    path("", include("notifications.api.urls")),
    path("docs", document, name="document"),
    path("docs/ui", document_page, name="document-page"),
    *health.api_urlpatterns,
]
