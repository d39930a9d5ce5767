"""Every Settings page of a large firm: few queries, however much there is.

LOAD=full pytest tests/views/test_load.py -s measures with 20,000 contacts, 50 mailboxes and 10,000
runs, and prints queries and milliseconds; without it the firm is a small one of the same shape.
"""

from __future__ import annotations

import os
import time
from datetime import timedelta

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from contacts_sync.models import (
    Connection,
    Contact,
    EmailAddress,
    ExternalLink,
    PhoneNumber,
    RemoteContact,
    SyncChange,
    SyncRun,
)
from tests.views.conftest import CONTACTS, OFFICE

pytestmark = pytest.mark.django_db

FULL = os.environ.get("LOAD") == "full"
CONTACTS_COUNT, MAILBOXES, RUNS = (20_000, 50, 10_000) if FULL else (300, 3, 120)
QUERIES = 30
SECONDS = 2.0
HELD, NEAR = CONTACTS_COUNT // 20, CONTACTS_COUNT // 50


def in_lots(model, rows):
    return model.objects.bulk_create(rows, batch_size=2000)


def values_of(number, last="Poe"):
    return {
        "scalars": {"first_name": f"P{number}", "last_name": last, "job_title": "Clerk"},
        "sets": {"emails": [["any", f"p{number}@example.com"]], "phones": [["Work", "212-555-01"]]},
    }


@pytest.fixture
def firm(alice, django_user_model):
    """A firm with many contacts, and Alice's mailbox among many; everything is on some page."""
    people = in_lots(
        Contact,
        [Contact(first_name=f"P{number}", last_name="Poe") for number in range(CONTACTS_COUNT)],
    )
    in_lots(
        EmailAddress, [EmailAddress(contact=one, address=f"p{one.pk}@x.example") for one in people]
    )
    in_lots(
        PhoneNumber,
        [
            PhoneNumber(contact=one, number=f"212-555-{one.pk:05}", label=label)
            for one in people
            for label in ("Work", "Fax")
        ],
    )
    now = timezone.now()
    owners = [alice]
    for number in range(MAILBOXES - 1):
        owners.append(django_user_model(username=f"u{number}", email=f"u{number}@firm.example"))
    django_user_model.objects.bulk_create(owners[1:])
    mailboxes = in_lots(
        Connection,
        [
            Connection(
                owner=owner,
                tenant_id="firm",
                object_id=owner.username,
                username=f"{owner.username}@outlook.example",
                credential="sealed",
                state="on",
                started_at=now - timedelta(days=9),
                next_run_at=now + timedelta(minutes=40),
            )
            for owner in owners
        ],
    )
    mine = mailboxes[0]
    _links(mine, people)
    _runs(mine, mailboxes, people, now)
    return mine


def _links(mine, people):
    revisions = dict(Contact.objects.values_list("pk", "revision"))
    mirrors = in_lots(
        RemoteContact,
        [
            RemoteContact(
                connection=mine,
                remote_id=f"r{number}",
                values=values_of(number),
                fingerprint="f",
                settled="f",
            )
            for number, _one in enumerate(people)
        ],
    )
    states = {0: "gone", 1: "apart", 2: "held", 3: "refused"}
    links = []
    for number, (one, mirror) in enumerate(zip(people, mirrors, strict=True)):
        link = ExternalLink(
            connection=mine,
            contact=one,
            mirror=mirror,
            remote_id=mirror.remote_id,
            name=str(one),
            local_revision=revisions[one.pk],
            state=states.get(number % 25, "linked"),
        )
        if link.state == "refused":
            link.state, link.problem, link.problem_count = "linked", "It was refused.", 2
        if link.state == "held":
            link.group, link.reason = f"group-{number}", "group"
        links.append(link)
    in_lots(ExternalLink, links)


def _runs(mine, mailboxes, people, now):
    runs = in_lots(
        SyncRun,
        [
            SyncRun(
                connection=mailboxes[number % len(mailboxes)] if number % 3 else mine,
                trigger="schedule",
                status="held" if number % 5 == 0 else "done",
                step="closed",
                added_here=number % 2,
                finished_at=now,
                first=number % 40 == 0,
            )
            for number in range(RUNS)
        ],
    )
    links = list(mine.links.order_by("pk"))
    last = max((one for one in runs if one.connection_id == mine.pk), key=lambda one: one.pk)

    def change(number, **fields):
        link = links[number % len(links)]
        return SyncChange(
            **{
                "run": last,
                "connection": mine,
                "contact_id": link.contact_id,
                "link": link,
                "remote_id": link.remote_id,
                "name": link.name,
                "side": "there",
                "action": "update",
                "status": "done",
                "before": {"job_title": "Clerk"},
                "after": {"job_title": "Judge"},
                **fields,
            }
        )

    in_lots(SyncChange, [change(number) for number in range(CONTACTS_COUNT)])
    in_lots(
        SyncChange,
        [
            change(number, action="delete", status="held", guard="deletions")
            for number in range(HELD)
        ],
    )


@pytest.fixture
def previewed(firm):
    """Let Alice's mailbox be stopped, with a preview about everybody."""
    firm.state = "stopped"
    firm.save()
    run = SyncRun.objects.create(
        connection=firm, kind="preview", trigger="owner", status="done", step="closed"
    )
    links = list(firm.links.all())
    rows = []
    for number, link in enumerate(links):
        action, side, reason = (
            ("add", "here", "only there"),
            ("add", "there", "only here"),
            ("link", "both", "match"),
        )[number % 3]
        rows.append(
            SyncChange(
                run=run,
                connection=firm,
                contact_id=link.contact_id,
                remote_id=link.remote_id,
                name=link.name,
                side=side,
                action=action,
                status="planned",
                reason=reason,
            )
        )
    rows += [
        SyncChange(
            run=run,
            connection=firm,
            contact_id=link.contact_id,
            remote_id=link.remote_id,
            name=link.name,
            side="both",
            action="skip",
            status="planned",
            reason="same e-mail",
            guard="near",
        )
        for link in links[:NEAR]
    ]
    in_lots(SyncChange, rows)
    return firm


def measure(client, path):
    client.get(path)  # what is loaded once is no cost of the page
    began = time.perf_counter()
    with CaptureQueriesContext(
        database,
    ) as queries:
        response = client.get(path)
    took = time.perf_counter() - began
    assert response.status_code == 200, path
    print(f"\n{path[len(OFFICE) - 10 :]:58} {len(queries):3} {took * 1000:7.0f} ms", end="")  # noqa: T201
    assert len(queries) < QUERIES, (path, [one["sql"][:120] for one in queries])
    assert took < SECONDS, (path, [(one["time"], one["sql"][:300]) for one in queries])


def test_every_page_of_a_running_sync_costs_few_queries(client, alice, firm):
    client.force_login(alice)
    run = firm.runs.filter(changes__isnull=False).first()
    link = firm.links.filter(state="linked").first()
    for path in (
        "/settings/",
        "/settings/contact-and-calendar-sync/",
        OFFICE,
        f"{CONTACTS}list/",
        f"{CONTACTS}list/?show=all",
        f"{CONTACTS}list/?show=all&q=p17",
        f"{CONTACTS}list/?show=coming",
        f"{CONTACTS}list/?page=9999",
        f"{CONTACTS}list/{link.pk}/",
        f"{CONTACTS}decisions/",
        f"{CONTACTS}decisions/held/deletions/",
        f"{CONTACTS}decisions/held/deletions/?q=p1",
        f"{CONTACTS}decisions/same-for-all/groups/keep/",
        f"{CONTACTS}not-in-outlook/",
        f"{CONTACTS}not-in-outlook/?show=apart",
        f"{CONTACTS}not-in-outlook/?show=home",
        f"{CONTACTS}not-in-outlook/?show=skipped",
        f"{CONTACTS}problems/",
        f"{CONTACTS}problems/?q=p1",
        f"{CONTACTS}history/",
        f"{CONTACTS}history/?show=all",
        f"{CONTACTS}history/?show=all&page=60",
        f"{CONTACTS}history/{run.pk}/",
        f"{CONTACTS}history/{run.pk}/?q=p1&page=3",
        f"{OFFICE}disconnect/",
        f"{OFFICE}another-account/",
    ):
        measure(client, path)


def test_every_page_of_a_preview_costs_few_queries(client, alice, previewed):
    client.force_login(alice)
    for path in (
        OFFICE,
        f"{CONTACTS}preview/",
        f"{CONTACTS}preview/?show=added_here",
        f"{CONTACTS}preview/?show=added_there&page=40",
        f"{CONTACTS}preview/?show=linked&q=p1",
        f"{CONTACTS}preview/?show=near",
        f"{CONTACTS}leave-out/all/?q=p1",
        f"{CONTACTS}decisions/same-for-all/near/keep/",
    ):
        measure(client, path)
