"""What tests of the ground share. (Imports wait until Django is set up.)"""

import pytest
from django.apps import apps


@pytest.fixture
def ring(settings):
    """Set the encryption keys to these, the writing one first. It begins with FIRST alone."""
    from tests.core.guests import FIRST

    def ring(*keys):
        settings.ENCRYPTION_KEY = ",".join(key.hex() for key in keys)

    ring(FIRST)
    return ring


@pytest.fixture
def guests(db, ring):
    """The manager of a table that is gone after the test, as its transaction is."""
    from tests.core.guests import Guest, make_tables

    make_tables()
    return Guest.objects


@pytest.fixture
def shared_guests(transactional_db, ring):
    """The same, seen by other connections too."""
    from tests.core.guests import Guest, drop_tables, make_tables

    make_tables()
    yield Guest.objects
    drop_tables()


@pytest.fixture
def installed():
    """Let whoever walks the models of the product find those of tests.core.guests too."""
    from tests.core.guests import ALL

    for model in ALL:
        apps.register_model("core", model)
    yield
    for model in ALL:
        del apps.all_models["core"][str(model._meta.model_name)]
    apps.clear_cache()


@pytest.fixture
def at_home(settings):
    """This machine counts as one from which what somebody names may be fetched."""
    from core.proxies import networks

    settings.OUTBOUND_ALLOWED_NETWORKS = networks(["127.0.0.0/8"])


@pytest.fixture
def mias(desk, wish):
    """The path of Mia's booking, made over the API."""
    booked = desk.post("/api/bookings", wish).json()["data"]
    return f"/api/bookings/{booked['id']}"


@pytest.fixture
def nothing_changes(mias):
    """Mia's booking is all there is, before the test and after it."""
    from tests.core.refusals import everything

    before = everything()
    yield
    assert everything() == before


@pytest.fixture
def nora(salon):
    """The owner of the salon, who signs in with PASSWORD of tests.core.people."""
    from tests.core.people import somebody

    return somebody(salon, "nora@salon.example", "Nora")


@pytest.fixture
def other_person(db, client):
    """Somebody of another organization, signed in over the API."""
    from tests.core.people import bearer, sign_in, somebody
    from tests.factories import OrganizationFactory

    somebody(OrganizationFactory(slug="school"), "olga@school.example", "Olga")
    answer = sign_in(client, email="olga@school.example", cookie=False)
    return bearer(answer.json()["data"]["accessToken"])
