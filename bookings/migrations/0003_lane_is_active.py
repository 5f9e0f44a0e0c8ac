from django.db import migrations, models


class Migration(migrations.Migration):
    """A place that is no longer wanted takes no booking and keeps its history."""

    dependencies = [("bookings", "0002_booking_changes_are_legal")]

    operations = [
        migrations.AddField(
            model_name="lane",
            name="is_active",
            field=models.BooleanField(db_default=True, default=True),
        ),
    ]
