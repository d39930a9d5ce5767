"""Files that were uploaded, and a worker that a test sends."""

from __future__ import annotations

import pytest

from contacts_sync import tasks
from contacts_sync.importing import uploads
from contacts_sync.models import ContactImport


@pytest.fixture
def queue(monkeypatch):
    """What waits in the queue."""
    jobs = []
    monkeypatch.setattr(tasks, "async_task", lambda *job: jobs.append(job))
    return jobs


@pytest.fixture
def work(queue):
    """Do what a worker does with an import until it rests; gives it as it is then."""

    def work(file):
        tasks.enqueue_import(file)
        while queue:
            _name, pk = queue.pop(0)
            tasks.work_on_import(pk)
        return ContactImport.objects.get(pk=file.pk)

    return work


@pytest.fixture
def upload(db, ada, work):
    """Upload a text and have it read."""

    def upload(text, name="people.csv", read=True):
        data = text if isinstance(text, bytes) else text.encode()
        file = uploads.receive(name, len(data), [data], ada)
        return work(file) if read else file

    return upload


def outlook_csv(*rows):
    """Write an Outlook CSV: first name, last name, company, e-mail, phone."""
    lines = ["First Name,Last Name,Company,E-mail Address,Business Phone,Notes"]
    return "\r\n".join([*lines, *rows]) + "\r\n"


def made_rows(number):
    """Write rows of so many people, each with an address of their own."""
    return [f"First{n},Last{n},,p{n}@x.example,212-555-{n:04}," for n in range(number)]
