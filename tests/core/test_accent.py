"""The color of an organization on pages without inline styles."""

import re

import pytest

from core.colors import contrast

TEXT_ON_LIGHT, TEXT_ON_DARK = "#1b2127", "#e8ecf0"  # static/public/public.css
CARDS = {"light": ("#f4f6f8", "#ffffff"), "dark": ("#11161b", "#1b2229")}


def painted(client, color):
    response = client.get(f"/public/accent/{color}.css")
    assert response.status_code == 200
    light, dark = re.findall(
        r"--accent:(#\w+);--accent-soft:(#\w+);--on-accent:(#\w+)", response.content.decode()
    )
    return {"light": light, "dark": dark}


@pytest.mark.parametrize("color", ["0f766e", "ffee00", "000000", "FFFFFF", "c2185b", "3366ff"])
def test_whatever_the_color_everybody_can_read_what_it_paints(client, color):
    for ground, (accent, soft, letters) in painted(client, color).items():
        assert contrast(accent, letters) >= 4.5, ground
        assert contrast(soft, TEXT_ON_LIGHT if ground == "light" else TEXT_ON_DARK) >= 7, ground
        for card in CARDS[ground]:
            assert contrast(accent, card) >= 4.5, ground


def test_the_address_says_all_so_browsers_keep_it_and_it_asks_nobody(client):
    response = client.get("/public/accent/0f766e.css")  # no database in this test

    assert response.headers["Content-Type"] == "text/css; charset=utf-8"
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert "Set-Cookie" not in response.headers


@pytest.mark.parametrize("path", ["red", "0f766e0", "%3B%7D", "0f766e;x"])
def test_what_is_no_color_is_not_there(client, path):
    assert client.get(f"/public/accent/{path}.css").status_code == 404
