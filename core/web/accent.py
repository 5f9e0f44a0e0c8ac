"""An organization's color as stylesheets: pages without inline styles are painted with it."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from unfold.settings import CONFIG_DEFAULTS
from unfold.utils import convert_color

from core.shades import shades_of

# Letters on the accent of a dark page: it was made readable on a lighter ground than this.
DARK_LETTERS = "#0d1216"


@require_safe
def accent(request: HttpRequest, color: str) -> HttpResponse:
    """Answer the accent of `color`, six hex digits: the address says all, so it is kept for good.

    Its shades are those of the console, which everybody can read on light and on dark ground.
    """
    shades = shades_of(f"#{color}")
    light = f"--accent:{shades['600']};--accent-soft:{shades['50']};--on-accent:#ffffff"
    dark = f"--accent:{shades['500']};--accent-soft:{shades['950']};--on-accent:{DARK_LETTERS}"
    css = f":root{{{light}}}\n@media (prefers-color-scheme:dark){{:root{{{dark}}}}}\n"
    return _kept_for_good(css)


@require_safe
def console_colors(request: HttpRequest, color: str) -> HttpResponse:
    """Answer the console's colors, of which one is `color`: what unfold writes into each page."""
    palette = {**CONFIG_DEFAULTS["COLORS"], "primary": shades_of(f"#{color}")}
    colors = "".join(
        f"--color-{name}-{shade}:{convert_color(value)};"
        for name, shades in palette.items()
        for shade, value in shades.items()
    )
    return _kept_for_good(f":root{{--border-radius:{settings.UNFOLD['BORDER_RADIUS']};{colors}}}\n")


def _kept_for_good(css: str) -> HttpResponse:
    return HttpResponse(
        css,
        content_type="text/css; charset=utf-8",
        headers={"Cache-Control": "public, max-age=31536000, immutable"},
    )
