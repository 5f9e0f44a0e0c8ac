from django.db import migrations

# An array has no foreign keys. Resources are never deleted, and change no organization.
OURS = """
CREATE FUNCTION bookings_own_resources_are_ours() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM unnest(NEW.own_resource_ids) AS own
        WHERE NOT EXISTS (
            SELECT FROM bookings_resource
            WHERE id = own AND organization_id = NEW.organization_id
        )
    ) THEN
        RAISE EXCEPTION 'What somebody is limited to is a resource of their organization.'
            USING ERRCODE = 'foreign_key_violation', CONSTRAINT = TG_NAME;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER membership_owns_what_is_ours
    BEFORE INSERT OR UPDATE OF own_resource_ids, organization_id ON core_membership
    FOR EACH ROW WHEN (NEW.own_resource_ids <> '{}')
    EXECUTE FUNCTION bookings_own_resources_are_ours();
CREATE TRIGGER invitation_owns_what_is_ours
    BEFORE INSERT OR UPDATE OF own_resource_ids, organization_id ON core_invitation
    FOR EACH ROW WHEN (NEW.own_resource_ids <> '{}')
    EXECUTE FUNCTION bookings_own_resources_are_ours();
"""


class Migration(migrations.Migration):
    """The resources that somebody is limited to are their organization's, whoever writes them."""

    dependencies = [("bookings", "0003_ledgers_and_counters_agree")]

    operations = [
        migrations.RunSQL(
            OURS,
            "DROP TRIGGER invitation_owns_what_is_ours ON core_invitation;"
            "DROP TRIGGER membership_owns_what_is_ours ON core_membership;"
            "DROP FUNCTION bookings_own_resources_are_ours();",
        )
    ]
