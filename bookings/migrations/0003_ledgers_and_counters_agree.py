from django.db import migrations

# But for the words of a reason, which are encrypted: a new key rewrites them, an erasure empties
# them, and no balance depends on them.
APPEND_ONLY = """
CREATE FUNCTION bookings_credit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - 'reason' = to_jsonb(OLD) - 'reason' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'A credit entry is never changed or deleted.'
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'credit_is_append_only';
END $$;
CREATE TRIGGER credit_is_append_only BEFORE UPDATE OR DELETE ON bookings_creditentry
    FOR EACH ROW EXECUTE FUNCTION bookings_credit_is_append_only();
"""

# What somebody agreed to, and that they did, is for ever.
CONSENTS = """
CREATE FUNCTION bookings_consent_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'A consent, and its text, is never changed or deleted.'
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = TG_NAME;
END $$;
CREATE TRIGGER consent_text_is_append_only BEFORE UPDATE OR DELETE ON bookings_consenttext
    FOR EACH ROW EXECUTE FUNCTION bookings_consent_is_append_only();
CREATE TRIGGER consent_is_append_only BEFORE UPDATE OR DELETE ON bookings_consententry
    FOR EACH ROW EXECUTE FUNCTION bookings_consent_is_append_only();
"""

# At the end of the transaction, because the balance and its entry are two statements.
BALANCE = """
CREATE FUNCTION bookings_bundle_agrees_with_ledger() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM bookings_bundlepurchase AS bundle
        JOIN bookings_creditentry AS entry
            ON entry.bundle_id = bundle.id AND entry.number = bundle.entries
        WHERE bundle.id = NEW.id AND entry.balance = bundle.remaining_sessions
    ) THEN
        RAISE EXCEPTION 'The balance of bundle % is not that of its ledger.', NEW.id
            USING ERRCODE = 'integrity_constraint_violation',
                  CONSTRAINT = 'bundle_agrees_with_ledger';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER bundle_agrees_with_ledger
    AFTER INSERT OR UPDATE ON bookings_bundlepurchase DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION bookings_bundle_agrees_with_ledger();
"""

# Whoever changes a place has locked the session's row, so two of these never count at once.
PLACES = """
CREATE FUNCTION bookings_places_agree(session uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM bookings_groupsession AS counted
        WHERE counted.id = session AND (
            counted.taken <> (
                SELECT count(*) FROM bookings_booking
                WHERE group_session_id = session AND status <> 'CANCELLED'
            )
            OR counted.held <> (
                SELECT count(*) FROM bookings_hold
                WHERE group_session_id = session AND ended_at IS NULL
            )
        )
    ) THEN
        RAISE EXCEPTION 'The places of session % are not what is counted.', session
            USING ERRCODE = 'integrity_constraint_violation',
                  CONSTRAINT = 'session_counts_its_places';
    END IF;
END $$;
CREATE FUNCTION bookings_session_counts_its_places() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM bookings_places_agree(NEW.id);
    RETURN NULL;
END $$;
CREATE FUNCTION bookings_place_is_counted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM bookings_places_agree(NEW.group_session_id);
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER session_counts_its_places
    AFTER INSERT OR UPDATE OF taken, held ON bookings_groupsession DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION bookings_session_counts_its_places();
CREATE CONSTRAINT TRIGGER place_is_counted
    AFTER INSERT OR UPDATE OF status, group_session_id ON bookings_booking
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.group_session_id IS NOT NULL)
    EXECUTE FUNCTION bookings_place_is_counted();
CREATE CONSTRAINT TRIGGER held_place_is_counted
    AFTER INSERT OR UPDATE OF ended_at, group_session_id ON bookings_hold
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.group_session_id IS NOT NULL)
    EXECUTE FUNCTION bookings_place_is_counted();
"""


class Migration(migrations.Migration):
    """A balance is its ledger's, a session's counters are its rows', and a ledger only grows."""

    dependencies = [("bookings", "0002_booking_changes_are_legal")]

    operations = [
        migrations.RunSQL(
            APPEND_ONLY,
            "DROP TRIGGER credit_is_append_only ON bookings_creditentry;"
            "DROP FUNCTION bookings_credit_is_append_only();",
        ),
        migrations.RunSQL(
            CONSENTS,
            "DROP TRIGGER consent_is_append_only ON bookings_consententry;"
            "DROP TRIGGER consent_text_is_append_only ON bookings_consenttext;"
            "DROP FUNCTION bookings_consent_is_append_only();",
        ),
        migrations.RunSQL(
            BALANCE,
            "DROP TRIGGER bundle_agrees_with_ledger ON bookings_bundlepurchase;"
            "DROP FUNCTION bookings_bundle_agrees_with_ledger();",
        ),
        migrations.RunSQL(
            PLACES,
            "DROP TRIGGER held_place_is_counted ON bookings_hold;"
            "DROP TRIGGER place_is_counted ON bookings_booking;"
            "DROP TRIGGER session_counts_its_places ON bookings_groupsession;"
            "DROP FUNCTION bookings_place_is_counted();"
            "DROP FUNCTION bookings_session_counts_its_places();"
            "DROP FUNCTION bookings_places_agree(uuid);",
        ),
    ]
