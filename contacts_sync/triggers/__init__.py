"""What changed here: database triggers raise `Contact.revision`, whoever writes and however.

An edit also leaves its time in `Contact.edited_at`; leaving a link is none.

A number is never given twice, also when the contact that held it is purged. A contact's number
rises with its own row, with its values, with its company's name, and when it leaves a link; a
mirror row that leaves a link is unsettled. A link that is made or completed raises nothing, for
the run that does so has just settled both.
"""

from __future__ import annotations

from typing import Any, Protocol

from django.db import DEFAULT_DB_ALIAS, connections, router, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model

from contacts_sync.models import Connection, Contact, ExternalLink, RemoteContact
from contacts_sync.models.contact import VALUE_MODELS
from contacts_sync.triggers import postgresql, sqlite

MODELS: tuple[type[Model], ...] = (
    *(Connection, Contact, ExternalLink, RemoteContact),
    *VALUE_MODELS.values(),
)


def install(connection: BaseDatabaseWrapper) -> bool:
    """Make the triggers what they should be; say whether they were not.

    Then every contact is raised, for nobody watched while they were away. Before the tables exist
    nothing happens.
    """
    dialect = _dialect(connection)
    if dialect.current(connection) or not _tables_exist(connection):
        return False
    with transaction.atomic(using=connection.alias):
        dialect.drop(connection)
        dialect.create(connection)
        dialect.raise_all(connection)
    return True


def drop(connection: BaseDatabaseWrapper) -> None:
    """Take the triggers away. The numbers given so far are remembered."""
    with transaction.atomic(using=connection.alias):
        _dialect(connection).drop(connection)


def current(connection: BaseDatabaseWrapper) -> bool:
    """Whether the triggers stand, all of them, in this version."""
    return _dialect(connection).current(connection)


def watermark(using: str = DEFAULT_DB_ALIAS) -> int | None:
    """Return a number that no later commit stays below, or None while that cannot be said.

    Every change with this number or a lower one can be read by whoever asks afterwards. None means:
    somebody is writing; keep the old number, which costs work and misses nothing.
    """
    connection = connections[using]
    return _dialect(connection).watermark(connection)


def raise_all(connection: BaseDatabaseWrapper) -> None:
    """Let every contact be looked at again, by every connection."""
    with transaction.atomic(using=connection.alias):
        _dialect(connection).raise_all(connection)


def before_migrate(
    *, using: str, plan: list[tuple[Any, bool]] | None = None, **_kwargs: object
) -> None:
    """Make way for a migration of this app: SQLite cannot rebuild a table that a trigger names."""
    ours = Contact._meta.app_label
    if _at_home(using) and any(migration.app_label == ours for migration, _backwards in plan or ()):
        drop(connections[using])


def after_migrate(*, using: str, **_kwargs: object) -> None:
    """See that the triggers stand, after a migration and after a flush."""
    if _at_home(using):
        install(connections[using])


class _Dialect(Protocol):
    def current(self, connection: BaseDatabaseWrapper) -> bool: ...
    def create(self, connection: BaseDatabaseWrapper) -> None: ...
    def drop(self, connection: BaseDatabaseWrapper) -> None: ...
    def raise_all(self, connection: BaseDatabaseWrapper) -> None: ...
    def watermark(self, connection: BaseDatabaseWrapper) -> int | None: ...


_DIALECTS: dict[str, _Dialect] = {"sqlite": sqlite, "postgresql": postgresql}


def _dialect(connection: BaseDatabaseWrapper) -> _Dialect:
    return _DIALECTS[connection.vendor]


def _at_home(using: str) -> bool:
    return router.allow_migrate_model(using, Contact)


def _tables_exist(connection: BaseDatabaseWrapper) -> bool:
    wanted = {model._meta.db_table for model in MODELS}
    return wanted <= set(connection.introspection.table_names())
