"""Yesterday's database against today's mailbox: nothing lost, nothing twice, nothing comes back."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess

import pytest
from django.db import connection as database

from contacts_sync.models import Contact, ExternalLink
from contacts_sync.simulator import Microsoft365
from tests.scenarios.worlds import Clock, World, card, person

POSTGRESQL = database.vendor == "postgresql"
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(POSTGRESQL and not shutil.which("pg_dump"), reason="needs pg_dump"),
]


@pytest.fixture
def world(alice):
    graph = Microsoft365(sleep=lambda seconds: None)
    yield World(graph, Clock()).join(alice, "alice@contoso.example")
    graph.close()


def program(*command, **options):
    """Run one of PostgreSQL's own on the test database's server."""
    of = database.settings_dict
    login = {"PGHOST": of["HOST"], "PGPORT": str(of["PORT"] or 5432), "PGUSER": of["USER"],
             "PGPASSWORD": of["PASSWORD"]}  # fmt: skip
    environment = os.environ | {name: value for name, value in login.items() if value}
    subprocess.run(command, env=environment, check=True, **options)


def back_up(path):
    """Do what docs/operating.md says; `.backup` of sqlite3 and `backup` here are one function."""
    name = database.settings_dict["NAME"]
    if POSTGRESQL:
        with path.open("wb") as dump:
            program("pg_dump", "--format=custom", name, stdout=dump)
        return
    database.ensure_connection()
    with sqlite3.connect(path) as copy:
        database.connection.backup(copy)


def restore(path):
    name = database.settings_dict["NAME"]
    if POSTGRESQL:
        database.close()
        program("dropdb", "--force", name)
        program("createdb", "--encoding", "UTF8", "--template", "template0", name)
        with path.open("rb") as dump:
            program("pg_restore", "--dbname", name, stdin=dump)
        return
    with sqlite3.connect(path) as copy:
        copy.backup(database.connection)


def names(world):
    return sorted(f"{one['givenName']} {one['surname']}" for one in world.contacts())


def here():
    return sorted(f"{one.first_name} {one.last_name}" for one in Contact.objects.alive())


def test_nothing_is_lost_and_nothing_is_there_twice(world, tmp_path):
    for first in ("Anna", "Ben", "Cleo", "Dora"):
        person(first, "Ash", [f"{first}@example.com"])
    world.mailbox.put(card("Emil", "Elm", "emil@example.com"))
    world.start()
    back_up(tmp_path / "yesterday")
    found = {one["givenName"]: one["id"] for one in world.contacts()}
    # Today: edits on both sides, creations on both sides, deletions on both sides.
    Contact.objects.filter(first_name="Anna").update(job_title="Judge")
    world.mailbox.put({"jobTitle": "Usher"}, found["Ben"])
    person("Fay", "Fir", ["fay@example.com"])
    world.mailbox.put(card("Gus", "Gum", "gus@example.com"))
    Contact.objects.get(first_name="Cleo").delete()
    world.mailbox.remove(found["Dora"])
    world.run()
    assert names(world) == ["Anna Ash", "Ben Ash", "Emil Elm", "Fay Fir", "Gus Gum"]

    restore(tmp_path / "yesterday")
    world.connection.refresh_from_db()
    world.run()
    world.run()

    assert names(world) == ["Anna Ash", "Ben Ash", "Emil Elm", "Fay Fir", "Gus Gum"]
    assert here() == [
        "Anna Ash",
        "Ben Ash",
        "Cleo Ash",
        "Dora Ash",
        "Emil Elm",
        "Fay Fir",
        "Gus Gum",
    ]
    titles = dict(Contact.objects.alive().values_list("first_name", "job_title"))
    assert (titles["Anna"], titles["Ben"]) == ("Judge", "Usher")
    gone = ExternalLink.objects.filter(state="gone").values_list("contact__first_name", flat=True)
    assert sorted(gone) == ["Cleo", "Dora"]
    writes = len(world.graph.writes())
    world.run()
    assert len(world.graph.writes()) == writes
