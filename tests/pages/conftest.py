"""A furnished firm, with something on every page, and the list of all pages."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils import timezone

from contacts_sync.importing import uploads
from contacts_sync.models import (
    Connection,
    Contact,
    ContactImport,
    ExternalLink,
    Heartbeat,
    ImportRow,
    RemoteContact,
    SyncChange,
    SyncRun,
)
from contacts_sync.roles import ensure_groups

CONFLICT = {"field": "job_title", "here": "Clerk", "there": "Judge", "winner": "here"}
ACCOUNTS = {
    "new": {},
    "previewed": {"state": "authorized"},
    "syncing": {"state": "on"},
    "asked": {"state": "on", "problem": "sign_in", "problem_text": "Sign in again."},
    "working": {"state": "on"},
    "left": {"state": "disconnected"},
}
"""One person for each state that a mailbox can be in."""

SETTINGS = {
    "new": ["settings", "contact_and_calendar_sync", "office365"],
    "previewed": ["office365_preview", "near", "leave_out_all", "all_near", "office365"],
    "syncing": [
        "office365",
        "office365_decisions",
        "guard",
        "office365_missing",
        "left_out",
        "everybody",
        "contact",
        "all_groups",
        "office365_problems",
        "office365_history",
        "run",
        "undo",
        "other_value",
        "office365_disconnect",
        "office365_another_account",
        "account_change_password",
        "account_email",
        "mfa_index",
        "socialaccount_connections",
    ],
    "asked": ["office365", "office365_problems", "office365_decisions", "office365_missing"],
    "working": ["office365"],
    "left": ["office365"],
}
"""Which of our pages each of them looks at."""

MODELS = (
    "contact",
    "connection",
    "syncrun",
    "syncchange",
    "externallink",
    "remotecontact",
    "heartbeat",
)


@pytest.fixture
def firm(django_user_model):
    """Fill the database so that no page is empty; gives what the pages are about."""
    ensure_groups()
    people = {
        name: django_user_model.objects.create_user(
            f"u-{name}", f"{name}@firm.example", is_staff=True, first_name=f"P-{name}"
        )
        for name in ACCOUNTS
    }
    for person in people.values():
        person.groups.add(Group.objects.get(name="operator"))
    people["root"] = django_user_model.objects.create_superuser("root", "root@firm.example")
    now = timezone.now()
    mailboxes = {
        name: Connection.objects.create(
            owner=people[name],
            tenant_id="firm",
            object_id=f"object-{name}",
            username=f"{name}@mail.example",
            credential="sealed",
            started_at=now - timedelta(days=3) if fields["state"] == "on" else None,
            next_run_at=now + timedelta(minutes=40),
            **fields,
        )
        for name, fields in ACCOUNTS.items()
        if fields
    }
    made = SimpleNamespace(people=people, mailboxes=mailboxes, now=now)
    _contacts(made)
    _links(made, mailboxes["syncing"])
    _runs(made, mailboxes)
    _imports(made)
    Heartbeat.objects.create(name="worker", at=now)
    return made


def _contacts(made):
    ash = Contact.objects.create(kind="company", name="Ash Ltd")
    made.anna, made.twin, made.bea, made.cyd, made.dan = (
        Contact.objects.create(first_name=first, last_name="Berg", job_title="Clerk", company=ash)
        for first in ("Anna", "Anna", "Bea", "Cyd", "Dan")
    )
    for one in (made.anna, made.twin):
        one.emails.create(address="anna@x.example", primary=True)
    for label in ("Work", "Work", "Work", "Fax"):
        made.anna.phones.create(number=f"212-555-01{len(label)}{label[0]}", label=label)
    made.anna.addresses.create(street="1 Main St", city="Rome", label="Billing")
    made.anna.websites.create(url="https://x.example")
    made.trashed = Contact.objects.create(first_name="Zoe", last_name="Gone")
    made.trashed.delete()


def _links(made, mailbox):
    def mirror(name, **fields):
        values = {"scalars": {"first_name": name}, "sets": {"emails": [["any", "a@x.example"]]}}
        return RemoteContact.objects.create(
            connection=mailbox, remote_id=name, **{"values": values, **fields}
        )

    def link(contact, state, **fields):
        return ExternalLink.objects.create(
            connection=mailbox, contact=contact, state=state, name=str(contact), **fields
        )

    made.mirror = mirror("Anna")
    made.link = link(made.anna, "linked", mirror=made.mirror, remote_id="Anna")
    link(made.twin, "held", reason="group", group="g", mirror=mirror("Ann"), remote_id="Ann")
    made.held = link(made.bea, "held", reason="group", group="g")
    link(made.cyd, "gone", remote_id="Cyd")
    link(
        made.dan,
        "linked",
        problem="The e-mail address is not valid.",
        problem_count=3,
        next_try_at=made.now + timedelta(hours=1),
    )
    link(Contact.objects.create(first_name="Eve", last_name="Out"), "apart")
    mirror("Team", skip="A distribution list is no contact.")


def _runs(made, mailboxes):
    mailbox = mailboxes["syncing"]
    made.run = SyncRun.objects.create(
        connection=mailbox,
        trigger="schedule",
        status="held",
        step="closed",
        finished_at=made.now,
        updated_here=1,
        conflicts=1,
        held=1,
        problems=1,
    )
    both = {"run": made.run, "connection": mailbox, "side": "here", "action": "update"}
    made.change = SyncChange.objects.create(
        **both,
        contact=made.anna,
        name="Anna Berg",
        status="done",
        before={"job_title": "Judge", "phones": [["Work", "1", True]]},
        after={"job_title": "Clerk", "phones": [["Work", "2", True]]},
        conflict=[CONFLICT],
    )
    SyncChange.objects.create(
        **both, contact=made.dan, name="Dan Berg", status="failed", reason="It was refused."
    )
    SyncChange.objects.create(
        run=made.run,
        connection=mailbox,
        contact=made.cyd,
        name="Cyd Berg",
        side="there",
        action="delete",
        status="held",
        guard="deletions",
    )
    SyncRun.objects.create(
        connection=mailboxes["working"],
        kind="sync",
        trigger="owner",
        status="running",
        step="apply",
        first=True,
        planned=100,
        done=40,
    )
    SyncRun.objects.create(
        connection=mailboxes["asked"],
        trigger="schedule",
        status="needs_sign_in",
        step="closed",
        finished_at=made.now,
        message="Sign in again.",
    )
    RemoteContact.objects.create(
        connection=mailboxes["previewed"],
        remote_id="r",
        values={
            "scalars": {"first_name": "Anne", "last_name": "Berg"},
            "sets": {"emails": [["any", "anna@x.example"]]},
        },
    )
    preview = SyncRun.objects.create(
        connection=mailboxes["previewed"],
        kind="preview",
        trigger="owner",
        status="done",
        step="closed",
        finished_at=made.now,
        added_here=1,
        added_there=1,
        linked=1,
        warning="Most of this mailbox is linked already.",
    )
    for action, side, reason, guard in (
        ("add", "here", "only there", ""),
        ("add", "there", "only here", ""),
        ("link", "both", "match", ""),
        ("skip", "both", "same name", "near"),
    ):
        SyncChange.objects.create(
            run=preview,
            connection=mailboxes["previewed"],
            contact=made.anna,
            remote_id="r",
            name="Anna Berg",
            action=action,
            side=side,
            status="planned",
            reason=reason,
            guard=guard,
            after={"first_name": "Anna", "emails": [["any", "anna@x.example"]]},
        )


def _imports(made):
    """One import for each state that it can be in; those with rows have a row of each kind."""
    made.imports = {}
    table = "Mandant;Rückruf\r\nAnna Ash;+49 30 123456\r\nBen Birch;+49 30 123457\r\n".encode()
    for step in ContactImport.Step.values:
        file = uploads.receive(f"{step}.csv", len(table), [table], made.people["root"])
        fields = {"step": step, "expected": 100, "read": 40, "planned": 100, "done": 40}
        if step in ("columns", "ready"):
            fields |= {"columns": {"Mandant": "name", "Rückruf": "phones.Work"}, "done": 0}
        ContactImport.objects.filter(pk=file.pk).update(
            **fields,
            unsure=True,
            read_as="Windows-1252",
            message="" if step == "undone" else "Why.",
        )
        made.imports[step] = file
        for number, verdict in enumerate(ImportRow.Verdict.values, 1):
            file.rows.create(
                number=number,
                place=f"row {number}",
                name="Anna Berg",
                verdict=verdict,
                chosen=verdict == "new",
                reason="Why." if verdict == "unread" else "",
                likes=[[made.anna.pk, "Anna Berg", "same e-mail"], [0, "1", "same name"]],
                unread=[["Notes", "tea", "the list has no field for it"]],
                has_unread=True,
                draft={"kind": "person", "scalars": {"company": "Ash"}, "sets": {}, "uid": ""},
            )
    SyncChange.objects.create(
        brought_by=made.imports["done"],
        contact=made.dan,
        name="Dan Berg",
        side="here",
        action="add",
        status="done",
    )


def settings_pages(made):
    """Give (person, path) of every page of ours, in the state in which that person's mailbox is."""
    special = {
        "guard": lambda: reverse("office365_guard", args=["deletions"]),
        "left_out": lambda: reverse("office365_missing") + "?show=apart",
        "everybody": lambda: reverse("office365_contacts") + "?show=all",
        "contact": lambda: reverse("office365_contact", args=[made.link.pk]),
        "all_groups": lambda: reverse("office365_same_for_all", args=["groups", "keep"]),
        "near": lambda: reverse("office365_preview") + "?show=near",
        "leave_out_all": lambda: reverse("office365_leave_out_all") + "?q=anna",
        "all_near": lambda: reverse("office365_same_for_all", args=["near", "link"]),
        "run": lambda: reverse("office365_run", args=[made.run.pk]),
        "undo": lambda: reverse("office365_undo", args=[made.change.pk]),
        "other_value": lambda: reverse("office365_other_value", args=[made.change.pk, 0]),
    }
    for name, pages in SETTINGS.items():
        for page in pages:
            yield name, special[page]() if page in special else reverse(page)


def admin_pages(made):
    """Give the path of every page of the admin that is not Django's or a library's alone."""
    rows = {
        "contact": made.anna,
        "connection": made.mailboxes["syncing"],
        "syncrun": made.run,
        "syncchange": made.change,
        "externallink": made.held,
        "remotecontact": made.mirror,
    }
    pair = f"?contact={made.anna.pk}&contact={made.twin.pk}"
    yield reverse("admin:index")
    for model in MODELS:
        yield reverse(f"admin:contacts_sync_{model}_changelist")
    for model, row in rows.items():
        yield reverse(f"admin:contacts_sync_{model}_change", args=[row.pk])
    yield reverse("admin:contacts_sync_connection_change", args=[made.mailboxes["asked"].pk])
    yield reverse("admin:contacts_sync_contact_change", args=[made.trashed.pk])
    yield reverse("admin:contacts_sync_contact_add")
    yield reverse("admin:contacts_sync_contact_add") + "?kind=company"
    yield reverse("admin:contacts_sync_contact_delete", args=[made.anna.pk])
    yield reverse("admin:contacts_sync_contact_trash")
    yield reverse("admin:contacts_sync_contact_duplicates")
    yield reverse("admin:contacts_sync_contact_duplicates") + "?show=apart"
    yield reverse("admin:contacts_sync_syncchange_held")
    answer = [made.mailboxes["syncing"].pk, "deletions", "approve"]
    yield reverse("admin:contacts_sync_syncchange_held_answer", args=answer)
    yield reverse("admin:contacts_sync_contact_merge") + pair
    yield reverse("admin:contacts_sync_contact_put_back", args=[made.change.pk])
    yield reverse("admin:contacts_sync_contact_other_value", args=[made.change.pk, 0])
    yield reverse("admin:contacts_sync_syncrun_undo", args=[made.run.pk])
    yield reverse("admin:contacts_sync_contact_export")
    yield reverse("admin:contacts_sync_contact_export_one", args=[made.anna.pk])
    yield reverse("admin:contacts_sync_contactimport_changelist")
    yield reverse("admin:contacts_sync_contactimport_add")
    yield reverse("admin:contacts_sync_contactimport_columns", args=[made.imports["columns"].pk])
    for one in made.imports.values():
        yield reverse("admin:contacts_sync_contactimport_change", args=[one.pk])
    yield reverse("admin:contacts_sync_contactimport_undo", args=[made.imports["done"].pk])
    for name in ("auth_user_changelist", "auth_user_add", "auth_group_changelist"):
        yield reverse(f"admin:{name}")
    yield reverse("admin:auth_user_change", args=[made.people["syncing"].pk])
