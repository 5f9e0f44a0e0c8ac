"""The booking page in a real browser: by keyboard, without script, in a frame, looked at.

Pictures go to artifacts/pictures, for a person to look at.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from threading import Thread

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import FrameLocator, Page, Request

from bookings.models import Booking, Service
from bookings.services.photo import set_photo
from bookings.services.questions import QuestionDetails, set_questions
from core.db import in_one_transaction
from tests.browser import Reader, reader_at
from tests.factories import ServiceFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

MOST_BYTES = 50_000


@pytest.fixture
def salon_open(clock, salon, haircut, anna, ben, staff) -> Service:
    """Two services; haircuts with Anna or Ben, who ask two questions."""
    salon.contact_email = "hello@salon.example"
    salon.accent_color = "#b4325a"
    salon.save()
    haircut.resources.add(ben)
    haircut.description = "Washing, cutting and a coffee. Please come with dry hair."
    haircut.price_amount = "38.00"
    haircut.location = "Torstraße 1, 10119 Berlin"
    haircut.company_required = haircut.inquiry_required = False
    haircut.save()
    anna.qualification = "Master hairdresser"
    anna.bio = "Cuts since 2009. Likes short hair, long talks and dogs."
    anna.save()
    set_photo(anna, a_face(), caller=staff)
    in_one_transaction(set_questions)(
        haircut,
        [
            QuestionDetails(
                key="hair",
                label="How long is your hair?",
                kind="CHOICE",
                options=("Short", "To the shoulder", "Longer"),
                is_required=True,
            ),
            QuestionDetails(
                key="with",
                label="What else would you like?",
                kind="CHOICES",
                options=("Coloring", "A beard trim"),
            ),
        ],
    )
    ServiceFactory(
        organization=salon,
        name="A short talk",
        slug="talk",
        durations=[15],
        location_kind="PHONE",
        resources=[anna],
    )
    return haircut


def a_face() -> bytes:
    """Somebody as a child would draw them."""
    picture = Image.new("RGB", (400, 400), "#cfe3e0")
    draw = ImageDraw.Draw(picture)
    draw.ellipse((60, 330, 340, 640), fill="#0f766e")
    draw.ellipse((125, 80, 275, 290), fill="#f0c9a8")
    draw.chord((110, 60, 290, 260), 180, 360, fill="#5b3a29")
    file = BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


@pytest.fixture
def look(live_server, chromium, salon_open) -> Callable[..., Reader]:
    def look(**how) -> Reader:
        return reader_at(chromium, live_server.url, **how)

    return look


def steps_of(reader: Reader, who: str) -> dict[str, Callable[[], None]]:
    """What somebody does, step by step; each ends on a page that is worth a look."""
    page = reader.page

    def choose_a_day() -> None:
        reader.click(who)
        reader.click("Monday, 16 November 2026, 16 free times")

    def type_in() -> None:
        page.get_by_label("Name").fill("Mia Müller")
        page.get_by_label("E-mail").fill("mia@example.com")
        page.get_by_label("How long is your hair?").select_option("Short")
        page.get_by_label("A beard trim").check()
        reader.click("Send the request", role="button")

    return {
        "services": lambda: reader.open("/book/salon"),
        "with-whom": lambda: reader.click("Haircut"),
        "times": choose_a_day,
        "zones": lambda: page.get_by_text("Another time zone").click(),
        "details": lambda: reader.click("10:00", role="button"),
        "wrong": lambda: reader.click("Send the request", role="button"),
        "booked": type_in,
    }


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("phone", [False, True], ids=["desktop", "phone"])
def test_every_step_can_be_read_by_everybody(look, phone, dark):
    reader = look(phone=phone, dark=dark)
    name = f"{'phone' if phone else 'desktop'}-{'dark' if dark else 'light'}"
    wrong = []
    for step, act in steps_of(reader, "Anna").items():
        act()
        reader.looks_at(f"book-{step}-{name}")
        wrong += [f"{step}: {violation}" for violation in reader.violations()]
        wide = reader.page.evaluate("document.documentElement.scrollWidth")
        if wide > reader.page.viewport_size["width"]:
            wrong.append(f"{step}: {wide} px wide")
        wrong += [f"{step}: {target}" for target in small_targets(reader.page)]

    assert wrong == []
    assert [one for one in reader.problems if "400 (Bad Request)" not in one] == []
    assert Booking.objects.get().status == "PENDING"


def small_targets(page: Page) -> list[str]:
    """Return what can be pressed, is not part of a sentence, and is less than 44 px high."""
    return page.evaluate(
        """() => [...document.querySelectorAll("button, select, .button, .month a, input")]
            .filter((one) => one.offsetParent && !one.closest(".hidden"))
            .map((one) => one.closest("label.choice") ?? one)
            .filter((one) => one.getBoundingClientRect().height < 43.9)
            .map((one) => one.outerHTML.slice(0, 80))"""
    )


def test_the_whole_way_by_keyboard_alone(look):
    reader = look()
    keys = reader.page.keyboard
    reader.open("/book/salon")

    def come_to(name: str, role: str) -> None:
        """Tab until this has the focus."""
        wanted = reader.page.get_by_role(role, name=name, exact=True).element_handle()
        for _ in range(80):
            keys.press("Tab")
            if reader.page.evaluate("(one) => one === document.activeElement", wanted):
                return
        raise AssertionError(f"The focus never comes to {name}.")

    def press_on(name: str, role: str = "link") -> None:
        come_to(name, role)
        with reader.page.expect_navigation():
            keys.press("Enter")

    press_on("Haircut")
    press_on("Anyone")
    press_on("Monday, 16 November 2026, 16 free times")
    press_on("10:00", "button")
    come_to("Name", "textbox")
    keys.type("Mia Müller")
    keys.press("Tab")
    keys.type("mia@example.com")
    press_on("Send the request", "button")

    # What is missing has the focus: its first letter chooses.
    reader.page.locator("#answer-hair:focus").wait_for()
    keys.type("S")
    press_on("Send the request", "button")

    reader.page.get_by_role("heading", name="Your request is sent").wait_for()
    booking = Booking.objects.get()
    assert (booking.name, booking.answers[0]["answer"]) == ("Mia Müller", "Short")


def test_the_whole_way_without_any_script(look):
    reader = look(script=False, phone=True)
    for act in steps_of(reader, "Anyone").values():
        act()

    assert reader.page.get_by_role("heading", name="Your request is sent").is_visible()
    assert Booking.objects.count() == 1


def fill_in_the_talk(page: Page | FrameLocator) -> None:
    typed = {
        "Name": "Mia",
        "E-mail": "mia@example.com",
        "Phone": "030 1234567",
        "Company": "Müller GmbH",
        "What is it about?": "A talk",
    }
    for label, text in typed.items():
        page.get_by_label(label).fill(text)


def test_impatient_fingers_book_once(look):
    reader = look()
    reader.open("/book/salon/talk?day=2026-11-16")
    reader.page.get_by_role("button", name="10:00").dblclick()
    fill_in_the_talk(reader.page)
    reader.page.get_by_role("button", name="Send the request").dblclick()

    reader.page.get_by_role("heading", name="Your request is sent").wait_for()
    assert Booking.objects.count() == 1
    assert reader.problems == []


def test_whoever_was_too_slow_takes_another_time_and_types_nothing_again(look, book, clock, anna):
    reader = look(phone=True)
    reader.open("/book/salon/talk?day=2026-11-16")
    reader.click("10:00", role="button")
    fill_in_the_talk(reader.page)
    clock.shift(601)
    book(resource=anna, answers={"hair": "Short"})

    reader.click("Send the request", role="button")
    reader.page.get_by_text("10:00 is no longer free. 09:00, 09:30 and 10:30 are.").wait_for()
    reader.looks_at("book-taken-phone-light")
    assert reader.violations() == []

    with reader.page.expect_navigation():
        reader.page.get_by_label("Name").press("Enter")  # is no choice of another time
    assert reader.page.get_by_text("Monday, 16 November 2026, 10:00–10:15").is_visible()

    reader.click("10:30", role="button")
    reader.click("Send the request", role="button")

    reader.page.get_by_role("heading", name="Your request is sent").wait_for()
    booking = Booking.objects.get(source="PAGE")
    assert (booking.name, booking.inquiry, booking.starts_at.minute) == ("Mia", "A talk", 30)


def test_times_are_on_the_clock_of_the_visitors_browser_until_they_choose_another(look):
    reader = look(zone="America/New_York")
    reader.open("/book/salon/haircut?with=anyone&day=2026-11-16")
    reader.page.get_by_text("Times in America/New York (UTC-05:00).").wait_for()
    assert reader.page.get_by_role("button", name="03:00").is_visible()

    reader.page.get_by_text("Another time zone").click()
    reader.page.get_by_label("Your time zone").select_option("Europe/Berlin")

    # It is the organization's own: the browser is not asked again.
    reader.page.get_by_text("Times in Europe/Berlin (UTC+01:00).").wait_for()
    reader.page.wait_for_load_state("networkidle")
    assert reader.page.get_by_text("Times in Europe/Berlin (UTC+01:00).").is_visible()


def test_no_page_weighs_more_than_50_kb(look):
    reader = look()
    weights: dict[str, int] = {}
    current = ""

    def weigh(request: Request) -> None:
        if request.resource_type in ("document", "stylesheet", "script"):
            sizes = request.sizes()
            weights[current] = weights.get(current, 0) + sizes["responseBodySize"]

    reader.page.on("requestfinished", weigh)
    for current, act in steps_of(reader, "Anyone").items():  # noqa: B007  (`weigh` reads it)
        # As somebody who has never been here: what a browser keeps is thrown away.
        reader.context.new_cdp_session(reader.page).send("Network.clearBrowserCache")
        act()
        reader.page.wait_for_load_state("networkidle")

    # Choosing the day is a page more within the same step.
    weights["times"] //= 2
    assert {step: weight for step, weight in weights.items() if weight > MOST_BYTES} == {}
    assert weights["times"] > 10_000


@contextmanager
def website(shows: str) -> Iterator[str]:
    """Somebody's website, with a page that shows an address in a frame; yields its origin."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            html = f'<!doctype html><title>A site</title><iframe src="{shows}" height=700></iframe>'
            self.wfile.write(html.encode())

        def log_message(self, *about: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_website_of_the_organization_shows_the_page_in_a_frame_and_it_books(look, salon):
    reader = look()
    with website(shows=f"{reader.base}/book/salon/talk?day=2026-11-16") as friend:
        salon.embed_origins = [friend]
        salon.save()
        reader.page.goto(friend)
        frame = reader.page.frame_locator("iframe")
        frame.get_by_role("button", name="10:00").click()
        fill_in_the_talk(frame)
        frame.get_by_role("button", name="Send the request").click()
        frame.get_by_role("heading", name="Your request is sent").wait_for()

    assert Booking.objects.get().source == "PAGE"
    assert reader.context.cookies() == []
    assert [one for one in reader.problems if "favicon" not in one] == []


def test_any_other_website_cannot(look, salon):
    salon.embed_origins = ["https://www.salon.example"]
    salon.save()
    reader = look()
    with website(shows=f"{reader.base}/book/salon/talk?day=2026-11-16") as stranger:
        reader.page.goto(stranger, wait_until="networkidle")

    frame = reader.page.frame_locator("iframe")
    assert frame.get_by_role("button", name="10:00").count() == 0
    assert any("frame-ancestors" in problem for problem in reader.problems)
