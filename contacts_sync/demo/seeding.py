"""Fill the firm's list and the mailboxes, once: what people did since is left as it is."""

from __future__ import annotations

from dataclasses import dataclass

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
    (MAIN, "Dana Whitfield", "a mailbox of 211 contacts"),
    (PARTNER, "Paul Marsh", "another mailbox"),
    (NO_MAILBOX, "Front Desk", "no mailbox: is refused"),
    (MANAGED, "Tessa Ng", "the administrator must consent"),
)


def make_people() -> None:
    """See that everybody who can sign in is there, with the password that is printed."""
    for person in PEOPLE:
        first, _space, last = person.name.partition(" ")
        user, new = User.objects.get_or_create(
            username=person.email,
            defaults={"email": person.email, "first_name": first, "last_name": last},
        )
        user.is_staff = True  # every member reads and edits the firm's contacts in the admin
        user.is_superuser = person.role == roles.ADMINISTRATOR
        if new or not user.check_password(PASSWORD):
            user.set_password(PASSWORD)
        user.save()
        user.groups.set(Group.objects.filter(name=person.role))


def fill_list() -> None:
    """Fill the firm's list if it has never held a contact."""
    if Contact.objects.exists():
        return
    with transaction.atomic():
        create(story.firm(), reason="the demo's story")
        trashed = Contact.objects.filter(first_name="Ruth", last_name="Castle")
        trashed.delete()


def make_accounts(fill: bool) -> None:
    """Make the accounts of the simulated Microsoft 365, with their mailboxes. It must not run."""
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
