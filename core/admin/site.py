"""The console itself: django-unfold's site behind our tenant wall, opened on today."""

from __future__ import annotations

from collections.abc import Iterable
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.contrib.admin import ModelAdmin
from django.db.models import Model
from django.db.models.base import ModelBase
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, URLPattern, URLResolver, path, reverse
from django.utils.translation import gettext as _
from unfold.sites import UnfoldAdminSite

from core.admin.context import desk_of
from core.admin.pages import View, console_pages
from core.admin.panels import panels_at
from core.admin.signing_in import CodeIsWanted, OwnPasswordChange, SignInForm, note_sign_in

# What Django and unfold bring along and nobody may reach: a redirect by content type and id
# to any organization's row, lists of choices by the name of any model, and a search that keeps
# what was typed in the shared cache.
CLOSED = {"autocomplete", "search", "view_on_site"}

# What is open to somebody who still has to prove a second factor.
WITHOUT_SECOND_FACTOR = {
    "account",
    "choose_organization",
    "login_code",
    "logout",
    "password_change",
    "second_factor",
}


class Console(UnfoldAdminSite):
    """The staff's site. `admin.site` is this one: config.console."""

    index_template = "admin/console/today.html"
    enable_nav_sidebar = True
    login_form = SignInForm

    def register(
        self,
        model_or_iterable: ModelBase | Iterable[type[Model]],
        admin_class: type[ModelAdmin] | None = None,
        **options: Any,
    ) -> None:
        """Take in pages that stand behind the tenant wall, and pass over all others.

        Django and other apps register pages of their own (groups of users, for instance),
        which would show every organization's rows to everybody.
        """
        if admin_class is not None and getattr(admin_class, "is_behind_the_wall", False):
            super().register(model_or_iterable, admin_class, **options)

    def has_permission(self, request: HttpRequest) -> bool:
        """Say whether somebody may come in: staff of an active organization."""
        user = request.user
        if not (user.is_active and getattr(user, "is_staff", False)):
            return False
        return user.is_superuser or desk_of(request).organization is not None

    def admin_view(self, view: View, cacheable: bool = False) -> View:
        """Lead whoever has to prove a second factor here to where that is done, and no further."""

        @wraps(view)
        def show(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            from core.admin.second_step import has_to_prove  # not before the site is there

            match = request.resolver_match
            is_open = match is not None and match.url_name in WITHOUT_SECOND_FACTOR
            if not is_open and has_to_prove(request):
                return HttpResponseRedirect(reverse(f"{self.name}:second_factor"))
            return view(request, *args, **kwargs)

        guarded: View = super().admin_view(show, cacheable)
        return guarded

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        from core.admin import second_step  # not before the site is there

        try:
            response: HttpResponse = super().login(request, extra_context)
        except CodeIsWanted as wanted:
            return second_step.ask_for_code(request, wanted.user)
        if request.method == "POST" and response.status_code == HTTPStatus.FOUND:
            note_sign_in(request)
        return response

    def password_change(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        request.current_app = self.name
        return OwnPasswordChange.as_view(
            success_url=reverse(f"{self.name}:account"),
            extra_context={**self.each_context(request), **(extra_context or {})},
        )(request)

    def get_urls(self) -> list[URLPattern | URLResolver]:
        from core.admin import second_step, switching  # not before the site is there

        ours: list[URLPattern | URLResolver] = [
            path("login/code/", second_step.code_page, name="login_code"),
            path(
                "organizations/",
                self.admin_view(switching.choose_organization),
                name="choose_organization",
            ),
            *(
                path(page.route, self.admin_view(page.view), name=page.name)
                for page in console_pages()
            ),
        ]
        theirs = (url for url in super().get_urls() if getattr(url, "name", None) not in CLOSED)
        return [*ours, path("find/", self.admin_view(self.search), name="search"), *theirs]

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        context = super().each_context(request)
        # They come as a stylesheet (config.menu): what unfold would write into pages is not loaded.
        context["colors"] = None
        if self.has_permission(request):
            context["desk"] = desk_of(request)
            context["find_url"] = self._find_url()
        return context

    def search(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """Show who or what is meant by `q`: whoever knows people and references answers."""
        term = " ".join(request.GET.get("q", "").replace("\0", "").split())[:254]
        for answer in panels_at("console.find", request, term=term):
            found: HttpResponseBase = answer
            return found
        return HttpResponse(_("Nothing here can be searched."), status=404)

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        """Show today. Which parts that has, the apps say."""
        context = {
            **self.each_context(request),
            "title": _("Today"),
            "index": True,
            "organization": desk_of(request).organization,
            **(extra_context or {}),
        }
        if context["organization"] is not None:
            context["troubles"] = panels_at("console.trouble", request)
            for part in panels_at("console.today", request):
                context.update(part)
        request.current_app = self.name
        return TemplateResponse(request, self.index_template, context)

    def _find_url(self) -> str:
        try:
            return reverse(f"{self.name}:search")
        except NoReverseMatch:
            return ""
