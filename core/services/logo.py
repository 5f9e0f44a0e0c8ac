"""An organization's logo: given as a file or by an address, checked, made small."""

from __future__ import annotations

import hashlib
from io import BytesIO

from PIL import Image

from core import events
from core.access import Caller
from core.db import in_one_transaction
from core.errors import Invalid
from core.models import Logo, Organization
from core.outbound import NotAnAddress, Resolver, fetch, look_up
from core.pictures import MOST_BYTES, made_small

# Three times the size at which it is shown, for screens that are so fine.
WIDTH, HEIGHT = 480, 144
CONTENT_TYPE = "image/png"  # mail programs know no newer one
LARGEST_RESULT = 100_000
COLORS = 256  # of one that is larger otherwise
ACCEPTED = frozenset({"image/jpeg", "image/png", "image/webp"})


@in_one_transaction
def set_logo(organization: Organization, content: bytes, *, caller: Caller) -> Organization:
    """Show this picture on every page and in every mail of `organization` from now on.

    Records organization.logo_changed. Raises Invalid for what is no picture or too large.
    """
    picture = made_small(content, width=WIDTH, height=HEIGHT, field="logo")
    written = _png(picture)
    return _change(organization, written, *picture.size, caller=caller)


def set_logo_from(
    organization: Organization, url: str, *, caller: Caller, resolve: Resolver = look_up
) -> Organization:
    """The same with the picture at `url`, fetched once. Outside every transaction.

    Raises Invalid at `url` for what is no address or leads to no picture, NotFetched.
    """
    try:
        found = fetch(url, accept=ACCEPTED, most_bytes=MOST_BYTES, resolve=resolve)
    except NotAnAddress as refusal:
        raise Invalid.at("url", str(refusal)) from refusal
    try:
        return set_logo(organization, found.content, caller=caller)
    except Invalid as refusal:
        [[sentence]] = refusal.details["fields"].values()  # type: ignore[attr-defined]
        raise Invalid.at("url", sentence) from refusal


@in_one_transaction
def remove_logo(organization: Organization, *, caller: Caller) -> Organization:
    """Show the name alone. Twice is as good as once. Records organization.logo_changed."""
    return _change(organization, b"", 0, 0, caller=caller)


def _png(picture: Image.Image) -> bytes:
    written = BytesIO()
    picture.save(written, "PNG", optimize=True)
    if written.tell() > LARGEST_RESULT:
        written = BytesIO()
        method = Image.Quantize.FASTOCTREE  # the one that knows transparency
        picture.quantize(COLORS, method=method).save(written, "PNG", optimize=True)
    return written.getvalue()


def _change(
    organization: Organization, content: bytes, width: int, height: int, *, caller: Caller
) -> Organization:
    fresh = Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
    digest = hashlib.sha256(content).hexdigest() if content else ""
    if digest == fresh.logo_digest:
        return fresh
    if content:
        Logo.objects.update_or_create(organization=fresh, defaults={"content": content})
    else:
        Logo.objects.filter(organization=fresh).delete()
    fresh.logo_digest, fresh.logo_width, fresh.logo_height = digest, width, height
    fresh.save(update_fields=["logo_digest", "logo_width", "logo_height", "updated_at"])
    events.record_for(
        fresh.pk, "organization.logo_changed", fresh, caller=caller, is_shown=bool(content)
    )
    return fresh
