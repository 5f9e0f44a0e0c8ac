from django.db import migrations

APPEND_ONLY = """
CREATE FUNCTION core_event_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'An event is never changed or deleted.'
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'event_is_append_only';
END $$;
CREATE TRIGGER event_is_append_only BEFORE UPDATE OR DELETE ON core_event
    FOR EACH ROW EXECUTE FUNCTION core_event_is_append_only();
"""

ENTERS_OUTBOX = """
CREATE FUNCTION core_event_enters_outbox() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO core_outbox (event_id) VALUES (NEW.id);
    RETURN NULL;
END $$;
CREATE TRIGGER event_enters_outbox AFTER INSERT ON core_event
    FOR EACH ROW EXECUTE FUNCTION core_event_enters_outbox();
"""

SEALS_APPEND_ONLY = """
CREATE FUNCTION core_seal_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'A seal is never changed or deleted.'
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'seal_is_append_only';
END $$;
CREATE TRIGGER seal_is_append_only BEFORE UPDATE OR DELETE ON core_seal
    FOR EACH ROW EXECUTE FUNCTION core_seal_is_append_only();
"""


class Migration(migrations.Migration):
    """What happened stays written as it was, sealed, and is always told to its handlers."""

    dependencies = [("core", "0001_initial")]

    operations = [
        migrations.RunSQL(
            APPEND_ONLY,
            "DROP TRIGGER event_is_append_only ON core_event;"
            "DROP FUNCTION core_event_is_append_only();",
        ),
        migrations.RunSQL(
            ENTERS_OUTBOX,
            "DROP TRIGGER event_enters_outbox ON core_event;"
            "DROP FUNCTION core_event_enters_outbox();",
        ),
        migrations.RunSQL(
            SEALS_APPEND_ONLY,
            "DROP TRIGGER seal_is_append_only ON core_seal;"
            "DROP FUNCTION core_seal_is_append_only();",
        ),
    ]
