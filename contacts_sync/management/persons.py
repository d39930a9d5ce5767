"""How the commands about one person say whom they mean."""

from __future__ import annotations

from argparse import ArgumentParser
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import CommandError

from contacts_sync import privacy
from contacts_sync.models import Contact


@dataclass(frozen=True, slots=True)
class Found:
    contacts: list[Contact]
    users: list[User]
    address: str = ""
    """The address that was asked for; it may also be known without a contact."""


def add_arguments(parser: ArgumentParser) -> None:
    who = parser.add_mutually_exclusive_group(required=True)
    who.add_argument("--email", help="all contacts with this address")
    who.add_argument("--contact", type=int, metavar="ID", help="one contact, by its number")
    who.add_argument("--user", metavar="EMAIL", help="somebody who signs in here")


def find(options: dict[str, Any]) -> Found:
    """Find the person that the options name; nobody is an error."""
    contacts: list[Contact] = []
    users: list[User] = []
    if options["user"]:
        users = list(User.objects.filter(email__iexact=options["user"]))
    elif options["contact"]:
        contacts = list(Contact.objects.filter(pk=options["contact"]))
    else:
        contacts = list(privacy.contacts_of(options["email"]))
    address = (options["email"] or "").strip()
    known = address and any(privacy.elsewhere(address).values())
    if not contacts and not users and not known:
        raise CommandError("Nobody was found.")
    return Found(contacts, users, address)
