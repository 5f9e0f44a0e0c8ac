"""What a mail says that is about a customer, and not about a time: a bundle, and their own link."""

from __future__ import annotations

from urllib.parse import quote

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bookings.models import BundlePurchase, Customer, CustomerLink
from bookings.selectors.own_view import link_url, own_url
from core import times
from core.times import zone_of
from notifications.models import Delivery
from notifications.services.facts import Facts
from notifications.services.message import Message
from notifications.services.times import When
from notifications.services.wording import Line, as_text, lines_of_failure, price_of, sessions_left

ADMIN = Delivery.Audience.ADMIN
EXPIRING = "bundle_expiring"


def context_of_bundle(message: Message, bundle: BundlePurchase, facts: Facts) -> dict[str, object]:
    """Return what the templates say about `bundle`, in the active language: what it had when it
    was bought or, when it ends soon, what is left.
    """
    for_customer = message.audience != ADMIN
    zone = bundle.organization.timezone
    sessions = sessions_left(bundle) if message.name == EXPIRING else _sessions_of(bundle)
    with timezone.override(zone_of(zone)):
        valid = _("Valid %(stretch)s, %(zone)s") % {
            "stretch": times.stretch(bundle.valid_from_at, bundle.valid_to_at),
            "zone": zone.replace("_", " "),
        }
        until = times.moment(bundle.valid_to_at)
    lines = [
        *([] if for_customer else _whose(bundle.customer, facts)),
        Line(_("For"), bundle.service.name),
        Line(_("Pays for"), bundle.pays_for),
        Line(_("Price"), price_of(bundle.price_amount, bundle.price_currency)),
    ]
    return {
        "booking": {"name": bundle.customer.name},
        "facts": facts,
        "when": When(
            short=sessions, day=bundle.product.name, hours=sessions, span=sessions, zone=valid
        ),
        "what": _("%(product)s, %(sessions)s of %(service)s")
        % {
            "product": bundle.product.name,
            "sessions": sessions,
            "service": bundle.service.name,
        },
        "lines": lines,
        "lines_as_text": as_text(lines),
        "until": until,
        "console_url": "" if for_customer else console_url_of(bundle),
    }


def _sessions_of(bundle: BundlePurchase) -> str:
    return ngettext("%(number)d session", "%(number)d sessions", bundle.total_sessions) % {
        "number": bundle.total_sessions
    }


def context_of_link(message: Message, link: CustomerLink, facts: Facts) -> dict[str, object]:
    """Return what the templates say about `link`. Only its customer reads where it leads."""
    for_customer = message.audience != ADMIN
    customer = link.customer
    with timezone.override(zone_of(customer.timezone or link.organization.timezone)):
        until = times.moment(link.expires_at)
    lines = [] if for_customer else _whose(customer, facts)
    return {
        "booking": {"name": customer.name},
        "facts": facts,
        "until": until,
        "what": _("the link to their appointments"),
        "lines": lines,
        "lines_as_text": as_text(lines) if lines else "",
        "link_url": link_url(link) if for_customer else "",
        "ask_again_url": own_url(link.organization),
        "console_url": "" if for_customer else console_url_of(customer),
    }


def console_url_of(row: BundlePurchase | Customer) -> str:
    """Return the row's page in the console, without loading every door into the worker."""
    return f"{settings.PUBLIC_BASE_URL}/admin/bookings/{row._meta.model_name}/{row.pk}/change/"


def _whose(customer: Customer, facts: Facts) -> list[Line]:
    return [
        *lines_of_failure(facts),
        Line(_("Who"), customer.name),
        Line(_("E-mail"), customer.email, href=f"mailto:{quote(customer.email, safe='@+')}"),
        *([Line(_("Phone"), customer.phone)] if customer.phone else []),
    ]
