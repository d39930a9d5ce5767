"""What is not ours is never read, written or lost (R17, laws 8 and 17)."""

from __future__ import annotations

import logging

from contacts_sync.models import Contact, RemoteContact
from tests.scenarios.worlds import card, person

MARK = "String {00020329-0000-0000-C000-000000000046} Name Colour"
FOREIGN = {
    "personalNotes": "Likes tea.",
    "categories": ["Client", "VIP"],
    "nickName": "Annie",
    "spouseName": "Bob",
    "officeLocation": "4th floor",
    "children": ["Cleo"],
    "yomiGivenName": "ANNA",
    "singleValueExtendedProperties": [{"id": MARK, "value": "green"}],
}
STAMPS = ("changeKey", "lastModifiedDateTime", "@odata.etag")


def foreign(fields):
    return {name: fields.get(name) for name in FOREIGN if name != "singleValueExtendedProperties"}


def test_unmapped_properties_survive_every_write(world):
    remote_id = world.mailbox.put(card("Anna", "Ash", "anna@example.com", **FOREIGN))
    world.start()
    before = foreign(world.mailbox.get(remote_id))

    contact = Contact.objects.get()
    Contact.objects.update(job_title="Judge", first_name="Anne")
    contact.phones.create(number="212-555-0101", label="Work")
    contact.addresses.create(street="1 Main St", label="Home")
    assert world.run().updated_there == 1

    assert foreign(world.mailbox.get(remote_id)) == before
    assert world.mailbox.marks(remote_id)[MARK] == "green"
    assert "tea" not in str(RemoteContact.objects.values_list("values", "extras"))


def test_only_what_changed_is_written(world):
    contact = person("Anna", "Ash", ["anna@example.com"], ["212-555-0101"], job_title="Clerk")
    world.start()
    before = world.shown(contact)

    Contact.objects.update(job_title="Judge")
    world.run()

    after = world.shown(contact)
    changed = {name for name in after if after[name] != before.get(name)}
    assert changed - set(STAMPS) == {"jobTitle"}


def test_a_display_name_of_their_own_stays(world):
    remote_id = world.mailbox.put(card("Anna", "Ash", displayName="The Judge", fileAs="Judge, The"))
    world.start()

    Contact.objects.update(first_name="Anne")
    world.run()

    shown = world.mailbox.get(remote_id)
    assert (shown["givenName"], shown["displayName"], shown["fileAs"]) == (
        "Anne",
        "The Judge",
        "Judge, The",
    )


def test_a_composed_display_name_is_composed_anew(world):
    contact = person("Anna", "Ash")
    world.start()

    Contact.objects.update(first_name="Anne")
    world.run()

    shown = world.shown(contact)
    assert (shown["displayName"], shown["fileAs"]) == ("Anne Ash", "Ash, Anne")


def test_names_beside_e_mail_addresses_are_neither_compared_nor_lost(world):
    mails = [{"address": "anna@example.com", "name": "Her Honour"}]
    remote_id = world.mailbox.put(card("Anna", "Ash") | {"emailAddresses": mails})
    world.start()

    mails[0]["name"] = "Your Honour"
    world.mailbox.put({"emailAddresses": mails}, remote_id)
    assert not any(world.run().counts.values())
    Contact.objects.get().emails.create(address="ash@example.com", label="Work")
    world.run()

    kept = world.mailbox.get(remote_id)["emailAddresses"]
    assert kept[0] == {"address": "anna@example.com", "name": "Your Honour"}
    assert world.is_quiet()


def test_a_service_that_writes_in_its_own_way_is_learnt_and_left_alone(world):
    behaviour = world.graph.behaviour
    behaviour.strip_whitespace = behaviour.crlf = behaviour.extra_version_bump = True
    contact = person("Anna", "Ash", job_title=" Judge ")
    contact.addresses.create(label="Work", street="1 Main St\n2nd floor")
    world.start()

    assert world.is_quiet()
    Contact.objects.update(department=" A ")
    world.run()
    assert world.is_quiet()
    contact.refresh_from_db()
    assert (contact.job_title, contact.department) == (" Judge ", " A ")


def test_no_contact_data_and_no_token_is_logged(world, caplog):
    caplog.set_level(logging.DEBUG)
    person("Xanthippe", "Quux", ["xanthippe@quux.example"])
    world.mailbox.put(card("Zebedee", "Quux", "zebedee@quux.example"))
    world.start()
    Contact.objects.update(job_title="Xylophonist")
    world.run()

    text = "\n".join(
        record.getMessage() for record in caplog.records if record.name.startswith("contacts_sync")
    )
    for secret in ("Xanthippe", "Quux", "quux", "Zebedee", "Xylophonist", "Bearer", "eyJ"):
        assert secret not in text
