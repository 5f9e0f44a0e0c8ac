"""An organization's logo: given as a file or by an address, made small, shown wherever it is
spoken for.
"""

from io import BytesIO
from urllib.parse import urlsplit

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from bookings.models import Booking
from bookings.selectors.manage import manage_url
from bookings.selectors.waitlist import waitlist_url
from core.access import Role
from core.errors import Invalid
from core.invitations import invitation_url
from core.models import Event, Logo
from core.services.invitation import invite
from core.services.logo import remove_logo, set_logo, set_logo_from
from notifications.services.rendering import preview
from notifications.services.samples import sample_booking
from tests.bookings.test_photos import CAMERA, bomb, from_a_camera, picture
from tests.console import desk_for, said, shown
from tests.core.file_server import here, say, serving
from tests.factories import OrganizationFactory
from tests.house.test_nobody_in_clear import dump

pytestmark = pytest.mark.django_db

NO_PICTURE = "This is not a JPEG, PNG or WebP picture."
TOO_LARGE = "A picture may have 5 MB and 50 megapixels."


def changes() -> list[bool]:
    found = Event.objects.filter(name="organization.logo_changed").order_by("id")
    return list(found.values_list("data__is_shown", flat=True))


def file(content: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile("logo.png", content, content_type="image/png")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_logo_is_kept_as_a_small_png(salon, staff, client, kind, settings):
    salon = set_logo(salon, picture(kind), caller=staff)

    assert (salon.logo_width, salon.logo_height) == (216, 144)
    assert salon.logo_size == (72, 48)
    answer = client.get(salon.logo_path)
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/png")
    assert answer["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer["X-Content-Type-Options"] == "nosniff"
    with Image.open(BytesIO(answer.content)) as small:
        assert (small.format, small.size) == ("PNG", (216, 144))
    again = client.get(salon.logo_path, headers={"If-None-Match": answer["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert salon.logo_url == settings.PUBLIC_BASE_URL + salon.logo_path


def test_a_wide_one_is_shown_whole_and_a_tiny_one_is_not_blown_up(salon, staff):
    assert set_logo(salon, picture(size=(2000, 200)), caller=staff).logo_size == (160, 16)
    assert set_logo(salon, picture(size=(20, 10)), caller=staff).logo_size == (20, 10)


def test_it_keeps_what_can_be_seen_through_and_loses_what_the_camera_knew(salon, staff):
    glass = BytesIO()
    Image.new("RGBA", (60, 30), (255, 0, 0, 0)).save(glass, "PNG")
    set_logo(salon, glass.getvalue(), caller=staff)
    with Image.open(BytesIO(bytes(Logo.objects.get().content))) as kept:
        assert kept.convert("RGBA").getpixel((5, 5))[3] == 0

    set_logo(salon, from_a_camera(), caller=staff)
    kept = bytes(Logo.objects.get().content)
    assert CAMERA.encode() not in kept
    assert len(kept) < 100_000


def test_a_noisy_photograph_is_made_small_too(salon, staff):
    noise = BytesIO()
    Image.effect_noise((480, 144), 200).convert("RGB").save(noise, "PNG")
    set_logo(salon, noise.getvalue(), caller=staff)

    assert len(bytes(Logo.objects.get().content)) <= 100_000


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", NO_PICTURE),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", NO_PICTURE),
        (b"<!doctype html><script>alert(1)</script>", NO_PICTURE),
        (picture("GIF"), NO_PICTURE),
        (picture()[:2000], NO_PICTURE),
        (bomb(60_000, 60_000), TOO_LARGE),
        (b"\xff" * (5 * 1024 * 1024 + 1), TOO_LARGE),
    ],
    ids=["nothing", "svg", "page", "gif", "cut", "bomb", "heavy"],
)
def test_what_is_no_picture_is_refused_and_the_old_one_stays(salon, staff, content, sentence):
    before = set_logo(salon, picture(), caller=staff).logo_digest

    with pytest.raises(Invalid) as refused:
        set_logo(salon, content, caller=staff)

    assert refused.value.details == {"fields": {"logo": [sentence]}}
    salon.refresh_from_db()
    assert (salon.logo_digest, changes()) == (before, [True])


def test_a_change_is_written_down_once_and_nothing_of_it_stays_behind(salon, staff, client):
    first = set_logo(salon, picture(), caller=staff).logo_path
    set_logo(salon, picture(), caller=staff)
    second = set_logo(salon, picture(size=(400, 100)), caller=staff).logo_path
    assert first != second
    remove_logo(salon, caller=staff)
    remove_logo(salon, caller=staff)

    assert changes() == [True, True, False]
    assert not Logo.objects.exists()
    assert client.get(second).status_code == 404


def test_the_logo_of_an_organization_that_is_closed_is_not_shown(salon, staff, client):
    path = set_logo(salon, picture(), caller=staff).logo_path
    salon.refresh_from_db()
    salon.is_active = False
    salon.save()

    assert client.get(path).status_code == 404


def test_a_logo_is_fetched_once_and_kept(at_home, salon, staff):
    with serving(say(200, picture("PNG"), Content_Type="image/png")) as (port, asked):
        url = f"http://www.salon.example:{port}/logo.png?token=7b1f"
        salon = set_logo_from(salon, url, caller=staff, resolve=here)

    assert salon.logo_size == (72, 48)
    assert [path for path, _ in asked] == ["/logo.png?token=7b1f"]
    assert changes() == [True]
    assert "7b1f" not in dump()


@pytest.mark.parametrize(
    ("content", "sentence"), [(b"<html>", NO_PICTURE), (bomb(60_000, 60_000), TOO_LARGE)]
)
def test_what_is_fetched_is_looked_into_as_well(at_home, salon, staff, content, sentence):
    answer = say(200, content, Content_Type="image/png")
    with serving(answer) as (port, _), pytest.raises(Invalid) as refused:
        set_logo_from(salon, f"http://salon.example:{port}/", caller=staff, resolve=here)

    assert refused.value.details == {"fields": {"url": [sentence]}}
    assert (Logo.objects.count(), changes()) == (0, [])


def test_the_console_takes_a_file_shows_it_and_takes_it_away(salon):
    desk = desk_for(salon, Role.OWNER)
    settings_page = f"/admin/core/organization/{salon.pk}/change/"
    page = f"/admin/core/organization/{salon.pk}/logo/"
    assert page in shown(desk.get(settings_page))

    answer = desk.send(page, logo=file(picture("PNG")))

    assert said(answer) == ["The logo is on every page and in every mail from now on."]
    salon.refresh_from_db()
    assert salon.logo_path in shown(desk.get(settings_page))
    assert Event.objects.get(name="organization.logo_changed").actor_id == desk.user.pk
    assert said(desk.send(page, go="remove")) == ["The name stands alone now."]
    assert salon.logo_path not in shown(desk.get(settings_page))
    assert changes() == [True, False]


def test_the_console_takes_an_address_too(at_home, salon):
    desk = desk_for(salon, Role.OWNER)
    with serving(say(200, picture("WEBP"), Content_Type="image/webp")) as (port, _):
        answer = desk.send(
            f"/admin/core/organization/{salon.pk}/logo/", url=f"http://127.0.0.1:{port}/"
        )

    assert answer.status_code == 302
    assert changes() == [True]


@pytest.mark.parametrize(
    ("sent", "errors"),
    [
        ({}, {"__all__": ["Choose a file, or write an address."]}),
        (
            {"url": "https://169.254.169.254/latest/meta-data"},
            {"url": ["This address cannot be reached from here."]},
        ),
        (
            {"url": "ftp://www.example.com/logo.png"},
            {"url": ["Write an address like https://www.example.com/logo.png."]},
        ),
        ({"logo": b"GIF89a"}, {"logo": [NO_PICTURE]}),
        ({"logo": b"x" * (5 * 1024 * 1024 + 1)}, {"logo": [TOO_LARGE]}),
    ],
    ids=["nothing", "inward", "ftp", "gif", "heavy"],
)
def test_the_console_says_beside_the_field_what_is_wrong(salon, sent, errors):
    if isinstance(sent.get("logo"), bytes):
        sent = {"logo": file(sent["logo"])}
    desk = desk_for(salon, Role.OWNER)

    page = desk.send(f"/admin/core/organization/{salon.pk}/logo/", **sent)

    assert page.context["form"].errors == errors
    assert changes() == []


def test_only_who_may_change_the_settings_changes_it(salon):
    page = f"/admin/core/organization/{salon.pk}/logo/"

    assert desk_for(salon, Role.MANAGER).send(page, logo=file(picture())).status_code == 403
    elsewhere = desk_for(OrganizationFactory(name="Elsewhere"), Role.OWNER)
    assert elsewhere.send(page, logo=file(picture())).status_code == 404
    assert changes() == []


def test_pages_mails_and_the_console_show_it(salon, book, wait, staff, client):
    salon = set_logo(salon, picture(), caller=staff)
    path = salon.logo_path
    image = f'<img src="{path}" alt="" width="72" height="48">'

    assert image in client.get("/book/salon/haircut").text
    assert image in client.get("/my/salon").text
    booking = Booking.objects.select_related("organization").get(pk=book().pk)
    guest = invite(
        organization=salon, email="dora@salon.example", role=Role.STAFF, grants=[], caller=staff
    )
    for link in (manage_url(booking), waitlist_url(wait("Lea")), invitation_url(guest)):
        assert image in client.get(urlsplit(link).path).text, link
    assert f'src="{path}"' in desk_for(salon, Role.OWNER).get("/admin/").text
    said_by_mail = preview("booking_confirmed", sample_booking(salon))
    assert (
        f'src="{salon.logo_url}" alt="Salon Soleil" width="72" height="48"' in said_by_mail["html"]
    )
    assert "/logos/" not in said_by_mail["text"]


def test_without_one_the_name_stands_alone(salon, haircut, client):
    assert "<img" not in client.get("/book/salon/haircut").text
    assert "<img" not in preview("booking_confirmed", sample_booking(salon))["html"]
