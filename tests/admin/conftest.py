"""The people of the admin, by role, and what lies below it, listened to."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group

from contacts_sync.models import Connection, Contact, EmailAddress, ExternalLink, RemoteContact
from contacts_sync.roles import ADMINISTRATOR, MEMBER, OPERATOR, READER, ensure_groups


@pytest.fixture
def people(django_user_model):
    """One person for each role, a superuser, and somebody without any right."""
    ensure_groups()

    def add(name, role=None, **fields):
        user = django_user_model.objects.create_user(name, f"{name}@firm.example", **fields)
        if role:
            user.groups.add(Group.objects.get(name=role))
        return user

    return {
        "reader": add("rita", READER, is_staff=True),
        "member": add("mia", MEMBER, is_staff=True),
        "operator": add("otto", OPERATOR, is_staff=True),
        "administrator": add("anton", ADMINISTRATOR, is_staff=True),
        "superuser": add("root", is_staff=True, is_superuser=True),
        "nobody": add("nora"),
    }


@pytest.fixture
def enter(client, people):
    """Sign in as a role: `enter("operator")` gives the client."""

    def sign_in(role):
        client.force_login(people[role])
        return client

    return sign_in


@pytest.fixture
def connect(people):
    """Make a connection for a person, with secrets that no page may show."""

    def make(role="member", **fields):
        owner = people[role]
        return Connection.objects.create(
            owner=owner,
            tenant_id="firm",
            object_id=f"object-{owner.pk}",
            username=f"{owner.username}@mail.example",
            credential="SECRET-CREDENTIAL",
            cursor="SECRET-CURSOR",
            lease_owner="SECRET-LEASE",
            **{"state": Connection.State.ON, **fields},
        )

    return make


@pytest.fixture
def anna(db):
    contact = Contact.objects.create(first_name="Anna", last_name="Berg")
    EmailAddress.objects.create(contact=contact, address="anna@x.example", primary=True)
    return contact


@pytest.fixture
def link():
    """Link a contact with an Outlook contact."""

    def make(connection, contact, **fields):
        remote = f"{connection.pk}-{contact.pk}"
        mirror = RemoteContact.objects.create(
            connection=connection,
            remote_id=remote,
            values={"scalars": {"first_name": contact.first_name}, "sets": {}},
        )
        return ExternalLink.objects.create(
            connection=connection,
            contact=contact,
            mirror=mirror,
            remote_id=remote,
            name=str(contact),
            **fields,
        )

    return make


class Calls(list):
    """What was asked of the floors below, as (name, arguments, keywords)."""

    def names(self):
        return [name for name, _, _ in self]


@pytest.fixture
def calls(monkeypatch):
    """Stand in for the functions the admin calls; only the actor is compared by tests."""
    heard = Calls()
    answers = {
        "contacts_sync.tasks": {"enqueue": None},
        "contacts_sync.connections": {"stop": None, "disconnect": None, "retire": None},
        "contacts_sync.run.decisions": {
            "leave_out": None,
            "take_back_in": None,
            "link_pair": None,
            "keep_both": None,
            "put_back": None,
            "approve": 1,
            "dismiss": 1,
            "remove_here_only": 1,
            "copies": [],
        },
    }
    for module, functions in answers.items():
        for name, answer in functions.items():

            def listen(*args, _name=name, _answer=answer, **keywords):
                heard.append((_name, args, keywords))
                return _answer

            monkeypatch.setattr(f"{module}.{name}", listen)
    return heard
