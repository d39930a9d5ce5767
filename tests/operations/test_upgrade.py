"""A new release meets the database of an old one: with data in it, and while old pages still answer.

Nothing was released yet. The first migration is what the first release will have; all that comes after
it is held to what is written here.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection as database
from django.db import migrations, models
from django.db.migrations.loader import MigrationLoader

from contacts_sync import triggers
from contacts_sync.models import Contact
from tests.scenarios.worlds import person

FIRST = "0001_initial"


def breaks(operation):
    """Say why the pages of the release before could not live with it; empty when they can.

    They know nothing of a new column and leave it out, and they ask for every old one.
    """
    match operation:
        case migrations.SeparateDatabaseAndState():
            return next(filter(None, map(breaks, operation.database_operations)), "")
        case migrations.AddField(field=field):
            may_be_left_out = (
                field.null or field.many_to_many or field.db_default is not models.NOT_PROVIDED
            )
            return (
                ""
                if may_be_left_out or field.generated
                else "a column they do not fill: give db_default"
            )
        case migrations.AlterField(field=field):
            return "" if field.null else "a column that may become narrower under them"
        case migrations.RemoveField() | migrations.RenameField():
            return "a column they ask for: remove it in the release after nothing reads it"
        case migrations.DeleteModel() | migrations.RenameModel() | migrations.AlterModelTable():
            return "a table they ask for"
        case migrations.AddConstraint():
            return "a rule they may not keep"
    return ""


@pytest.mark.parametrize(
    ("operation", "lives"),
    [
        (migrations.AddField("contact", "x", models.TextField(null=True)), True),
        (migrations.AddField("contact", "x", models.TextField(db_default="")), True),
        (migrations.AddField("contact", "x", models.TextField(default="")), False),
        (migrations.CreateModel("x", []), True),
        (migrations.AddIndex("contact", models.Index(fields=["name"], name="x")), True),
        (migrations.RunPython(migrations.RunPython.noop), True),
        (migrations.AlterField("contact", "name", models.TextField()), False),
        (migrations.RemoveField("contact", "name"), False),
        (migrations.RenameField("contact", "name", "x"), False),
        (migrations.DeleteModel("contact"), False),
        (migrations.RenameModel("contact", "x"), False),
        (
            migrations.AddConstraint("contact", models.UniqueConstraint(fields=["name"], name="x")),
            False,
        ),
    ],
    ids=lambda value: (
        value.describe() if isinstance(value, migrations.operations.base.Operation) else ""
    ),
)
def test_the_rule_knows_what_old_pages_can_live_with(operation, lives):
    assert (breaks(operation) == "") is lives


def test_every_migration_since_the_first_lets_the_old_release_work_on():
    """One that cannot says so with `needs_a_pause`, a sentence that CHANGELOG.md repeats."""
    told = (Path(__file__).parent.parent.parent / "CHANGELOG.md").read_text()
    for (app, name), migration in MigrationLoader(None).disk_migrations.items():
        if app != "contacts_sync" or name == FIRST:
            continue
        pause = getattr(migration, "needs_a_pause", "")
        assert pause in told
        problems = [
            f"{one.describe()}: {breaks(one)}" for one in migration.operations if breaks(one)
        ]
        assert pause or problems == []


@pytest.mark.django_db(transaction=True)
def test_data_of_the_first_release_is_there_after_every_migration_since():
    call_command("migrate", "contacts_sync", "zero", verbosity=0)
    try:
        call_command("migrate", "contacts_sync", FIRST, verbosity=0)
        old = MigrationLoader(database).project_state(("contacts_sync", FIRST)).apps
        Old = old.get_model("contacts_sync", "Contact")
        contact = Old.objects.create(first_name="Anna", last_name="Ash", kind="person")
        old.get_model("contacts_sync", "EmailAddress").objects.create(
            contact=contact, address="anna@example.com", label="Work", primary=True
        )
    finally:
        call_command("migrate", verbosity=0)

    assert triggers.current(database)
    kept = Contact.objects.get()
    assert (kept.first_name, kept.last_name, str(kept.uid)) == ("Anna", "Ash", str(contact.uid))
    assert kept.emails.get().address == "anna@example.com"
    revision = kept.revision
    kept.emails.update(address="anne@example.com")
    kept.refresh_from_db()
    assert kept.revision > revision
    assert person("Ben", "Birch").revision != kept.revision
