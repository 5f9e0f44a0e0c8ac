from django.db import migrations

# The table is Booking.TRANSITIONS; a test holds the two together.
LEGAL_CHANGES = """
CREATE FUNCTION bookings_booking_changes_are_legal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.status <> OLD.status AND NOT (
        (OLD.status = 'PENDING' AND NEW.status IN ('CONFIRMED', 'CANCELLED'))
        OR (OLD.status = 'CONFIRMED' AND NEW.status IN ('COMPLETED', 'NO_SHOW', 'CANCELLED'))
    ) THEN
        RAISE EXCEPTION 'A booking cannot go from % to %.', OLD.status, NEW.status
            USING ERRCODE = 'integrity_constraint_violation',
                  CONSTRAINT = 'booking_transition_is_legal';
    END IF;
    IF NEW.version NOT IN (OLD.version, OLD.version + 1) OR (
        NEW.version = OLD.version
        AND (NEW.status, NEW.starts_at, NEW.ends_at, NEW.resource_id)
            IS DISTINCT FROM (OLD.status, OLD.starts_at, OLD.ends_at, OLD.resource_id)
    ) THEN
        RAISE EXCEPTION 'Version % does not follow version %.', NEW.version, OLD.version
            USING ERRCODE = 'integrity_constraint_violation',
                  CONSTRAINT = 'booking_version_follows';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER booking_changes_are_legal BEFORE UPDATE ON bookings_booking
    FOR EACH ROW EXECUTE FUNCTION bookings_booking_changes_are_legal();
"""


class Migration(migrations.Migration):
    """The database refuses an illegal status change and a stale version, whoever writes."""

    dependencies = [("bookings", "0001_initial")]

    operations = [
        migrations.RunSQL(
            LEGAL_CHANGES,
            "DROP TRIGGER booking_changes_are_legal ON bookings_booking;"
            "DROP FUNCTION bookings_booking_changes_are_legal();",
        )
    ]
