"""Files of real programs: imported, synced to Outlook, and read back from there, unchanged."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.core.management import call_command

from contacts_sync import connections, credentials
from contacts_sync.engine.merge import NOTHING_THERE, merge, standing
from contacts_sync.models import Connection, Contact, RemoteContact, SyncRun
from contacts_sync.providers.microsoft365.mapping import read_contact
from contacts_sync.simulator.errors import GraphError
from contacts_sync.store import records
from tests.scenarios.worlds import person, values

DATA = Path(__file__).parent.parent / "data"
FILES = [
    *sorted(DATA.glob("vcards/*/*outlook*.vcf")),
    *sorted(DATA.glob("vcards/*/*google*.vcf")),
    *sorted(DATA.glob("vcards/*/*gmail*.vcf")),
    *sorted(DATA.glob("csv/*/outlook*.csv")),
]


def shown(contact):
    """What Outlook has room for of a contact, in canonical form and without an order."""
    fields = records.schema(contact.kind)
    here = records.local_record(contact)
    entries = merge(fields, here, NOTHING_THERE).entries
    return (
        contact.kind,
        tuple(one.canon(here.scalars.get(one.name, "")) for one in fields.scalars),
        tuple(
            tuple(sorted((v.room, repr(one.canon(v.value))) for v in standing(entries[one.name])))
            for one in fields.sets
        ),
    )


def everybody():
    """The living contacts with something to show; a company of a name alone stays home."""
    pks = Contact.objects.alive().values_list("pk", flat=True)
    contacts = records.load_contacts(pks).values()
    return sorted(
        (shown(one) for one in contacts if not (one.from_company_name and not any(shown(one)[2]))),
        key=repr,
    )


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_file_goes_to_outlook_and_comes_back_unchanged(world, path, capsys):
    try:
        call_command("import_contacts", str(path))
    except SystemExit as told:
        assert told.code == 2, "some of it could not be read, and was told"
    before = everybody()

    run = world.start()
    assert run.status == SyncRun.Status.DONE
    assert not any(world.run().counts.values())

    # Forget everything here, as a new firm would begin, and read it back from Outlook.
    connections.retire(world.connection)
    Contact.objects.all().purge()
    Connection.objects.update(state=Connection.State.ON)
    credentials.store(world.connection, "{}")
    world.connection.refresh_from_db()
    world.start()

    assert everybody() == before


def graph_contacts():
    """All contacts of the real service and of its documentation, with where they stand."""
    folder = DATA / "graph"
    yield "corso", json.loads((folder / "contacts/corso_contact.json").read_text())
    connect = json.loads((folder / "contacts/data_connect_contacts.json").read_text())
    quirks = json.loads((folder / "contacts/quirks_written_here.json").read_text())
    page = json.loads((folder / "contacts/quirks_page.json").read_text())
    for number, one in enumerate(connect if isinstance(connect, list) else _rows(connect)):
        yield f"data connect {number}", one
    for one in quirks["contacts"]:
        yield one["case"], one["contact"]
    for number, one in enumerate(_rows(page)):
        yield f"page {number}", one
    for name in ("contact-get", "contact-create", "contact-update", "folder-contact-create"):
        yield name, json.loads((folder / f"examples/{name}.response.json").read_text())
    for name in ("contacts-list", "folder-contacts-list", "contact-delta"):
        for one in _rows(json.loads((folder / f"examples/{name}.response.json").read_text())):
            yield name, one


def _rows(body):
    for name in ("value", "contacts"):
        if isinstance(body.get(name), list):
            return body[name]
    return []


def test_every_contact_of_the_real_service_pulls_in_cleanly(world):
    names = []
    for position, (name, body) in enumerate(graph_contacts()):
        received = read_contact({**body, "id": body.get("id") or f"made-up-{position}"})
        names.append(name)
        assert received.remote_id
        json.dumps(received.extras)
        assert received.skip or received.record.scalars or any(received.record.sets.values()), name

    assert len(names) > 40


def test_contacts_of_the_real_service_come_here_and_rest(world):
    wanted, refused = 0, []
    for name, body in graph_contacts():
        fields = {
            key: value
            for key, value in body.items()
            if not key.startswith(("@", "_"))
            and key not in ("id", "parentFolderId", "changeKey")
            and not key.endswith("DateTime")
        }
        try:
            world.mailbox.put(fields)
        except GraphError:
            refused.append(name)  # what the service shows and would not take, as a text for a date
            continue
        wanted += 1

    run = world.start()

    assert len(refused) < 4, refused
    assert run.status == SyncRun.Status.DONE, run.message
    present = RemoteContact.objects.filter(skip="")
    assert present.count() + RemoteContact.objects.exclude(skip="").count() == wanted
    assert Contact.objects.filter(from_company_name=False).count() == present.count()
    assert not any(world.run().counts.values())


def test_what_came_from_a_file_and_is_edited_in_outlook_changes_nothing_else(world, tmp_path):
    contact = person(
        "Anna",
        "Ash",
        ["anna@example.com"],
        [("Work", "212-555-0101"), ("Fax", "212-555-0102"), ("Work", "212-555-0103")],
    )
    world.start()
    world.mailbox.put({"jobTitle": "Judge"}, world.outlook()["id"])
    world.run()

    contact.refresh_from_db()
    assert contact.job_title == "Judge"
    assert [number for _, number, _ in values(contact, "phones")] == [
        "212-555-0101",
        "212-555-0102",
        "212-555-0103",
    ]
