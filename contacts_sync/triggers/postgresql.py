"""The triggers on PostgreSQL, where numbers come from a sequence.

Numbers become visible in the order of the commits, not in the order in which they were given: see
`watermark`. No trigger names a column, or ALTER TABLE would refuse to touch it. Statement triggers
lock contacts in the order of their ids: with row triggers, two sessions that write values of the
same contacts in opposite orders were a deadlock.
"""

from __future__ import annotations

import hashlib

from django.db import OperationalError, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from contacts_sync.models.contact import VALUE_MODELS

PREFIX = "contacts_sync_raise_"
VALUES = [str(model._meta.model_name) for model in VALUE_MODELS.values()]

# Owned by no column, or a flush would restart it; and without CACHE, which gives numbers out of turn.
SEQUENCE = "CREATE SEQUENCE IF NOT EXISTS contacts_sync_revision"
# Never below a number that is in use. Called once, so that `last_value` is a number that was given.
WIND = """
SELECT setval('contacts_sync_revision', greatest(
    (SELECT last_value FROM contacts_sync_revision),
    (SELECT max(revision) FROM contacts_sync_contact),
    (SELECT max(seen) FROM contacts_sync_connection),
    (SELECT max(local_revision) FROM contacts_sync_externallink)
))
"""
FUNCTIONS = """
CREATE FUNCTION contacts_sync_raise_these(ids bigint[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE contacts_sync_contact SET revision = nextval('contacts_sync_revision')
    FROM (
        SELECT id FROM contacts_sync_contact WHERE id = ANY (ids) ORDER BY id FOR NO KEY UPDATE
    ) locked
    WHERE contacts_sync_contact.id = locked.id;
END $$;

CREATE FUNCTION contacts_sync_raise_edited(ids bigint[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE contacts_sync_contact
    SET revision = nextval('contacts_sync_revision'), edited_at = clock_timestamp()
    FROM (
        SELECT id FROM contacts_sync_contact WHERE id = ANY (ids) ORDER BY id FOR NO KEY UPDATE
    ) locked
    WHERE contacts_sync_contact.id = locked.id;
END $$;

CREATE FUNCTION contacts_sync_raise_contact() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    probe contacts_sync_contact%ROWTYPE;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        probe := NEW;
        probe.revision := OLD.revision;
        probe.updated_at := OLD.updated_at;
        probe.edited_at := OLD.edited_at;
        IF probe IS NOT DISTINCT FROM OLD THEN
            -- Raised by one of us, or saved with its old number and time by an instance read earlier.
            IF NEW.revision < OLD.revision THEN
                NEW.revision := OLD.revision;
                NEW.edited_at := OLD.edited_at;
            END IF;
            RETURN NEW;
        END IF;
    END IF;
    NEW.revision := nextval('contacts_sync_revision');
    NEW.edited_at := clock_timestamp();
    RETURN NEW;
END $$;

CREATE FUNCTION contacts_sync_raise_company() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.name IS DISTINCT FROM NEW.name THEN
        PERFORM contacts_sync_raise_edited(
            ARRAY(SELECT id FROM contacts_sync_contact WHERE company_id = NEW.id)
        );
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION contacts_sync_raise_value() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM contacts_sync_raise_edited(ARRAY(SELECT contact_id FROM new_rows));
    ELSIF TG_OP = 'DELETE' THEN
        PERFORM contacts_sync_raise_edited(ARRAY(SELECT contact_id FROM old_rows));
    ELSE
        -- Not joined: that took seconds for ten thousand rows.
        PERFORM contacts_sync_raise_edited(
            ARRAY(SELECT contact_id FROM old_rows UNION SELECT contact_id FROM new_rows)
        );
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION contacts_sync_raise_unlinked() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM contacts_sync_raise_these(ARRAY(SELECT contact_id FROM old_rows));
    UPDATE contacts_sync_remotecontact SET settled = ''
    WHERE id IN (SELECT mirror_id FROM old_rows);
    RETURN NULL;
END $$;

-- Watches what leaves a link; what joins one was dealt with by whoever completed it.
CREATE FUNCTION contacts_sync_raise_relinked() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    contact_left boolean :=
        OLD.contact_id IS NOT NULL AND NEW.contact_id IS DISTINCT FROM OLD.contact_id;
    mirror_left boolean :=
        OLD.mirror_id IS NOT NULL AND NEW.mirror_id IS DISTINCT FROM OLD.mirror_id;
BEGIN
    IF contact_left OR (mirror_left AND NEW.mirror_id IS NULL AND NEW.state = 'linked') THEN
        PERFORM contacts_sync_raise_these(ARRAY[OLD.contact_id]);
    END IF;
    -- A mirror row that stays with another contact: the two have never been compared.
    IF mirror_left OR (contact_left AND NEW.contact_id IS NOT NULL) THEN
        UPDATE contacts_sync_remotecontact SET settled = '' WHERE id = OLD.mirror_id;
    END IF;
    RETURN NULL;
END $$;
"""


def _on_value(value: str) -> dict[str, str]:
    call = "FOR EACH STATEMENT EXECUTE FUNCTION contacts_sync_raise_value()"
    return {
        f"{value}_{event}": f"AFTER {event} ON contacts_sync_{value} REFERENCING {rows} {call}"
        for event, rows in (
            ("insert", "NEW TABLE AS new_rows"),
            ("update", "OLD TABLE AS old_rows NEW TABLE AS new_rows"),
            ("delete", "OLD TABLE AS old_rows"),
        )
    }


TRIGGERS = {
    "contact": "BEFORE INSERT OR UPDATE ON contacts_sync_contact"
    " FOR EACH ROW EXECUTE FUNCTION contacts_sync_raise_contact()",
    "company": "AFTER UPDATE ON contacts_sync_contact"
    " FOR EACH ROW EXECUTE FUNCTION contacts_sync_raise_company()",
    **{name: event for value in VALUES for name, event in _on_value(value).items()},
    "unlinked": "AFTER DELETE ON contacts_sync_externallink REFERENCING OLD TABLE AS old_rows"
    " FOR EACH STATEMENT EXECUTE FUNCTION contacts_sync_raise_unlinked()",
    "relinked": "AFTER UPDATE ON contacts_sync_externallink"
    " FOR EACH ROW EXECUTE FUNCTION contacts_sync_raise_relinked()",
}
SCRIPT = [
    FUNCTIONS,
    *(f"CREATE TRIGGER {PREFIX}{name} {event}" for name, event in TRIGGERS.items()),
]
VERSION = hashlib.sha256("\n".join(SCRIPT).encode()).hexdigest()

LOCK_NOT_AVAILABLE = "55P03"


def current(connection: BaseDatabaseWrapper) -> bool:
    """Count the enabled triggers, and compare the version kept as a comment on a function."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT to_regclass('contacts_sync_revision') IS NOT NULL
                AND obj_description(to_regproc('contacts_sync_raise_contact'), 'pg_proc') = %s
                AND %s = (
                    SELECT count(*) FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
                    WHERE starts_with(tgname, %s) AND tgenabled IN ('O', 'A')
                        AND pg_table_is_visible(pg_class.oid)
                )
            """,
            [VERSION, len(TRIGGERS), PREFIX],
        )
        (answer,) = cursor.fetchone()
    return bool(answer)  # NULL without the function


def create(connection: BaseDatabaseWrapper) -> None:
    """Create functions and triggers, and the sequence if there is none."""
    with connection.cursor() as cursor:
        cursor.execute(SEQUENCE)
        cursor.execute(WIND)
        for sql in SCRIPT:
            cursor.execute(sql)
        cursor.execute(f"COMMENT ON FUNCTION contacts_sync_raise_contact() IS '{VERSION}'")


def drop(connection: BaseDatabaseWrapper) -> None:
    """Drop functions and triggers, whatever version made them. The sequence stays."""
    with connection.cursor() as cursor:
        # Two deployments at once take turns.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [PREFIX])
        cursor.execute(
            "SELECT oid::regprocedure::text FROM pg_proc"
            " WHERE starts_with(proname, %s) AND pg_function_is_visible(oid)",
            [PREFIX],
        )
        for (function,) in cursor.fetchall():
            cursor.execute(f"DROP FUNCTION {function} CASCADE")


def raise_all(connection: BaseDatabaseWrapper) -> None:
    """Give every contact a new number."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT contacts_sync_raise_these(ARRAY(SELECT id FROM contacts_sync_contact))"
        )


def watermark(connection: BaseDatabaseWrapper) -> int | None:
    """Read the sequence at an instant at which nobody writes contacts.

    A writer takes its number before it commits: the highest one may be visible while a lower one is
    still to come. The lock is granted only when no writer is in flight.
    """
    try:
        with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
            cursor.execute("LOCK TABLE contacts_sync_contact IN SHARE MODE NOWAIT")
            cursor.execute("SELECT last_value FROM contacts_sync_revision")
            (value,) = cursor.fetchone()
            # Gives the lock back at once, even inside a transaction.
            transaction.set_rollback(True, using=connection.alias)
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", None) != LOCK_NOT_AVAILABLE:
            raise
        return None
    return int(value)
