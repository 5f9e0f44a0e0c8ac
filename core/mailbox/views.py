"""The list of mails, one mail, and its HTML in a frame that can do nothing."""

from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from core.mailbox import mails

PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; frame-src 'self'; frame-ancestors 'none'; "
    "form-action 'none'; base-uri 'none'"
)
# Inline styles are the mail's own. Nothing is loaded and no script runs; a link opens in a window
# of its own, as in a mail program.
MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox"
)


@require_safe
def mail_list(request: HttpRequest) -> HttpResponse:
    response = render(request, "mailbox/list.html", {"mails": mails.newest(_folder())})
    response["Content-Security-Policy"] = PAGE_POLICY
    return response


@require_safe
def mail_page(request: HttpRequest, key: str) -> HttpResponse:
    response = render(request, "mailbox/mail.html", {"mail": _find(key)})
    response["Content-Security-Policy"] = PAGE_POLICY
    return response


@require_safe
@xframe_options_sameorigin
def mail_html(request: HttpRequest, key: str) -> HttpResponse:
    response = HttpResponse(f'<base target="_blank">{_find(key).html}')
    response["Content-Security-Policy"] = MAIL_POLICY
    return response


def _folder() -> Path:
    return Path(settings.VAR_DIR) / "mailbox" / "Maildir"


def _find(key: str) -> mails.Mail:
    mail = mails.find(_folder(), key)
    if mail is None:
        raise Http404("There is no such mail.")
    return mail
