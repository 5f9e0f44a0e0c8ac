"""Pictures of staff: sent, made small, rid of what a camera knows, shown to everybody."""

import struct
import zlib
from io import BytesIO

import pytest
from PIL import Image

from bookings.models import Photo
from bookings.services.photo import make_small
from core.errors import Invalid
from core.models import Event

pytestmark = pytest.mark.django_db

CAMERA = "Leica of Anna"
MAKE, ORIENTATION, ON_ITS_SIDE = 0x010F, 0x0112, 6


def picture(kind: str = "JPEG", size: tuple[int, int] = (1200, 800), **options) -> bytes:
    """Return a picture whose left half is red and whose right half is blue."""
    drawn = Image.new("RGB", size, "blue")
    drawn.paste("red", (0, 0, size[0] // 2, size[1]))
    file = BytesIO()
    drawn.save(file, kind, **options)
    return file.getvalue()


def from_a_camera() -> bytes:
    exif = Image.Exif()
    exif[MAKE], exif[ORIENTATION] = CAMERA, ON_ITS_SIDE
    return picture(exif=exif, comment=CAMERA.encode())


def bomb(width: int, height: int) -> bytes:
    """Return a PNG of a hundred bytes that says it is this large."""

    def chunk(name: bytes, data: bytes) -> bytes:
        checked = name + data
        return struct.pack(">I", len(data)) + checked + struct.pack(">I", zlib.crc32(checked))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0"))


def send(client, resource, content: bytes, kind: str = "image/jpeg"):
    return client.generic("PUT", f"/api/resources/{resource.pk}/photo", content, content_type=kind)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_is_made_small(kind):
    with Image.open(BytesIO(make_small(picture(kind)))) as small:
        assert (small.format, small.size) == ("WEBP", (512, 341))


def test_it_stands_upright_and_knows_no_camera():
    made = make_small(from_a_camera())

    with Image.open(BytesIO(made)) as small:
        assert small.size == (341, 512)  # it was taken on its side
        red, _, blue = small.convert("RGB").getpixel((170, 20))
        assert red > 200 > 60 > blue
        assert dict(small.getexif()) == {}
    assert CAMERA.encode() not in made


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "This is not a JPEG, PNG or WebP picture."),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "This is not a JPEG, PNG or WebP picture."),
        (picture("GIF"), "This is not a JPEG, PNG or WebP picture."),
        (picture()[:2000], "This is not a JPEG, PNG or WebP picture."),
        (bomb(8_000, 8_000), "A picture may have 5 MB and 50 megapixels."),
        (bomb(60_000, 60_000), "A picture may have 5 MB and 50 megapixels."),
        (b"\xff" * (5 * 1024 * 1024 + 1), "A picture may have 5 MB and 50 megapixels."),
    ],
    ids=["nothing", "svg", "gif", "cut", "large", "bomb", "heavy"],
)
def test_what_is_no_picture_is_refused(content, sentence):
    with pytest.raises(Invalid) as refusal:
        make_small(content)

    assert refusal.value.details == {"fields": {"photo": [sentence]}}


def test_a_picture_is_sent_shown_and_removed(desk, website, client, anna, settings):
    sent = send(desk, anna, picture("PNG"), "image/png")

    assert sent.status_code == 200
    url = sent.json()["data"]["photoUrl"]
    assert website.get(f"/api/resources/{anna.pk}").json()["data"]["photoUrl"] == url
    path = url.removeprefix(settings.PUBLIC_BASE_URL)
    shown = client.get(path)
    assert (shown.status_code, shown["Content-Type"]) == (200, "image/webp")
    assert shown["Cache-Control"] == "public, max-age=31536000, immutable"
    assert shown["X-Content-Type-Options"] == "nosniff"
    again = client.get(path, headers={"If-None-Match": shown["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    plain = client.get(f"/photos/{anna.pk}")
    assert (plain.status_code, plain["Cache-Control"]) == (200, "public, max-age=300")
    removed = desk.delete(f"/api/resources/{anna.pk}/photo")
    assert removed.json()["data"]["photoUrl"] is None
    assert client.get(path).status_code == 404
    fields = Event.objects.filter(name="resource.updated").values_list("data__fields", flat=True)
    assert list(fields) == [["photo"], ["photo"]]


def test_another_picture_has_another_address(desk, anna):
    one = send(desk, anna, picture()).json()["data"]["photoUrl"]
    other = send(desk, anna, picture(size=(800, 1200))).json()["data"]["photoUrl"]

    assert one != other
    assert Photo.objects.count() == 1


def test_who_cannot_be_booked_is_not_shown(desk, client, anna):
    send(desk, anna, picture())
    anna.is_active = False
    anna.save()

    assert client.get(f"/photos/{anna.pk}").status_code == 404


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"no picture", "image/jpeg", 400),
        (b"", "image/jpeg", 400),
        (b"GIF89a", "image/gif", 415),
        (b"{}", "application/json", 415),
        (b"x" * (5 * 1024 * 1024 + 1), "image/jpeg", 413),
    ],
)
def test_what_cannot_be_taken_is_refused(desk, anna, content, kind, status):
    assert send(desk, anna, content, kind).status_code == status
    assert not Photo.objects.exists()


def test_only_who_may_change_the_catalogue_sends_a_picture_and_only_of_their_own(
    website, stranger, anna
):
    assert send(website, anna, picture()).status_code == 403
    assert send(stranger, anna, picture()).status_code == 404
    assert website.delete(f"/api/resources/{anna.pk}/photo").status_code == 403
    assert not Photo.objects.exists()
