"""An organization's color, and letters on it that everybody can read (WCAG 2.2, 1.4.3)."""

from functools import cache

BLACK, WHITE = "#000000", "#ffffff"


@cache
def readable_on(color: str) -> str:
    """Return black or white, whichever contrasts more with `color`: at least 4.58 to 1."""
    return max(WHITE, BLACK, key=lambda letters: contrast(letters, color))


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colors such as #0f766e: from 1 to 21."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(color: str) -> float:
    red, green, blue = (_linear(int(color[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
