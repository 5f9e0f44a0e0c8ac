"""A client that a generator made from the OpenAPI document, used as its users would."""

import compileall
import importlib
import pkgutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bookings.models import Booking
from config.settings.env import BASE_DIR
from core.models import ApiKey
from tests.cast import a_key

DOCUMENT = BASE_DIR / "config" / "openapi.yml"
PACKAGE = "holdfast_client"
CONFIGURATION = f"package_name_override: {PACKAGE}\npost_hooks: []\n"
TEN_O_CLOCK = datetime(2026, 11, 16, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def client_package(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A package generated from the committed document, without a warning, and importable."""
    folder = tmp_path_factory.mktemp("client")
    configuration = folder / "configuration.yml"
    configuration.write_text(CONFIGURATION)
    package = folder / PACKAGE
    command = [sys.executable, "-m", "openapi_python_client", "generate", "--fail-on-warning"]
    command += ["--path", str(DOCUMENT), "--config", str(configuration)]
    command += ["--meta", "none", "--output-path", str(package)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    sys.path.insert(0, str(folder))
    yield package
    sys.path.remove(str(folder))
    for name in [name for name in sys.modules if name.partition(".")[0] == PACKAGE]:
        del sys.modules[name]


@pytest.fixture
def made(client_package: Path) -> Any:
    """Its models."""
    return importlib.import_module(f"{PACKAGE}.models")


@pytest.fixture
def client_with(live_server, client_package) -> Iterator[Any]:
    """Open a client with a key, as its user would; it is closed at the end."""
    module = importlib.import_module(f"{PACKAGE}.client")
    with ExitStack() as opened:

        def client_with(key: str) -> Any:
            client = module.AuthenticatedClient(base_url=live_server.url, token=key)
            return opened.enter_context(client)

        yield client_with


@pytest.fixture
def salons_client(client_with, salon, haircut, clock) -> Any:
    return client_with(a_key(salon, kind=ApiKey.Kind.SECRET))


def call(tag: str, name: str) -> Any:
    return importlib.import_module(f"{PACKAGE}.api.{tag}.{name}")


def a_wish(made: Any, starts_at: datetime = TEN_O_CLOCK) -> Any:
    return made.CreateBooking(
        name="Mia Müller",
        company="Müller GmbH",
        email="mia@example.com",
        inquiry="As last time",
        time_slot=made.TimeSlot(start_time=starts_at, duration=30),
    )


def test_it_compiles_and_has_a_module_for_every_call(client_package):
    assert compileall.compile_dir(client_package, quiet=2, force=True)

    package = importlib.import_module(PACKAGE)
    modules = {
        module.name: importlib.import_module(module.name)
        for module in pkgutil.walk_packages(package.__path__, f"{PACKAGE}.")
    }

    calls = {name.rpartition(".")[2] for name, module in modules.items() if hasattr(module, "sync")}
    assert calls >= {
        "create_booking",
        "list_bookings",
        "get_booking",
        "update_booking",
        "change_booking_status",
        "cancel_booking",
        "list_free_times",
        "create_hold",
        "drop_hold",
    }


def test_it_books_and_reads_what_it_booked(made, salons_client):
    answer = call("bookings", "create_booking").sync(client=salons_client, body=a_wish(made))

    assert isinstance(answer, made.NewBookingAnswer)
    booking = answer.data
    assert booking.status is made.BookingStatus.PENDING
    assert booking.time_slot.start_time == TEN_O_CLOCK
    assert Booking.objects.get().pk == booking.id
    read = call("bookings", "get_booking").sync(booking.id, client=salons_client)
    links = {"manageToken", "manageUrl"}
    made_known = {name: v for name, v in booking.to_dict().items() if name not in links}
    assert read.data.to_dict() == made_known


def test_it_reads_why_a_time_is_refused_and_books_an_alternative(made, salons_client):
    create = call("bookings", "create_booking")
    create.sync(client=salons_client, body=a_wish(made))

    answer = create.sync(client=salons_client, body=a_wish(made))

    assert isinstance(answer, made.CreateBookingConflict)
    details = answer.error.details
    assert details.reason is made.CreateBookingConflictReason.SLOT_TAKEN
    offered = details.alternatives[0].start_time
    again = create.sync(client=salons_client, body=a_wish(made, offered))
    assert isinstance(again, made.NewBookingAnswer)
    assert Booking.objects.count() == 2


def test_it_knows_a_refusal_by_its_type(made, salons_client, client_with):
    wish = a_wish(made)
    wish.time_slot.duration = 31
    answer = call("bookings", "create_booking").sync(client=salons_client, body=wish)
    assert isinstance(answer, made.ValidationFailure)
    assert list(answer.error.details.fields.additional_properties) == ["timeSlot.duration"]

    answer = call("bookings", "list_bookings").sync(client=client_with("sk_wrong"))
    assert isinstance(answer, made.UnauthorizedFailure)


def test_it_pages_both_ways(made, salons_client):
    list_bookings = call("bookings", "list_bookings")
    call("bookings", "create_booking").sync(client=salons_client, body=a_wish(made))

    by_number = list_bookings.sync(client=salons_client, limit=1)
    by_cursor = list_bookings.sync(client=salons_client, limit=1, cursor="")

    assert isinstance(by_number.pagination, made.NumberedPages)
    assert by_number.pagination.total == 1
    assert isinstance(by_cursor.pagination, made.CursorPages)
    assert by_cursor.pagination.next_ is None
    assert by_cursor.data == by_number.data
