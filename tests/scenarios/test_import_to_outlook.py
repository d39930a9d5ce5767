"""The whole way: a file, the firm's list, Outlook, an edit there, back, and out: only the edit changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from contacts_sync import contact as shape
from contacts_sync import files, tasks
from contacts_sync.files import Draft
from contacts_sync.files.draft import sets_of
from contacts_sync.importing import all_drafts, choosing, taking, uploads
from contacts_sync.models import Contact, ContactImport

DATA = Path(__file__).parent.parent / "data"
FILES = [
    *sorted(DATA.glob("vcards/*/*outlook*.vcf")),
    *sorted(DATA.glob("vcards/*/*google*.vcf")),
    *sorted(DATA.glob("csv/*/*outlook*.csv")),
    *sorted(DATA.glob("csv/*/*google*.csv")),
]
FILES = [path for path in FILES if "photo_only" not in path.name]  # which holds no contact


def bring_in(path, actor, monkeypatch):
    """Upload a file, choose everything, import it."""
    jobs = []
    monkeypatch.setattr(tasks, "async_task", lambda *job: jobs.append(job))

    def work(file):
        tasks.enqueue_import(file)
        while jobs:
            tasks.work_on_import(jobs.pop(0)[1])
        return ContactImport.objects.get(pk=file.pk)

    data = path.read_bytes()
    file = work(uploads.receive(path.name, len(data), [data], actor))
    choosing.choose(file.rows.all(), chosen=True)
    return work(file) if taking.begin(file) else file


def exported(name):
    """Read what an export of the whole list says, by the contact's id."""
    export = next(one for one in files.EXPORTS if one.name == name)
    data = b"".join(export.write(all_drafts(), lambda *_: None))
    return {
        one.uid: {"kind": one.kind, **one.scalars, **sets_of(one)}
        for one in files.read(f"list{export.suffix}", data)
        if isinstance(one, Draft)
    }


def differing(before, after):
    """Name (contact, field) of everything in which two exports differ."""
    return {
        (uid, name)
        for uid in before.keys() | after.keys()
        for name in before.get(uid, {}).keys() | after.get(uid, {}).keys()
        if before.get(uid, {}).get(name, ()) != after.get(uid, {}).get(name, ())
    }


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_what_changed_is_what_was_edited(world, ada, path, monkeypatch):
    file = bring_in(path, ada, monkeypatch)
    assert file.step == "done"
    before = exported("vcard-4")
    world.run(first=True)
    assert differing(before, exported("vcard-4")) == set()

    edited = [one for one in Contact.objects.alive() if one.kind == shape.PERSON][:2]
    for contact in edited:
        world.edit(contact, jobTitle="Judge of appeal")
    world.run()
    after = exported("vcard-4")

    assert differing(before, after) == {(str(one.uid), "job_title") for one in edited}
    assert all(after[str(one.uid)]["job_title"] == "Judge of appeal" for one in edited)
    assert world.is_quiet()


def test_the_way_back_in_finds_everybody_there_already(world, ada, tmp_path, monkeypatch):
    bring_in(sorted(DATA.glob("csv/*/*outlook*.csv"))[0], ada, monkeypatch)
    world.run(first=True)
    export = next(one for one in files.EXPORTS if one.name == "vcard")
    path = tmp_path / "back.vcf"
    path.write_bytes(b"".join(export.write(all_drafts(), lambda *_: None)))

    file = bring_in(path, ada, monkeypatch)

    assert set(file.rows.values_list("verdict", flat=True)) == {"known"}
    assert file.step == "ready"
