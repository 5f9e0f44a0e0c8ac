"""The walls that the models describe do stand in the database.

A migration can lose one without a word: taking the index off a foreign key, Django also drops
a partial unique constraint on the same column.
"""

import pytest
from django.apps import apps
from django.db import connection

OURS = ("core", "bookings", "notifications")


@pytest.mark.django_db
def test_every_constraint_and_index_of_a_model_stands_in_the_database():
    described = {
        wall.name
        for label in OURS
        for model in apps.get_app_config(label).get_models()
        for wall in (*model._meta.constraints, *model._meta.indexes)
    }
    with connection.cursor() as cursor:
        cursor.execute("SELECT conname FROM pg_constraint UNION SELECT relname FROM pg_class")
        standing = {name for (name,) in cursor.fetchall()}

    assert len(described) > 20
    assert described - standing == set()
