"""From an organization's one color to the eleven shades that the console is painted with.

The shades keep its hue. Two of them carry letters, so they are moved until everybody can read
them (WCAG 2.2, 1.4.3): 600 is the color of links on light ground and carries white letters,
500 is the color of links on dark ground. The pages of customers take the same ones.
"""

from functools import cache
from math import atan2, cos, hypot, sin

from core.colors import Rgb, contrast, linear

# The ground behind a chosen item of the menu, where a link has the least contrast.
LIGHT_GROUND = "#f3f4f6"
DARK_GROUND = "#1e2635"
READABLE = 4.6  # to 1: the rule says 4.5, and a screen rounds
STEP = 0.005
LIGHTNESS = {
    50: 0.977,
    100: 0.946,
    200: 0.902,
    300: 0.827,
    400: 0.745,
    500: 0.65,
    600: 0.558,
    700: 0.496,
    800: 0.438,
    900: 0.381,
    950: 0.291,
}
# How much of the color's strength a shade has: the lightest and darkest are nearly grey.
STRENGTH = {50: 0.1, 100: 0.2, 200: 0.4, 300: 0.7, 800: 0.85, 900: 0.7, 950: 0.5}


@cache
def shades_of(color: str) -> dict[str, str]:
    """Return `#rrggbb` for each of unfold's shades, 50 (lightest) to 950, of a color like it."""
    _, chroma, hue = _oklch(linear(color))
    shades = {
        step: _shade(lightness, chroma * STRENGTH.get(step, 1.0), hue)
        for step, lightness in LIGHTNESS.items()
    }
    shades[600] = _readable(600, chroma, hue, on=LIGHT_GROUND, towards=-STEP)
    shades[500] = _readable(500, chroma, hue, on=DARK_GROUND, towards=STEP)
    return {str(step): shade for step, shade in shades.items()}


def _readable(step: int, chroma: float, hue: float, *, on: str, towards: float) -> str:
    lightness = LIGHTNESS[step]
    while contrast(shade := _shade(lightness, chroma, hue), on) < READABLE:
        lightness += towards
    return shade


def _shade(lightness: float, chroma: float, hue: float) -> str:
    """Return the color, with as much less chroma as a screen needs to show it."""
    while not all(-0.0005 <= part <= 1.0005 for part in _rgb(lightness, chroma, hue)):
        chroma -= STEP
        if chroma <= 0:
            chroma = 0.0
            break
    parts = (_encoded(min(1.0, max(0.0, part))) for part in _rgb(lightness, chroma, hue))
    return "#" + "".join(f"{round(part * 255):02x}" for part in parts)


def _encoded(light: float) -> float:
    return light * 12.92 if light <= 0.0031308 else 1.055 * light ** (1 / 2.4) - 0.055


# Oklab, in which equal steps look equal: https://bottosson.github.io/posts/oklab/


def _oklch(rgb: Rgb) -> tuple[float, float, float]:
    red, green, blue = rgb
    long = (0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue) ** (1 / 3)
    medium = (0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue) ** (1 / 3)
    short = (0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue) ** (1 / 3)
    lightness = 0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short
    a = 1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short
    b = 0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short
    return lightness, hypot(a, b), atan2(b, a)


def _rgb(lightness: float, chroma: float, hue: float) -> Rgb:
    a, b = chroma * cos(hue), chroma * sin(hue)
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )
