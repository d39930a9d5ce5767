"""The triggers on SQLite, where numbers come from a clock: a table of one row.

There is one writer at a time, so numbers become visible in the order in which they were given. All
contacts raised by one statement may share a number; no contact ever gets one back.
"""

from __future__ import annotations

from django.db.backends.base.base import BaseDatabaseWrapper

from contacts_sync.models.contact import VALUE_MODELS

PREFIX = "contacts_sync_raise_"
VALUES = [str(model._meta.model_name) for model in VALUE_MODELS.values()]

# Not a model: a flush must not set it back.
CLOCK = """
CREATE TABLE IF NOT EXISTS contacts_sync_clock (id integer PRIMARY KEY, value integer NOT NULL)
"""
TICK = """INSERT INTO contacts_sync_clock (id, value) VALUES (1, 1)
    ON CONFLICT (id) DO UPDATE SET value = value + 1"""
# Never below a number that is in use, should the clock itself get lost.
WIND = """
INSERT INTO contacts_sync_clock (id, value) SELECT 1, max(
    (SELECT coalesce(max(revision), 0) FROM contacts_sync_contact),
    (SELECT coalesce(max(seen), 0) FROM contacts_sync_connection),
    (SELECT coalesce(max(local_revision), 0) FROM contacts_sync_externallink)
) WHERE true ON CONFLICT (id) DO UPDATE SET value = max(value, excluded.value)
"""
RAISE = "UPDATE contacts_sync_contact SET revision = (SELECT value FROM contacts_sync_clock)"
EDITED = "edited_at = strftime('%Y-%m-%d %H:%M:%f000', 'now')"


TOLD = ("id", "revision", "updated_at", "edited_at")
"""Columns that only tell about a contact."""


def current(connection: BaseDatabaseWrapper) -> bool:
    """Compare the text of each trigger, which a renamed table changes and a rebuilt one loses."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM sqlite_master WHERE name = 'contacts_sync_clock'")
        return cursor.fetchone() is not None and _standing(connection) == _wanted(connection)


def create(connection: BaseDatabaseWrapper) -> None:
    """Create the triggers, and the clock if there is none."""
    with connection.cursor() as cursor:
        cursor.execute(CLOCK)
        cursor.execute(WIND)
        for sql in _wanted(connection).values():
            cursor.execute(sql)


def drop(connection: BaseDatabaseWrapper) -> None:
    """Drop the triggers, whatever version made them. The clock stays."""
    with connection.cursor() as cursor:
        for name in _standing(connection):
            cursor.execute(f"DROP TRIGGER {connection.ops.quote_name(name)}")


def raise_all(connection: BaseDatabaseWrapper) -> None:
    """Give every contact a new number."""
    with connection.cursor() as cursor:
        cursor.execute(TICK)
        cursor.execute(RAISE)


def watermark(connection: BaseDatabaseWrapper) -> int | None:
    """Read the clock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT value FROM contacts_sync_clock")
        row = cursor.fetchone()
    return row[0] if row else None


def _standing(connection: BaseDatabaseWrapper) -> dict[str, str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name GLOB %s",
            [f"{PREFIX}*"],
        )
        return dict(cursor.fetchall())


def _wanted(connection: BaseDatabaseWrapper) -> dict[str, str]:
    events = {
        **_contact_events(_columns(connection)),
        **{name: event for value in VALUES for name, event in _value_events(value).items()},
        **_link_events(),
    }
    return {f"{PREFIX}{name}": f"CREATE TRIGGER {PREFIX}{name} {events[name]}" for name in events}


def _columns(connection: BaseDatabaseWrapper) -> list[str]:
    """Name what makes a contact: all its columns except those that only tell about them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM pragma_table_info('contacts_sync_contact')")
        names = [name for (name,) in cursor.fetchall()]
    return [name for name in names if name not in TOLD]


def _contact_events(columns: list[str]) -> dict[str, str]:
    quoted = [f'"{column}"' for column in columns]
    changed = " OR ".join(f"OLD.{column} IS NOT NEW.{column}" for column in quoted)
    return {
        "contact_insert": f"AFTER INSERT ON contacts_sync_contact {_edited('id = NEW.id')}",
        "contact_update": (
            f"AFTER UPDATE OF {', '.join(quoted)} ON contacts_sync_contact"
            f" WHEN {changed} {_edited('id = NEW.id')}"
        ),
        # An instance read earlier saves its old number and time too. Triggers run in no particular
        # order.
        "contact_keep": """AFTER UPDATE OF revision ON contacts_sync_contact
            WHEN NEW.revision < OLD.revision BEGIN
                UPDATE contacts_sync_contact
                SET revision = OLD.revision, edited_at = OLD.edited_at
                WHERE id = NEW.id AND revision < OLD.revision;
            END""",
        "company_rename": (
            "AFTER UPDATE OF name ON contacts_sync_contact"
            f" WHEN OLD.name IS NOT NEW.name {_edited('company_id = NEW.id')}"
        ),
    }


def _value_events(value: str) -> dict[str, str]:
    table = f"contacts_sync_{value}"
    return {
        f"{value}_insert": f"AFTER INSERT ON {table} {_edited('id = NEW.contact_id')}",
        f"{value}_update": (
            f"AFTER UPDATE ON {table} {_edited('id IN (OLD.contact_id, NEW.contact_id)')}"
        ),
        f"{value}_delete": f"AFTER DELETE ON {table} {_edited('id = OLD.contact_id')}",
    }


def _link_events() -> dict[str, str]:
    """Watch what leaves a link; what joins one was dealt with by whoever completed it."""
    contact_left = "(OLD.contact_id IS NOT NULL AND NEW.contact_id IS NOT OLD.contact_id)"
    contact_replaced = f"({contact_left} AND NEW.contact_id IS NOT NULL)"
    mirror_left = "(OLD.mirror_id IS NOT NULL AND NEW.mirror_id IS NOT OLD.mirror_id)"
    mirror_lost = f"({mirror_left} AND NEW.mirror_id IS NULL AND NEW.state = 'linked')"
    raised = "UPDATE OF contact_id, mirror_id ON contacts_sync_externallink"
    unsettle = "UPDATE contacts_sync_remotecontact SET settled = '' WHERE id = OLD.mirror_id;"
    return {
        "link_delete": (
            "AFTER DELETE ON contacts_sync_externallink"
            f" {_raise('id = OLD.contact_id', then=unsettle)}"
        ),
        "link_contact": (
            f"AFTER {raised} WHEN {contact_left} OR {mirror_lost} {_raise('id = OLD.contact_id')}"
        ),
        # The mirror row stays with another contact: the two have never been compared.
        "link_mirror": f"AFTER {raised} WHEN {mirror_left} OR {contact_replaced}"
        f" BEGIN {unsettle} END",
    }


def _edited(where: str) -> str:
    return f"BEGIN {TICK}; {RAISE}, {EDITED} WHERE {where}; END"


def _raise(where: str, then: str = "") -> str:
    return f"BEGIN {TICK}; {RAISE} WHERE {where}; {then} END"
