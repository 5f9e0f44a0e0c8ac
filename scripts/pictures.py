"""The README's pictures anew: `.venv/bin/python scripts/pictures.py`.

They are what the browser tests see; the mail's is cut to its size.
"""

import base64
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

PROJECT = Path(__file__).resolve().parent.parent
SEEN = PROJECT / "artifacts" / "pictures"
KEPT = PROJECT / "docs" / "pictures"
TESTS = [
    "tests/journeys/test_console_in_browser.py::test_every_page_can_be_read_by_everybody[desktop-light]",
    "tests/journeys/test_book_in_browser.py::test_every_step_can_be_read_by_everybody[desktop-light]",
    "tests/journeys/test_book_in_browser.py::test_every_step_can_be_read_by_everybody[phone-light]",
    "tests/notifications/test_link_in_browser.py::test_a_customer_moves_and_cancels_from_the_mail[desktop-light]",
    "tests/notifications/test_looks.py::test_mails_fit_and_can_be_read[light-800]",
]
# Left, top, width and height in pixels; the console's pictures are kept whole.
WHOLE = None
PICTURES = {
    "console.png": ("console-today-desktop-light.png", WHOLE),
    "calendar.png": ("console-calendar-desktop-light.png", WHOLE),
    "book.png": ("book-times-desktop-light.png", (380, 0, 680, 1200)),
    "book-phone.png": ("book-details-phone-light.png", (0, 0, 360, 1380)),
    "manage.png": ("manage-booking-desktop-light.png", (380, 0, 680, 690)),
    "mail.png": ("mail-booking_confirmed-light-800.png", (120, 0, 560, 714)),
}
MOST_BYTES = 200_000


def main() -> None:
    sys.path.insert(0, str(PROJECT))
    from tests.browsers import CHROMIUM

    subprocess.run([sys.executable, "-m", "pytest", "-q", *TESTS], cwd=PROJECT, check=True)
    KEPT.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1440, "height": 1000})
        for name, (seen, part) in PICTURES.items():
            if part is WHOLE:
                (KEPT / name).write_bytes((SEEN / seen).read_bytes())
            else:
                left, top, width, height = part
                page.set_content(f"<body style='margin:0'><img src='{address(SEEN / seen)}'>")
                clip = {"x": left, "y": top, "width": width, "height": height}
                page.screenshot(path=KEPT / name, clip=clip)
            size = (KEPT / name).stat().st_size
            print(f"docs/pictures/{name}: {size:,} bytes")
            if size > MOST_BYTES:
                sys.exit("This is too much for a README.")
        browser.close()


def address(picture: Path) -> str:
    return f"data:image/png;base64,{base64.b64encode(picture.read_bytes()).decode()}"


if __name__ == "__main__":
    main()
