"""Who somebody is and how they are shown, in the console; and the types of resources."""

from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from bookings.models import Photo, Resource, ResourceType
from core.access import Role
from core.models import Event
from tests.bookings.test_photos import picture
from tests.console import desk_for, shown
from tests.factories import MembershipFactory, OrganizationFactory

pytestmark = pytest.mark.django_db

RESOURCES, TYPES = "/admin/bookings/resource/", "/admin/bookings/resourcetype/"


@pytest.fixture
def desk(salon):
    return desk_for(salon, Role.MANAGER)


@pytest.fixture
def form(anna):
    return {
        "name": "Anna",
        "type": str(anna.type_id),
        "timezone": "Europe/Berlin",
        "is_active": "on",
        "places": "1",
        "observes_holidays": "on",
        "holiday_country": "",
        "holiday_region": "",
        "user": "",
    }


def photo(content: bytes, name: str = "anna.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type="image/jpeg")


def errors(page) -> str:
    return str(page.context["adminform"].form.errors)


def test_everything_about_somebody_is_written(desk, salon, anna, form):
    member = MembershipFactory(organization=salon, role=Role.STAFF)
    about = {
        "user": str(member.user_id),
        "bio": "Cuts since 2009.",
        "qualification": "Master",
        "is_always_open": "on",
        "holiday_country": "AT",
    }

    answer = desk.post(f"{RESOURCES}{anna.pk}/change/", {**form, **about})

    assert answer.status_code == 302
    anna.refresh_from_db()
    assert (anna.user, anna.bio, anna.qualification) == (member.user, "Cuts since 2009.", "Master")
    assert (anna.is_always_open, anna.observes_holidays, anna.holiday_country) == (True, True, "AT")
    assert Event.objects.get(name="resource.updated").data == {
        "fields": ["bio", "holiday_country", "is_always_open", "qualification", "user"]
    }


def test_only_members_can_be_chosen_and_each_once(desk, salon, anna, ben, form):
    member = MembershipFactory(organization=salon)
    stranger = MembershipFactory(organization=OrganizationFactory())
    Resource.objects.filter(pk=ben.pk).update(user=member.user)
    path = f"{RESOURCES}{anna.pk}/change/"

    twice = desk.post(path, {**form, "user": str(member.user_id)})
    foreign = desk.post(path, {**form, "user": str(stranger.user_id)})

    assert "This person is another member of staff already." in errors(twice)
    assert "not one of the available choices" in errors(foreign)
    assert stranger.user.name not in shown(desk.get(path))
    anna.refresh_from_db()
    assert anna.user is None


def test_regions_are_those_of_the_country(desk, anna, form):
    path = f"{RESOURCES}{anna.pk}/change/"
    desk.post(path, {**form, "holiday_country": "DE", "holiday_region": "BE"})
    page = shown(desk.get(path))
    unknown = desk.post(path, {**form, "holiday_country": "XX"})
    anna.refresh_from_db()
    berlin = (anna.holiday_country, anna.holiday_region)
    desk.post(path, {**form, "holiday_country": "AT", "holiday_region": "BE"})

    assert '<option value="BY">Bayern</option>' in page
    assert berlin == ("DE", "BE")
    assert "not one of the available choices" in errors(unknown)
    anna.refresh_from_db()
    assert (anna.holiday_country, anna.holiday_region) == ("AT", "")


def test_a_photo_is_uploaded_shown_and_removed(desk, anna, form):
    path = f"{RESOURCES}{anna.pk}/change/"

    desk.post(path, {**form, "photo": photo(picture())})

    kept = Photo.objects.get(resource=anna)
    with Image.open(BytesIO(bytes(kept.content))) as small:
        assert (small.format, small.size) == ("WEBP", (512, 341))
    assert '<img class="hf-photo" src="data:image/webp;base64,' in shown(desk.get(path))
    desk.post(path, form)
    assert Photo.objects.exists()
    desk.post(path, {**form, "remove_photo": "on"})
    assert not Photo.objects.exists()
    fields = Event.objects.filter(name="resource.updated").values_list("data__fields", flat=True)
    assert list(fields) == [["photo"], ["photo"]]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"GIF89a", "This is not a JPEG, PNG or WebP picture."),
        (b"\xff" * (5 * 1024 * 1024 + 1), "A picture may have 5 MB and 50 megapixels."),
    ],
)
def test_a_photo_that_is_none_is_refused_and_nothing_is_saved(desk, anna, form, content, sentence):
    page = desk.post(
        f"{RESOURCES}{anna.pk}/change/", {**form, "name": "Annabel", "photo": photo(content)}
    )

    assert sentence in errors(page)
    anna.refresh_from_db()
    assert anna.name == "Anna"
    assert not Photo.objects.exists()


def test_a_type_is_added_and_renamed_and_keeps_its_key(desk, salon, anna):
    desk.post(f"{TYPES}add/", {"name": "Room", "key": "room"})
    room = ResourceType.objects.get(key="room")

    desk.post(f"{TYPES}{room.pk}/change/", {"name": "Parlor", "key": "parlor"})
    twice = desk.post(f"{TYPES}add/", {"name": "Another", "key": "staff"})

    room.refresh_from_db()
    assert (room.organization, room.name, room.key) == (salon, "Parlor", "room")
    assert "Another type of resource has this key already." in errors(twice)
    assert desk.post(f"{TYPES}{room.pk}/delete/", {"post": "yes"}).status_code == 403
    names = Event.objects.order_by("id").values_list("name", flat=True)
    assert list(names) == ["resourcetype.created", "resourcetype.updated"]


def test_types_are_counted_in_few_questions(desk, anna, django_assert_num_queries):
    with django_assert_num_queries(6):
        assert "Staff" in shown(desk.get(TYPES))
