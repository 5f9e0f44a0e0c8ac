"""How well colors such as #0f766e are told apart, and letters on them that everybody can read.

After WCAG 2.2, 1.4.3: https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio
"""

from functools import cache

Rgb = tuple[float, float, float]  # linear light, 0 to 1

BLACK, WHITE = "#000000", "#ffffff"


@cache
def readable_on(color: str) -> str:
    """Return black or white, whichever contrasts more with `color`: at least 4.58 to 1."""
    return max(WHITE, BLACK, key=lambda letters: contrast(letters, color))


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colors: from 1 to 21."""
    darker, lighter = sorted(_luminance(linear(color)) for color in (one, other))
    return (lighter + 0.05) / (darker + 0.05)


def linear(color: str) -> Rgb:
    """Return how much red, green and blue light a color is."""
    red, green, blue = (_decoded(int(color[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return red, green, blue


def _luminance(rgb: Rgb) -> float:
    red, green, blue = rgb
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _decoded(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
