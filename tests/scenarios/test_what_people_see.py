"""Twenty faults, and what the owner of the mailbox reads about each.

The table in tests/README.md is the expectation: each of its rows is acted out, and its status,
sentence and way out are looked for on the real Settings page.
"""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest
from django.db import OperationalError

from contacts_sync import connections as mailboxes
from contacts_sync.models import Connection, Contact, SyncRun
from contacts_sync.simulator.faults import Fault, throttled
from contacts_sync.store import settling
from tests.scenarios.worlds import card, many, person

DOCUMENT = Path(__file__).parents[1] / "README.md"
SECTION = (
    DOCUMENT.read_text().split("## What the owner of a mailbox reads", 1)[-1].split("\n## ")[0]
)
TABLE = {
    row[0]: row[1:]
    for line in SECTION.splitlines()[6:]
    if line.startswith("| ") and (row := [one.strip() for one in line.strip("| ").split(" | ")])
}


def reply(status, code="", message="no", **choose):
    body = {"error": {"code": code, "message": message}}
    return Fault("reply", status=status, body=body, times=None, **choose)


def answered_by(*faults):
    def fault(world, monkeypatch):
        world.graph.faults = list(faults)

    return fault


def sign_in_withdrawn(world, monkeypatch):
    world.graph.revoke(world.username)
    world.graph.faults = [reply(401, "InvalidAuthenticationToken")]


def database_full(world, monkeypatch):
    def full(*arguments):
        raise OperationalError("database or disk is full")

    monkeypatch.setattr(settling, "commit", full)


def a_bug(world, monkeypatch):
    def broken(*arguments):
        raise ZeroDivisionError

    monkeypatch.setattr(settling, "commit", broken)


def killed_three_times(world, monkeypatch):
    for _death in range(3):
        world.dies(at_commit=3)


def many_deleted(world, monkeypatch):
    Contact.objects.filter(last_name="Poe").delete()


def many_vanished(world, monkeypatch):
    for one in world.contacts():
        if one.get("surname") == "Poe":
            world.mailbox.remove(one["id"])


def two_match(world, monkeypatch):
    person("Ben", "Birch", ["ben@example.com"])
    for _copy in range(2):
        world.mailbox.put(card("Ben", "Birch", "ben@example.com"))


def many_arrive(world, monkeypatch):
    with world.graph.seeding():
        for number in range(201):
            world.mailbox.put(card(f"N{number}", "New", f"n{number}@example.com"))


def removed_there(world, monkeypatch):
    world.mailbox.remove(world.outlook(givenName="Anna")["id"])


def stopped(world, monkeypatch):
    mailboxes.stop(world.connection)


def disconnected(world, monkeypatch):
    mailboxes.disconnect(world.connection)


ITEM = {"method": "PATCH", "where": "item"}
FAULTS = {
    "Microsoft 365 is down": answered_by(reply(503)),
    "no way to Microsoft": answered_by(Fault("lost", times=None)),
    "no answer in time": answered_by(Fault("timeout", times=None)),
    "a network's sign-in page answers": answered_by(Fault("html", times=None)),
    "half of an answer": answered_by(Fault("truncated", times=None)),
    "too many requests": answered_by(throttled("600", times=None)),
    "the mailbox is full": answered_by(reply(507, "ErrorQuotaExceeded", method="GET")),
    "a password was changed": sign_in_withdrawn,
    "access was limited": answered_by(reply(403, "ErrorAccessDenied")),
    "the licence is gone": answered_by(reply(404, "MailboxNotEnabledForRESTAPI")),
    "a refusal that nobody knows": answered_by(reply(418, "Teapot")),
    "one contact is refused": answered_by(reply(400, "ErrorInvalidProperty", **ITEM)),
    "an answer to a write is lost": answered_by(Fault("acted, then lost", "POST", r"batch")),
    "our database is full": database_full,
    "an error of ours": a_bug,
    "the worker is killed again and again": killed_three_times,
    "many contacts were deleted here": many_deleted,
    "many contacts vanished in Outlook": many_vanished,
    "many contacts arrive from Outlook": many_arrive,
    "two contacts match one": two_match,
    "a contact was removed in Outlook": removed_there,
    "the sync was stopped": stopped,
    "the account was disconnected": disconnected,
}


@pytest.mark.parametrize("name", FAULTS)
def test_what_the_settings_page_says(world, client, alice, monkeypatch, name):
    anna = person("Anna", "Ash", ["anna@example.com"])
    many(15)
    world.start()
    if FAULTS[name] is not removed_there:
        Contact.objects.filter(pk=anna.pk).update(job_title="Judge")
        person("Cleo", "Clay")
    FAULTS[name](world, monkeypatch)
    if world.connection.state == Connection.State.ON:
        world.run(slices=1)
    monkeypatch.undo()
    client.force_login(alice)

    page = client.get("/settings/contact-and-calendar-sync/office365/").content.decode()

    text = re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", page)))
    run = SyncRun.objects.exclude(kind="preview").latest("pk")
    status, sentence, way = TABLE[name]
    assert (run.status, sentence in text, way in text) == (status, True, True), text


def test_the_table_tells_every_fault():
    assert list(TABLE) == list(FAULTS)
