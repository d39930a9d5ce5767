"""The article as a person walks it: set up, authorize, preview, start, edit, delete, stop, return."""

from __future__ import annotations

import pytest

from contacts_sync import tasks
from contacts_sync.models import Connection, Contact, ExternalLink, SyncRun
from tests.scenarios.worlds import person
from tests.walk.conftest import work_off

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ALICE = "alice@contoso.example"
SETTINGS = "/settings/contact-and-calendar-sync/office365/"


def authorize(walk, agreed=False):
    """Sign in at Microsoft. Whoever has `agreed` before is not asked again."""
    walk.click("Authorize Office 365 Access")
    walk.sees("alice@contoso.example")
    walk.shoot("microsoft-accounts")
    walk.click_id(f"account-{ALICE}")
    if not agreed:
        walk.sees("Accept")
        walk.shoot("microsoft-consent")
        walk.click_id("decision-accept")
    walk.sees(f"You are currently authorized as {ALICE}")


def sync_now(walk):
    walk.go(SETTINGS)
    walk.click("Sync now")
    work_off()
    walk.go(SETTINGS)


def test_the_whole_article_from_set_up_to_reconnecting(walk, graph, alice):
    anna = person("Anna", "Ash", ["anna@example.com"], ["212-555-0101"])
    person("Ben", "Birch", ["ben@example.com"])
    cleo = person("Cleo", "Cedar", ["cleo@example.com"])
    mailbox = graph.mailbox(ALICE)
    mailbox.put(
        {
            "givenName": "Anna",
            "surname": "Ash",
            "emailAddresses": [{"address": "ANNA@example.com"}],
            "jobTitle": "Judge",
        }
    )
    mailbox.put({"givenName": "Dora", "surname": "Dill", "companyName": "Dill LLP"})

    # Settings > Contact and Calendar Sync > Set up sync
    walk.sign_in()
    walk.sees("Personal")
    walk.shoot("settings")
    walk.click("Contact and Calendar Sync")
    walk.sees("Office 365 contacts and calendars")
    walk.shoot("contact-and-calendar-sync")
    walk.click("Set up sync")
    walk.sees("becomes visible to the firm")
    walk.shoot("before-authorizing")
    authorize(walk)
    walk.shoot("authorized")
    walk.go("/settings/contact-and-calendar-sync/")
    walk.sees("Configure")
    walk.click("Configure")

    # Preview: three numbers, a row for each contact, and nothing written.
    walk.click("Sync")
    walk.sees("Preview of the contact sync")
    walk.shoot("preview-progress")
    work_off()
    walk.sees("will be added to Clio")
    walk.shoot("preview")
    assert (walk.number("added-here"), walk.number("added-there"), walk.number("linked")) == (
        2,
        2,
        1,
    )
    walk.sees("Dora Dill", "Dill LLP", "Ben Birch", "Anna Ash")
    assert len(mailbox.contacts) == 2 and Contact.objects.count() == 3

    # Start Sync, and watch the first sync.
    walk.click("Start Sync")
    walk.shoot("first-sync")
    work_off()
    walk.go(SETTINGS)
    walk.sees("Last run", "Next run", "Sync now", "Stop Sync")
    walk.shoot("in-step")
    assert sorted(one["givenName"] for one in mailbox.contacts.values()) == [
        "Anna",
        "Ben",
        "Cleo",
        "Dora",
    ]
    anna.refresh_from_db()
    assert anna.job_title == "Judge"
    dora = Contact.objects.get(first_name="Dora")
    assert str(dora.company) == "Dill LLP"

    # An edit on each side, in Outlook by a person.
    walk.go(f"{graph.origin}/people/")
    walk.click_id(f"mailbox-{ALICE}")
    walk.shoot("outlook")
    walk.browser.find_element("link text", "Dora Dill").click()
    walk.fill(jobTitle="Partner")
    walk.click_id("save")
    Contact.objects.filter(pk=cleo.pk).update(last_name="Cypress")
    sync_now(walk)
    walk.sees("1 updated in Clio, 1 updated in Microsoft 365")
    dora.refresh_from_db()
    assert dora.job_title == "Partner"
    assert "Cypress" in {one["surname"] for one in mailbox.contacts.values()}

    # A deletion on each side: ours arrives there, theirs never here.
    ben = Contact.objects.get(first_name="Ben")
    ben.delete()
    mailbox.remove(next(pk for pk, one in mailbox.contacts.items() if one["givenName"] == "Cleo"))
    sync_now(walk)
    walk.sees("1 deleted in Outlook, 1 removed in Outlook")
    walk.shoot("after-deletions")
    assert Contact.objects.alive().filter(pk=cleo.pk).exists()
    assert sorted(one["givenName"] for one in mailbox.contacts.values()) == ["Anna", "Dora"]

    # An hourly run, brought forward.
    Connection.objects.update(next_run_at="2020-01-01T00:00:00Z")
    tasks.dispatch()
    work_off()
    hourly = SyncRun.objects.get(trigger=SyncRun.Trigger.SCHEDULE)
    assert (hourly.status, hourly.requests) == (SyncRun.Status.DONE, 1)
    assert not any(hourly.counts.values())

    # What was removed in Outlook is put back when a person says so.
    walk.go(f"{SETTINGS}contacts/not-in-outlook/")
    walk.sees("Cleo Cypress")
    walk.shoot("not-in-outlook")
    walk.click("Put back in Outlook")
    sync_now(walk)
    assert len(mailbox.contacts) == 3

    # Stop, and start again: linked again, no copies.
    walk.click("Stop Sync")
    walk.sees("Both lists stay as they are")
    walk.shoot("stopped")
    person("Eve", "Elm", ["eve@example.com"])
    walk.click("Sync")
    work_off()
    walk.sees("already linked")
    walk.shoot("preview-again")
    assert (walk.number("added-here"), walk.number("added-there"), walk.number("linked")) == (
        0,
        1,
        0,
    )
    walk.click("Start Sync")
    work_off()
    assert len(mailbox.contacts) == 4

    # Disconnect: the tokens go, the links stay. The same account links what was linked before.
    walk.go(SETTINGS)
    walk.click("Disconnect Account")
    walk.shoot("disconnect")
    walk.click("Disconnect Account")
    walk.sees("is disconnected")
    assert Connection.objects.get().credential == ""
    authorize(walk, agreed=True)
    walk.click("Sync")
    work_off()
    walk.sees("will be added to Clio")
    assert (walk.number("added-here"), walk.number("added-there"), walk.number("linked")) == (
        0,
        0,
        0,
    )
    walk.click("Start Sync")
    work_off()
    assert len(mailbox.contacts) == 4
    assert Contact.objects.alive().filter(kind="person").count() == 4
    walk.go(f"{SETTINGS}contacts/history/")
    walk.shoot("history")
    assert ExternalLink.objects.filter(state="linked").count() == 4


def test_refusals_say_what_happened_and_what_to_do(walk, graph, alice, bob):
    graph.add_account("nobox@contoso.example", "No Box", mailbox=False)
    graph.add_account("admin-only@contoso.example", "Needs Admin", consent="admin")
    graph.add_account("other@contoso.example", "Other")
    walk.sign_in()
    walk.go(SETTINGS)

    walk.click("Authorize Office 365 Access")
    walk.click_id(f"account-{ALICE}")
    walk.click_id("decision-cancel")
    walk.sees("Authorize Office 365 Access")
    walk.shoot("consent-refused")
    assert not Connection.objects.exists()

    walk.click("Authorize Office 365 Access")
    walk.click_id("account-nobox@contoso.example")
    walk.click_id("decision-accept")
    walk.sees("15 minutes")
    walk.shoot("no-mailbox")

    walk.click("Authorize Office 365 Access")
    walk.click_id("account-admin-only@contoso.example")
    walk.click_id("decision-return")
    walk.sees("Ask your administrator")
    walk.shoot("ask-your-administrator")

    walk.go(f"{SETTINGS}callback/?code=made-up&state=made-up")
    walk.sees("expired or was used already")

    authorize(walk)
    walk.click("Disconnect Account")
    walk.click("Disconnect Account")
    walk.click("Authorize Office 365 Access")
    walk.click_id("account-other@contoso.example")
    walk.click_id("decision-accept")
    walk.sees("other@contoso.example", "Use another account")
    walk.shoot("another-account")

    Connection.objects.update(owner=bob)
    walk.go(SETTINGS)
    walk.click("Authorize Office 365 Access")
    walk.click_id(f"account-{ALICE}")
    walk.sees("already connected")
    walk.shoot("taken")


def test_a_revoked_sign_in_and_an_expired_secret_are_told_apart(walk, graph, alice):
    person("Anna", "Ash", ["anna@example.com"])
    walk.sign_in()
    walk.go(SETTINGS)
    authorize(walk)
    walk.click("Sync")
    work_off()
    walk.sees("will be added to Clio")
    walk.click("Start Sync")
    work_off()

    graph.revoke(ALICE)
    sync_now(walk)
    walk.sees("Authorize Office 365 Access")
    walk.shoot("sign-in-again")
    authorize(walk, agreed=True)
    sync_now(walk)
    walk.sees("Nothing changed")


def test_held_contacts_are_decided_side_by_side(walk, graph, alice):
    person("Anna", "Ash", ["anna@example.com"])
    for title in ("Judge", "Clerk"):
        graph.mailbox(ALICE).put(
            {
                "givenName": "Anna",
                "surname": "Ash",
                "jobTitle": title,
                "emailAddresses": [{"address": "anna@example.com"}],
            }
        )
    walk.sign_in()
    walk.go(SETTINGS)
    authorize(walk)
    walk.click("Sync")
    work_off()
    walk.sees("Is this the same contact?", "Judge", "Clerk")
    walk.shoot("held")
    walk.click("Keep both")
    walk.click("Start Sync")
    work_off()
    assert Contact.objects.count() == 3
    assert len(graph.mailbox(ALICE).contacts) == 3
