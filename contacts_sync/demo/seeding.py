"""Fill the firm's list and the mailboxes, once: what people did since is left as it is."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group, User
from django.db import transaction

from contacts_sync import roles
from contacts_sync.demo import story
from contacts_sync.demo.environment import SIMULATOR
from contacts_sync.importing import create
from contacts_sync.models import Contact
from contacts_sync.simulator import Microsoft365

PASSWORD = "sync-demo"  # noqa: S105  of this machine's demo, and printed


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can sign in here."""

    email: str
    name: str
    role: str
    what: str


PEOPLE = (
    Person("demo@firm.example", "Dana Whitfield", roles.MEMBER, "a member with a mailbox"),
    Person("partner@firm.example", "Paul Marsh", roles.MEMBER, "another member"),
    Person("admin@firm.example", "Ada Reyes", roles.ADMINISTRATOR, "the administrator"),
)
MAIN, PARTNER, NO_MAILBOX, MANAGED = (
    "dana@firm.example",
    "paul@firm.example",
    "frontdesk@firm.example",
    "trainee@firm.example",
)
ACCOUNTS = (
    (MAIN, "Dana Whitfield", "a mailbox full of contacts"),
    (PARTNER, "Paul Marsh", "another one, with some of the same"),
    (NO_MAILBOX, "Front Desk", "no mailbox: is refused"),
    (MANAGED, "Tessa Ng", "the administrator must consent"),
)


def prepare(fill: bool) -> None:
    """Make what is not there. The lists are filled on the very first start only, if wanted."""
    if fill and not User.objects.filter(username=PEOPLE[0].email).exists():
        _fill_list()
    _make_accounts(fill)
    _make_people()


def _make_people() -> None:
    missing = {person.email for person in PEOPLE}
    missing -= set(User.objects.filter(username__in=missing).values_list("username", flat=True))
    password = make_password(PASSWORD) if missing else ""  # takes a moment, by design
    for person in PEOPLE:
        if person.email not in missing:
            continue
        first, _space, last = person.name.partition(" ")
        user = User.objects.create(
            username=person.email,
            email=person.email,
            first_name=first,
            last_name=last,
            password=password,
            is_staff=True,  # every member reads and edits the firm's contacts in the admin
            is_superuser=person.role == roles.ADMINISTRATOR,
        )
        user.groups.set(Group.objects.filter(name=person.role))


def _fill_list() -> None:
    if Contact.objects.exists():
        return
    with transaction.atomic():
        create(story.firm(), reason="the demo's story")
        Contact.objects.filter(first_name="Ruth", last_name="Castle").delete()  # for the trash


def _make_accounts(fill: bool) -> None:
    """Make the accounts of the simulated Microsoft 365, with their mailboxes. It must not run meanwhile."""
    sim = Microsoft365(str(SIMULATOR))
    try:
        if MANAGED in sim.accounts:
            return
        with sim.seeding():
            for username, name, _what in ACCOUNTS:
                consent = "admin" if username == MANAGED else "user"
                sim.add_account(username, name, mailbox=username != NO_MAILBOX, consent=consent)  # type: ignore[arg-type]
            if fill:
                _fill_mailboxes(sim)
    finally:
        sim.close()


def _fill_mailboxes(sim: Microsoft365) -> None:
    for username, cards in ((MAIN, story.mailbox()), (PARTNER, story.partner())):
        for fields in cards:
            sim.mailbox(username).put(fields)
    for fields in story.private():
        sim.mailbox(MAIN).put(fields, folder="Private")
