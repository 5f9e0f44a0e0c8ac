"""One's own account: where one is signed in."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from core import times
from core.admin.pages import console_page
from core.admin.signing_in import sign_in_of
from core.errors import NotFound
from core.models import SignInSession, User
from core.services.sessions import end_other_sessions, end_session, open_sessions_of

BROWSERS = {"Edg/": "Edge", "Firefox/": "Firefox", "Chrome/": "Chrome", "Safari/": "Safari"}
SYSTEMS = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "Windows": "Windows",
    "Macintosh": "Mac",
    "Linux": "Linux",
}
SHOWN_OF_OTHERS = 60  # characters


@console_page("account/", name="account")
@require_http_methods(["GET", "HEAD", "POST"])
def account(request: HttpRequest) -> HttpResponseBase:
    """Show where somebody is signed in; a POST ends one of these sessions, or all others."""
    user: Any = request.user
    if request.method == "POST":
        return _end(request, user)
    here = sign_in_of(request)
    context = {
        **admin.site.each_context(request),
        "title": _("Your account"),
        "person": user,
        "sessions": [present(session, here) for session in open_sessions_of(user.pk)],
    }
    return TemplateResponse(request, "admin/console/account.html", context)


def present(session: SignInSession, here: UUID | None = None) -> dict[str, Any]:
    """Return a session as a person recognizes it."""
    return {
        "id": session.pk,
        "device": device_of(session.device),
        "kind": session.get_kind_display(),
        "network": session.network,
        "used": times.moment(session.last_used_at),
        "is_here": session.pk == here,
    }


def device_of(said: str) -> str:
    """Name the browser and the system that a User-Agent means; else the beginning of it."""
    browser = next((name for mark, name in BROWSERS.items() if mark in said), "")
    system = next((name for mark, name in SYSTEMS.items() if mark in said), "")
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return said[:SHOWN_OF_OTHERS] or _("Unknown device")


def _end(request: HttpRequest, user: User) -> HttpResponseBase:
    wanted = request.POST.get("session", "")
    if wanted == "others":
        ended = end_other_sessions(user, keep=sign_in_of(request), by=user.pk)
        said = ngettext("%(count)d place signed out.", "%(count)d places signed out.", ended)
        messages.success(request, said % {"count": ended})
    else:
        try:
            end_session(UUID(wanted), user_id=user.pk, by=user.pk)
        except (ValueError, NotFound) as error:
            raise Http404 from error
        messages.success(request, _("That place is signed out."))
    return HttpResponseRedirect(reverse("admin:account"))
