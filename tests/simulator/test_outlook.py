"""What a person does in Outlook, as tests and seeds do it."""

from __future__ import annotations

import pytest

from contacts_sync.simulator import Behaviour, Microsoft365
from contacts_sync.simulator.errors import GraphError
from tests.simulator.conftest import ANNA


def test_an_added_contact_is_stored_with_plain_empty_values(mailbox):
    contact = mailbox.put({"givenName": "Pavel", "surname": "Bansky"})

    stored = mailbox.contacts[contact]
    assert stored["displayName"] == "Pavel Bansky"
    assert (stored["jobTitle"], stored["businessPhones"], stored["homeAddress"]) == (None, [], {})
    assert mailbox.get(contact) == stored


def test_an_edit_keeps_what_it_does_not_name_and_composes_the_names_anew(mailbox):
    contact = mailbox.put({"givenName": "Pavel", "surname": "Bansky", "jobTitle": "Clerk"})

    mailbox.put({"surname": "Novak"}, contact)

    stored = mailbox.contacts[contact]
    assert (stored["displayName"], stored["fileAs"]) == ("Pavel Novak", "Novak, Pavel")
    assert stored["jobTitle"] == "Clerk"


def test_an_unknown_id_becomes_a_contact_and_seeding_again_changes_nothing(mailbox, clock):
    fields = {"givenName": "Anna", "emailAddresses": [{"address": "a@x.example"}]}
    mailbox.put(fields, "c1")
    before = mailbox.get("c1")
    clock.sleep(60)

    assert mailbox.put(fields, "c1") == "c1"

    assert mailbox.get("c1") == before
    assert list(mailbox.contacts) == ["c1"]


def test_removing_moving_and_bringing_back(mailbox):
    contact = mailbox.put({"givenName": "P"})

    mailbox.remove(contact)
    assert (len(mailbox.contacts), list(mailbox.deleted)) == (0, [contact])
    mailbox.move(contact, "Contacts")
    assert list(mailbox.contacts) == [contact]
    mailbox.move(contact, "Private")
    assert list(mailbox.contacts_in("Private")) == [contact]
    mailbox.remove(contact)
    mailbox.remove(contact)
    with pytest.raises(KeyError):
        mailbox.get(contact)


def test_a_copy_has_another_id_and_the_same_content(mailbox):
    contact = mailbox.put({"givenName": "P", "jobTitle": "Clerk"})

    copy = mailbox.copy(contact)
    mailbox.put({"jobTitle": "Judge"}, copy)

    assert copy != contact
    assert mailbox.contacts[contact]["jobTitle"] == "Clerk"


def test_what_is_read_cannot_change_the_mailbox(mailbox):
    contact = mailbox.put({"givenName": "P", "businessPhones": ["1"]})

    mailbox.contacts[contact]["businessPhones"].append("2")

    assert mailbox.contacts[contact]["businessPhones"] == ["1"]


def test_outlook_refuses_what_the_service_refuses(mailbox):
    with pytest.raises(GraphError, match="exceeds the max allowed value of 2"):
        mailbox.put({"businessPhones": ["1", "2", "3"]})


def test_an_account_is_added_once(sim):
    first = sim.add_account("bob@firm.example", "Bob")

    assert sim.add_account("bob@firm.example", "Robert") is first
    assert first.name == "Bob"
    assert sim.find_account(first.object_id) is first


def test_mailboxes_are_separate(sim):
    sim.add_account("bob@firm.example")
    anna, bob = sim.mailbox(ANNA), sim.mailbox("bob@firm.example")

    contact = anna.put({"givenName": "P"})

    assert len(bob.contacts) == 0
    assert bob.put({"givenName": "P"}) != contact


def test_ids_are_the_same_in_every_run():
    ids = []
    for _ in range(2):
        sim = Microsoft365()
        sim.add_account(ANNA)
        ids.append(sim.mailbox(ANNA).put({"givenName": "P"}))

    assert ids[0] == ids[1]


def test_a_whole_new_behaviour_reaches_what_is_already_open(sim, graph, mailbox):
    sim.behaviour = Behaviour(strip_whitespace=True)

    assert mailbox.contacts[mailbox.put({"givenName": " P "})]["givenName"] == "P"
