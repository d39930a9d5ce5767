"""What somebody does who has read nothing but the pages: each task, its clicks, pages and seconds.

`pytest tests/walk/test_tasks.py -s` prints the table.
"""

from __future__ import annotations

import time
from contextlib import contextmanager

import pytest
from django.contrib.auth.models import Group

from contacts_sync.models import Contact, SyncChange, SyncRun
from contacts_sync.roles import ensure_groups
from tests.scenarios.worlds import card, many, person
from tests.walk.conftest import work_off
from tests.walk.test_walk import ALICE, SETTINGS

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

MOST_CLICKS = {
    "set up the sync": 7,
    "a contact with one letter different": 3,
    "a conflict": 4,
    "a held deletion": 4,
    "a revoked consent": 4,
    "why is Anna's fax not in Outlook": 3,
    "yesterday's phone number": 4,
}
"""How many clicks each task may take: more, and a page has become less clear."""


class Tasks:
    """Counts what a walk costs."""

    def __init__(self, walk):
        self.walk, self.rows = walk, []

    @contextmanager
    def task(self, name):
        walk, began = self.walk, time.monotonic()
        walk.clicks = 0
        yield
        seconds = time.monotonic() - began
        self.rows.append((name, walk.clicks, seconds))
        print(f"\n{name:40} {walk.clicks:3} clicks {seconds:6.1f} s", end="")  # noqa: T201
        assert walk.clicks <= MOST_CLICKS[name], name


@pytest.fixture
def member(alice):
    """Alice, who may edit contacts as every member of the firm may."""
    ensure_groups()
    alice.groups.add(Group.objects.get(name="member"))
    return alice


def sync(walk):
    """Let the hourly run come, with whatever has changed."""
    walk.go(SETTINGS)
    walk.click("Sync now")
    work_off()
    walk.go("/settings/")
    walk.click("Contact and Calendar Sync")
    walk.click("Configure")


def test_what_a_newcomer_has_to_do(walk, graph, member):
    mailbox = graph.mailbox(ALICE)
    anna = person("Anna", "Ash", ["anna@example.com"], ["212-555-0101", ("Fax", "212-555-0199")])
    mailbox.put(card("Anna", "Ash", "anna@example.com", jobTitle="Judge"))
    catherine = person("Catherine", "Cole", ["cole@example.com"])
    mailbox.put(card("Katherine", "Cole", "cole@example.com", jobTitle="Clerk"))
    mailbox.put(card("Dora", "Dill", companyName="Dill LLP"))
    many(30)
    tasks = Tasks(walk)
    walk.sign_in()

    with tasks.task("set up the sync"):
        walk.click("Contact and Calendar Sync")
        walk.click("Set up sync")
        walk.shoot("set-up")
        walk.click("Authorize Office 365 Access")
        walk.click_id(f"account-{ALICE}")
        walk.click_id("decision-accept")
        walk.click("Sync")
        work_off()
        walk.sees("will be added to Clio", "Do the numbers seem right?")
        walk.picture("preview")

    with tasks.task("a contact with one letter different"):
        walk.sees("1 pair looks alike without matching")
        walk.click("Look at them")
        walk.sees("Katherine", "Catherine", "differs")
        walk.picture("one-letter-different")
        before = walk.number("linked")
        walk.click("Link")
        walk.sees("the two are linked")
        assert walk.number("linked") == before + 1
        walk.shoot("linked")
    walk.click("Start Sync")
    work_off()
    catherine.refresh_from_db()
    assert catherine.job_title == "Clerk"
    walk.go(SETTINGS)
    walk.sees("Together these are 34 contacts: 33 in both lists, 1 in Clio only")
    assert (walk.number("in-sync"), walk.number("coming"), walk.number("unsynced")) == (33, 0, 1)
    walk.picture("health")

    Contact.objects.filter(pk=anna.pk).update(job_title="Partner")
    key = next(pk for pk, one in mailbox.contacts.items() if one["givenName"] == "Anna")
    mailbox.put({"jobTitle": "Counsel"}, key)
    sync(walk)
    with tasks.task("a conflict"):
        walk.click_containing("differed on both sides")
        walk.sees("Both sides changed Job title", "“Partner” in Clio", "“Counsel” in Outlook")
        walk.shoot("conflict")
        walk.click("Use the other value")
        walk.sees("The value that stayed", "The other value, from Outlook")
        walk.click("Use the other value")
    anna.refresh_from_db()
    assert anna.job_title == "Counsel"

    Contact.objects.filter(last_name="Poe").delete()
    sync(walk)
    with tasks.task("a held deletion"):
        walk.click_tile("waiting")
        walk.sees("Unusually many contacts are to be deleted in Outlook")
        walk.shoot("held")
        walk.click("See the whole list, and decide")
        walk.sees("Each comes back from the trash now.", "Each is deleted with the next run")
        walk.picture("held-answers")
        walk.click("Restore them in Clio")
        walk.sees("Your decision about 30 contacts is kept.")
        walk.shoot("held-decided")
    assert Contact.objects.alive().filter(last_name="Poe").count() == 30

    graph.revoke(ALICE)
    sync(walk)
    with tasks.task("a revoked consent"):
        walk.sees("Microsoft wants you to sign in again")
        walk.shoot("sign-in-again")
        walk.click("Authorize Office 365 Access")
        walk.click_id(f"account-{ALICE}")
        walk.sees("You authorized access")
    sync(walk)
    walk.sees("Sync is on")

    with tasks.task("why is Anna's fax not in Outlook"):
        walk.fill(q="Anna")
        walk.click("Search")
        walk.click("Anna Ash")
        walk.sees("Outlook has no place for the label Fax.")
        walk.shoot("fax")

    anna.phones.filter(label="Work").update(number="212-555-0777")
    sync(walk)
    assert "212-555-0777" in str(mailbox.contacts[key]["businessPhones"])
    with tasks.task("yesterday's phone number"):
        walk.fill(q="Anna")
        walk.click("Search")
        walk.click("Anna Ash")
        walk.sees("What happened to this contact")
        walk.shoot("what-happened")
        walk.click("Put back")
        walk.click("Put back")
        walk.sees("Anna Ash: put back.")
    assert anna.phones.get(label="Work").number == "212-555-0101"
    sync(walk)
    assert "212-555-0101" in str(mailbox.contacts[key]["businessPhones"])
    assert not SyncChange.objects.filter(status="held").exists()
    assert SyncRun.objects.first().status == SyncRun.Status.DONE
