"""What a mail says, in whose time and language, and what nobody can smuggle into one."""

import re
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import translation

from bookings.models import Customer
from bookings.selectors.manage import manage_token
from bookings.services.manage import renew_manage_link
from bookings.services.questions import QuestionDetails, set_questions
from bookings.services.rescheduling import Changes, update_booking
from bookings.services.status import cancel_booking, confirm_booking
from core.access import Caller, CallerKind
from core.text import one_line
from notifications.selectors.booking import booking_for_mail
from notifications.services.messages import MESSAGES
from notifications.services.rendering import console_url, preview
from notifications.services.samples import sample_booking
from notifications.services.times import when
from tests.cast import MIA
from tests.notifications.test_messages import text_of

pytestmark = pytest.mark.django_db

AT_MIA = "mia@example.com"
AT_DESK = "desk@salon.example"


@pytest.mark.parametrize("message", ["booking_confirmed", "staff_booking_new", "admin_booking_new"])
def test_what_a_mail_says_was_read_in_one_statement(book, message, django_assert_num_queries):
    booking = booking_for_mail().get(pk=book().pk)

    with django_assert_num_queries(0):
        preview(message, booking)


def test_times_are_the_readers(book, deliver, mail_server):
    book(timezone="America/New_York")

    deliver()

    to_mia, to_desk = text_of(mail_server.to(AT_MIA)[0]), text_of(mail_server.to(AT_DESK)[0])
    assert mail_server.subjects_to(AT_MIA)[0].endswith("Mon 16 Nov, 04:00 with Anna")
    assert "Monday, 16 November 2026\n04:00–04:30\nAmerica/New York (UTC-05:00)\n" in to_mia
    assert "At Salon Soleil: Mon 16 Nov, 10:00 in Europe/Berlin (UTC+01:00)\n" in to_mia
    assert mail_server.subjects_to(AT_DESK)[0].endswith("Mon 16 Nov, 10:00 with Anna")
    assert "Monday, 16 November 2026\n10:00–10:30\nEurope/Berlin (UTC+01:00)\n" in to_desk
    assert "Customer's time: Mon 16 Nov, 04:00 in America/New York (UTC-05:00)\n" in to_desk


@pytest.mark.parametrize(
    ("starts", "ends", "zone", "short", "hours", "zone_says"),
    [
        # summer time in Berlin, and a zone that is a quarter of an hour off
        ("2026-07-01T08:00", "2026-07-01T08:30", "Europe/Berlin", "Wed 1 Jul, 10:00",
         "10:00–10:30", "Europe/Berlin (UTC+02:00)"),
        ("2026-07-01T08:00", "2026-07-01T08:30", "Asia/Kathmandu", "Wed 1 Jul, 13:45",
         "13:45–14:15", "Asia/Kathmandu (UTC+05:45)"),
        # across midnight, and into another year
        ("2026-12-31T22:30", "2026-12-31T23:30", "Europe/Berlin", "Thu 31 Dec, 23:30",
         "23:30–Fri 1 Jan 2027, 00:30", "Europe/Berlin (UTC+01:00)"),
        ("2027-01-04T09:00", "2027-01-04T10:00", "UTC", "Mon 4 Jan 2027, 09:00",
         "09:00–10:00", "UTC"),
        # the night of 25 October, when 02:30 comes twice and an hour lasts into the second one
        ("2026-10-25T00:30", "2026-10-25T01:00", "Europe/Berlin", "Sun 25 Oct, 02:30",
         "02:30–02:00", "Europe/Berlin (UTC+02:00, then UTC+01:00)"),
        ("2026-10-25T01:30", "2026-10-25T02:00", "Europe/Berlin", "Sun 25 Oct, 02:30",
         "02:30–03:00", "Europe/Berlin (UTC+01:00)"),
        # and of 29 March, when 02:00 is skipped
        ("2026-03-29T00:30", "2026-03-29T01:30", "Europe/Berlin", "Sun 29 Mar, 01:30",
         "01:30–03:30", "Europe/Berlin (UTC+01:00, then UTC+02:00)"),
        # a zone that this machine has never heard of
        ("2026-07-01T08:00", "2026-07-01T08:30", "Mars/Olympus", "Wed 1 Jul, 08:00",
         "08:00–08:30", "Mars/Olympus (UTC+00:00)"),
    ],
)  # fmt: skip
def test_a_time_is_said_with_its_zone_and_offset(
    clock, starts, ends, zone, short, hours, zone_says
):
    begin, end = (datetime.fromisoformat(f"{moment}+00:00") for moment in (starts, ends))

    said = when(begin, end, zone)

    assert (said.short, said.hours, said.zone) == (short, hours, zone_says)


def test_a_move_over_a_clock_change_says_the_offset_of_both_times(
    book, haircut, staff, deliver, mail_server, ten_o_clock
):
    haircut.horizon_days = 365
    haircut.save()
    booking = confirm_booking(book(), caller=staff)
    deliver()
    mail_server.mails.clear()

    in_summer = datetime.fromisoformat("2027-03-29T10:00+02:00")
    update_booking(booking, Changes(starts_at=in_summer), caller=staff)
    deliver()

    for mail in mail_server.mails:
        text = text_of(mail)
        assert "10:00–10:30\nEurope/Berlin (UTC+02:00)\n" in text
        assert "Before:    Mon 16 Nov, 10:00–10:30, Europe/Berlin (UTC+01:00)\n" in text


def test_a_customer_reads_their_own_language_and_the_desk_its_own(book, deliver, mail_server):
    book()
    Customer.objects.update(locale="de-AT")

    deliver()

    assert mail_server.subjects_to(AT_MIA) == [
        "Anfrage eingegangen: Haircut, Mo 16. Nov, 10:00 mit Anna"
    ]
    text = text_of(mail_server.to(AT_MIA)[0])
    assert "Montag, 16. November 2026\n10:00–10:30\n" in text
    assert "Der Termin ist noch nicht bestätigt." in text
    assert mail_server.subjects_to(AT_DESK)[0].startswith("New booking: ")


def test_a_language_that_is_not_spoken_gives_way_to_the_organizations(
    book, salon, deliver, mail_server
):
    salon.locale = "de"
    salon.save()
    book()
    Customer.objects.update(locale="fr")

    deliver()

    assert mail_server.subjects_to(AT_MIA)[0].startswith("Anfrage eingegangen: ")


def test_the_price_and_the_place_are_said(book, haircut, deliver, mail_server):
    haircut.price_amount, haircut.location = Decimal(48), "Marktplatz 3"
    haircut.save()
    book()

    deliver()

    text = text_of(mail_server.to(AT_MIA)[0])
    assert "Europe/Berlin (UTC+01:00)\nMarktplatz 3\n" in text
    assert "Price:     48.00 EUR\n" in text


def test_the_answers_and_a_video_link_are_said(book, haircut, deliver, mail_server):
    haircut.location_kind, haircut.location = "VIDEO", "https://meet.example/salon"
    haircut.save()
    extras = QuestionDetails(
        key="extras", label="Anything else?", kind="CHOICES", options=("Wash", "Color")
    )
    set_questions(haircut, [extras])
    book(answers={"extras": ["Color", "Wash"]})

    deliver()

    for reader in (AT_MIA, AT_DESK):
        text = text_of(mail_server.to(reader)[0])
        assert "(UTC+01:00)\nhttps://meet.example/salon\n" in text
        assert "\nAnything else?\nWash, Color\n" in text


def test_a_mail_comes_under_the_organizations_name_and_is_answered_there(
    book, salon, deliver, mail_server
):
    salon.contact_email = "hello@salon.example"
    salon.save()
    book()

    deliver()

    to_mia, to_desk = mail_server.to(AT_MIA)[0], mail_server.to(AT_DESK)[0]
    assert to_mia["From"] == "Salon Soleil <bookings@holdfast.example>"
    assert to_mia["Reply-To"] == "hello@salon.example"
    assert "Questions? Reply to this e-mail." in text_of(to_mia)
    assert to_desk["Reply-To"] == AT_MIA
    assert to_mia["Auto-Submitted"] == "auto-generated"


def test_without_a_contact_address_nobody_is_told_to_reply(book, deliver, mail_server):
    book()

    deliver()

    mail = mail_server.to(AT_MIA)[0]
    assert mail["Reply-To"] is None
    assert "eply" not in text_of(mail)


def test_the_html_is_in_the_organizations_color_with_letters_that_can_be_read(
    book, salon, deliver, mail_server
):
    salon.accent_color = "#facc15"
    salon.save()
    book()

    deliver()

    html = mail_server.to(AT_MIA)[0].get_body(("html",)).get_content()
    assert "background: #facc15; color: #000000;" in html
    assert "prefers-color-scheme: dark" in html


def test_what_people_type_is_text_and_never_markup(book, salon, deliver, mail_server):
    salon.name = 'Scissors & "Sons" <b>'
    salon.save()
    book(
        customer=replace(MIA, name="<script>alert(1)</script>", company="{{ booking.notes }}"),
        inquiry="<img src=x onerror=alert(1)>\nsecond line",
    )

    deliver()

    html = mail_server.to(AT_DESK)[0].get_body(("html",)).get_content()
    assert "<script>" not in html
    assert "<img" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "&lt;img src=x onerror=alert(1)&gt;<br>second line" in html
    assert "Scissors &amp; &quot;Sons&quot; &lt;b&gt;" in html
    text = text_of(mail_server.to(AT_DESK)[0])
    assert "Who:       <script>alert(1)</script>\n" in text
    assert "{{ booking.notes }}" in text


def test_a_line_break_in_a_name_is_no_new_header(book, salon, deliver, mail_server):
    salon.name = "Salon\r\nBcc: everybody@example.com"
    salon.save()
    book(customer=replace(MIA, name="Mia\r\nBcc: everybody@example.com\r\n\r\nHello"))

    deliver()

    for mail in mail_server.mails:
        assert mail["Bcc"] is None
        assert mail.get_content_type() == "multipart/alternative"
    assert mail_server.tries.keys() == {AT_MIA, AT_DESK}
    assert "Mia Bcc: everybody@example.com Hello" in mail_server.subjects_to(AT_DESK)[0]


def test_a_subject_is_one_readable_line():
    assert one_line(" a\r\nb\u2028c\x00d\u202ee  f\t") == "a b c d e f"
    assert one_line("👩‍🚒 می‌خواهم") == "👩‍🚒 می‌خواهم"
    assert one_line("x" * 400) == "x" * 179 + "…"


def test_names_in_any_script_arrive_as_they_are(book, deliver, mail_server):
    book(customer=replace(MIA, name="مريم 🌺 O'Neill"))

    deliver()

    assert "مريم 🌺 O'Neill" in mail_server.subjects_to(AT_DESK)[0]
    assert "Who:       مريم 🌺 O'Neill\n" in text_of(mail_server.to(AT_DESK)[0])


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("message", MESSAGES)
def test_every_message_can_be_previewed_and_is_complete(message, language, salon):
    salon.locale = language
    booking = sample_booking(salon)

    content = preview(message, booking)

    # Nobody has a reference before they have a booking.
    of_links = dict.fromkeys(["customer_link", "member_invitation", "password_reset"], salon.name)
    known_by = {"booking": "K7PM-4XQ2", **of_links}
    about = MESSAGES[message].about
    assert known_by.get(about, booking.service.name) in content["text"]
    assert known_by.get(about, booking.service.name) in content["html"]
    assert {"bundle": "10", **of_links}.get(about, "Anna") in content["subject"]
    for part in (content["subject"], content["text"], content["html"]):
        assert not re.search(r"{{|{%|None|\bTrue\b", part)
    assert "\n\n\n" not in content["text"]
    assert len(content["html"]) < 12_000


@pytest.mark.parametrize(
    ("audience", "zone_says"),
    [
        ("CUSTOMER", "Asia/Kathmandu (UTC+05:45)"),
        ("STAFF", "Europe/London (UTC+00:00)"),
        ("ADMIN", "Europe/Berlin (UTC+01:00)"),
    ],
)
def test_every_message_is_on_its_readers_clock(clock, salon, audience, zone_says):
    booking = sample_booking(salon)
    booking.timezone, booking.resource.timezone = "Asia/Kathmandu", "Europe/London"
    # A bundle is valid in days of the business, and a link for a while.
    elsewhere = ("bundle", "customer_link", "member_invitation", "password_reset")
    of_theirs = [
        name
        for name, message in MESSAGES.items()
        if message.audience == audience and message.about not in elsewhere
    ]

    assert len(of_theirs) >= 5
    for name in of_theirs:
        content = preview(name, booking)
        for text in (content["text"], content["html"]):
            assert zone_says in text, name


@pytest.mark.parametrize("message", MESSAGES)
def test_every_message_is_german_for_germans(message, salon):
    booking = sample_booking(salon)
    english = preview(message, booking)
    salon.locale = "de"

    german = preview(message, booking)

    same = set(english["text"].splitlines()) & set(german["text"].splitlines())
    # What nobody translates: times, zones, names, addresses, what a person typed.
    assert all(re.search(r"\d|@|Salon Soleil|Muster|wrote|^-*$|^$", line) for line in same)
    assert german["subject"] != english["subject"]


def test_the_translations_are_compiled_from_their_source():
    with translation.override("de"):
        assert translation.gettext("We have your request") == "Ihre Anfrage ist da"


def test_the_desk_is_led_to_the_booking_in_the_console(book, deliver, mail_server, settings):
    settings.PUBLIC_BASE_URL = "https://book.example"
    booking = book()

    deliver()

    path = reverse("admin:bookings_booking_change", args=[booking.pk])
    assert console_url(booking) == f"https://book.example{path}"
    assert f"Open in the console: https://book.example{path}" in text_of(mail_server.to(AT_DESK)[0])
    assert "/admin/" not in mail_server.to(AT_MIA)[0].as_string()


def test_the_customers_mail_leads_to_their_own_booking_and_the_desks_does_not(
    book, deliver, mail_server, settings
):
    settings.PUBLIC_BASE_URL = "https://book.example"
    booking = book()

    deliver()

    to_mia = text_of(mail_server.to(AT_MIA)[0])
    assert f"Change or cancel: https://book.example/manage/{manage_token(booking)}\n" in to_mia
    assert "/manage/" not in mail_server.to(AT_DESK)[0].as_string()


def test_a_link_that_was_renewed_is_the_one_in_the_next_mail(
    book, deliver, mail_server, staff, settings
):
    settings.PUBLIC_BASE_URL = "https://book.example"
    booking = renew_manage_link(book(), caller=staff)
    cancel_booking(booking, caller=staff)

    deliver()

    to_mia = text_of(mail_server.to(AT_MIA)[-1])
    assert booking.manage_generation == 2
    assert f"See the appointment: https://book.example/manage/{manage_token(booking)}\n" in to_mia


def test_the_desk_reads_why_it_was_moved_and_both_read_what_cancelling_late_costs(
    book, haircut, salon, deliver, mail_server, ten_o_clock, clock
):
    haircut.cancel_notice_minutes, haircut.late_fee_amount = 24 * 60, Decimal("15.00")
    haircut.save()
    mia = Caller(CallerKind.CUSTOMER, salon.pk)
    booking = book()
    later = Changes(starts_at=ten_o_clock + timedelta(hours=1))

    update_booking(booking, later, caller=mia, reason="The train is late")
    deliver()

    to_desk = text_of(mail_server.to(AT_DESK)[-1])
    assert re.search(r"^Reason: +The train is late$", to_desk, re.MULTILINE)
    assert "The train is late" not in text_of(mail_server.to(AT_MIA)[-1])
    clock.move_to(ten_o_clock - timedelta(hours=1))
    cancel_booking(booking, caller=mia)
    deliver()
    for mail in (mail_server.to(AT_DESK)[-1], mail_server.to(AT_MIA)[-1]):
        assert re.search(r"^Fee: +15\.00 EUR$", text_of(mail), re.MULTILINE)
