"""A firm of any size in the database: contacts, mailboxes, links, runs and changes, always the same."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Iterator
from datetime import timedelta

from django.contrib.auth.models import User
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from contacts_sync.models import (
    Connection,
    Contact,
    EmailAddress,
    ExternalLink,
    Heartbeat,
    PhoneNumber,
    RemoteContact,
    SyncChange,
    SyncRun,
)

FIRST = [
    "Anna",
    "Ben",
    "Cleo",
    "Dan",
    "Eva",
    "Finn",
    "Gina",
    "Hugo",
    "Ida",
    "Jan",
    "Kim",
    "Lea",
    "Max",
    "Nora",
    "Otto",
    "Pia",
]
LAST = [
    "Ash",
    "Birch",
    "Cedar",
    "Elm",
    "Fir",
    "Hazel",
    "Larch",
    "Maple",
    "Oak",
    "Pine",
    "Rowan",
    "Spruce",
    "Willow",
    "Yew",
]
STATES = ["linked"] * 40 + ["gone", "apart", "held", "creating"]
SIZE = 1000


def fill(contacts: int, mailboxes: int, runs: int) -> None:
    """Fill the database. A fifth of the contacts is in every mailbox, the links are spread over them."""
    luck = random.Random(20)
    _contacts(contacts, luck)
    boxes = _mailboxes(mailboxes)
    _links(boxes, contacts, luck)
    _runs(boxes, runs, luck)
    Heartbeat.objects.create(name="worker", at=timezone.now())


def _contacts(number: int, luck: random.Random) -> None:
    companies = Contact.objects.bulk_create(
        [Contact(kind="company", name=f"{luck.choice(LAST)} {n} Ltd") for n in range(number // 20)]
    )
    people = Contact.objects.bulk_create(
        [
            Contact(
                first_name=luck.choice(FIRST),
                last_name=f"{luck.choice(LAST)}{n // 7}",
                company=luck.choice(companies),
                deleted_at=timezone.now() if n % 100 == 0 else None,
            )
            for n in range(number - len(companies))
        ],
        batch_size=SIZE,
    )
    EmailAddress.objects.bulk_create(
        [
            EmailAddress(contact=one, address=f"p{n - (n % 10 == 1)}@x.example", primary=True)
            for n, one in enumerate(people)
        ],
        batch_size=SIZE,
    )
    PhoneNumber.objects.bulk_create(
        [
            PhoneNumber(contact=one, number=f"(212) {200 + n % 700}-{n % 10_000:04}")
            for n, one in enumerate(people)
            for _again in range(1 + n % 4)
        ],
        batch_size=SIZE,
    )


def _mailboxes(number: int) -> list[Connection]:
    owners = User.objects.bulk_create(
        [User(username=f"owner{n}", email=f"owner{n}@firm.example") for n in range(number)]
    )
    now = timezone.now()
    return Connection.objects.bulk_create(
        [
            Connection(
                owner=one,
                tenant_id="firm",
                object_id=str(n),
                username=f"box{n:03}@firm.example",
                state="on",
                problem="sign_in" if n % 10 == 0 else "",
                next_run_at=now + timedelta(minutes=n),
                started_at=now,
            )
            for n, one in enumerate(owners)
        ]
    )


def _links(boxes: list[Connection], contacts: int, luck: random.Random) -> None:
    pks = list(Contact.objects.order_by("pk").values_list("pk", flat=True))
    for box in boxes:
        chosen = pks[:: 5 if len(pks) > SIZE else 1]
        mirror = RemoteContact.objects.bulk_create(
            [
                RemoteContact(
                    connection=box,
                    remote_id=f"{box.pk}-{pk}",
                    fingerprint="f",
                    settled="f",
                    values={"scalars": {"first_name": "Anna"}, "sets": {}},
                )
                for pk in chosen
            ],
            batch_size=SIZE,
        )
        ExternalLink.objects.bulk_create(
            [
                ExternalLink(
                    connection=box,
                    contact_id=pk,
                    mirror=row,
                    remote_id=row.remote_id,
                    name=f"Contact {pk}",
                    state=luck.choice(STATES),
                    group=f"g{pk // 20}",
                    problem="Refused." if pk % 97 == 0 else "",
                )
                for pk, row in zip(chosen, mirror, strict=True)
            ],
            batch_size=SIZE,
        )


def _runs(boxes: list[Connection], number: int, luck: random.Random) -> None:
    statuses = ["done"] * 8 + ["held", "failed"]
    made = SyncRun.objects.bulk_create(
        [
            SyncRun(
                connection=boxes[n % len(boxes)],
                trigger="schedule",
                status=luck.choice(statuses),
                updated_there=n % 9,
                conflicts=n % 2,
                finished_at=timezone.now(),
                message="Nothing to do.",
            )
            for n in range(number)
        ],
        batch_size=SIZE,
    )
    now = timezone.now()
    for n, run in enumerate(made):
        run.started_at = now - timedelta(minutes=number - n)
    SyncRun.objects.bulk_update(made, ["started_at"], batch_size=200)
    pks = list(Contact.objects.order_by("pk").values_list("pk", flat=True)[:SIZE])
    SyncChange.objects.bulk_create(
        [
            SyncChange(
                run=run,
                connection_id=run.connection_id,
                contact_id=pks[(n + again) % len(pks)],
                name=f"Contact {n}",
                side=luck.choice(["here", "there"]),
                action="update",
                status="held" if n % 200 == 0 else "done",
                guard="changed_here" if n % 200 == 0 else "",
                before={"job_title": "Clerk"},
                after={"job_title": "Judge"},
                conflict=[{"field": "job_title", "here": "a", "there": "b", "winner": "here"}]
                if n % 50 == 0
                else [],
            )
            for n, run in enumerate(made)
            for again in range(5)
        ],
        batch_size=SIZE,
    )


def pages() -> Iterator[tuple[str, str]]:
    """Name every list, filter, search and page, with its address."""
    yield "dashboard", reverse("admin:index")
    for model, queries in {
        "contact": (
            "",
            "q=anna",
            "q=212+200",
            "q=p17@x.example",
            "p=3",
            "kind__exact=company",
            "outlook=in",
            "outlook=none",
            "outlook=gone",
            "outlook=overflow",
            "attention=problem",
            "attention=held",
            "trash=yes",
        ),
        "connection": ("", "attention=yes", "q=box", "problem__exact=sign_in"),
        "syncrun": ("", "status__exact=failed", "q=nothing", "connection__id__exact=1"),
        "syncchange": ("", "conflicts=yes", "status__exact=held", "q=contact", "action__exact=add"),
        "externallink": ("", "problem=yes", "state__exact=gone", "q=anna"),
        "remotecontact": ("", "linked=no"),
        "heartbeat": ("",),
    }.items():
        url = reverse(f"admin:contacts_sync_{model}_changelist")
        for query in queries:
            yield f"{model} list {query}".strip(), f"{url}?{query}"
    yield "trash", reverse("admin:contacts_sync_contact_trash")
    yield "duplicates, first look", reverse("admin:contacts_sync_contact_duplicates")
    yield "duplicates, again", reverse("admin:contacts_sync_contact_duplicates") + "?show=near"
    yield "decisions", reverse("admin:contacts_sync_syncchange_held")
    for model, row in (
        ("contact", Contact.objects.alive().filter(changes__isnull=False).first()),
        ("connection", Connection.objects.first()),
        ("syncrun", SyncRun.objects.first()),
        ("syncchange", SyncChange.objects.first()),
        ("externallink", ExternalLink.objects.filter(state="held").first()),
        ("remotecontact", RemoteContact.objects.first()),
    ):
        if row is not None:
            yield f"{model} page", reverse(f"admin:contacts_sync_{model}_change", args=[row.pk])
    run = SyncRun.objects.filter(changes__isnull=False).first()
    if run is not None:
        yield "undo a run", reverse("admin:contacts_sync_syncrun_undo", args=[run.pk])
    pair = Contact.objects.alive().filter(kind="person").order_by("pk")[:2]
    query = "&".join(f"contact={one.pk}" for one in pair)
    yield "merge", reverse("admin:contacts_sync_contact_merge") + f"?{query}"
    yield "delete a contact", reverse("admin:contacts_sync_contact_delete", args=[pair[0].pk])
    yield "people", reverse("admin:auth_user_changelist")


def measure(client: Client, url: str, times: int = 1) -> tuple[int, float]:
    """Open a page; gives the queries of the first time and the median of the milliseconds."""
    took = []
    with CaptureQueriesContext(database) as first:
        took.append(_open(client, url))
    queries = len(first)  # the next request empties the log
    took += [_open(client, url) for _ in range(times - 1)]
    return queries, statistics.median(took)


def _open(client: Client, url: str) -> float:
    begun = time.perf_counter()
    answer = client.get(url)
    assert answer.status_code == 200, (url, answer.status_code)
    return (time.perf_counter() - begun) * 1000
