"""The record of processing activities: made of what the system keeps, so it cannot grow stale."""

import json
from io import StringIO

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import models

from core.access import Role
from core.fields import Encrypted
from core.processing import activities
from tests.console import desk_for, shown

# Columns that say who somebody is, or where they are, without being encrypted or an address.
TELLING = {"network", "device", "bio", "index"}
OURS = ("core", "bookings", "notifications")


def is_personal(field: models.Field) -> bool:
    is_index = field.name in TELLING or field.name.endswith("_index")
    return isinstance(field, Encrypted | models.EmailField) or is_index


def test_every_personal_column_has_a_purpose():
    found = {
        (model._meta.label, field.name)
        for model in apps.get_models()
        if model._meta.app_label in OURS
        for field in model._meta.local_concrete_fields
        if is_personal(field)
    }
    told = {
        (data.model, column)
        for activity in activities()
        for data in activity.data
        for column in data.columns
    }

    assert found - told == set()
    assert ("bookings.Booking", "cancel_reason") in found
    for label, column in told:  # and none that is not there
        assert apps.get_model(label)._meta.get_field(column)


@pytest.mark.django_db
def test_it_says_for_how_long_and_who_else_gets_it(salon, settings, capsys):
    salon.customer_retention_months, salon.message_retention_days = 24, 90
    salon.save()
    settings.EMAIL_PROVIDER = "postmark"
    out = StringIO()

    call_command("processing_record", organization="salon", json=True, stdout=out)

    record = json.loads(out.getvalue())
    by_key = {one["key"]: one for one in record["activities"]}
    assert by_key["bookings"]["kept"] == "24 months after they were here last"
    assert by_key["messages"]["kept"] == "90 days"
    assert by_key["messages"]["recipients"] == ["Mail provider: postmark"]
    who = by_key["customers"]["data"][0]
    assert (who["table"], who["isEncrypted"]) == ("bookings_customer", True)
    assert by_key["accounts"]["data"][0]["isEncrypted"] is False
    assert "A second factor can be set up, and is not required." in record["measures"]

    plain = StringIO()
    call_command("processing_record", organization="salon", stdout=plain)
    assert "Salon Soleil" in plain.getvalue()
    assert "  > Mail provider: postmark" in plain.getvalue()
    with pytest.raises(CommandError):
        call_command("processing_record", organization="nobody", stdout=plain)


@pytest.mark.django_db
def test_who_runs_the_organization_reads_and_prints_it(salon):
    salon.requires_second_factor = False
    salon.save()

    page = desk_for(salon, Role.OWNER).get("/admin/processing-record/")

    assert page.status_code == 200
    assert "Until they are erased: no time is set" in shown(page)
    assert desk_for(salon, Role.MANAGER).get("/admin/processing-record/").status_code == 403
