"""Who is whom: what matches, what does not, and what waits for a person (DESIGN.md, R4 and R5)."""

from __future__ import annotations

import pytest

from contacts_sync.models import Contact, ExternalLink, SyncChange
from contacts_sync.run import decisions
from tests.scenarios.worlds import card, firm, person, texts


def held(world):
    return ExternalLink.objects.filter(connection=world.connection, state="held")


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (("Anna", "Ash"), ("Anna", "Ash")),
        (("Anna Maria", "Ash"), ("  Anna   Maria ", "Ash")),
        (("Ren\u00e9e", "Ash"), ("Rene\u0301e", "Ash")),
        (("", "Ash"), ("", "Ash")),
        (("Anna", ""), ("Anna", "  ")),
    ],
)
def test_equal_names_and_an_e_mail_match(world, ours, theirs):
    person(*ours, ["anna@example.com"])
    world.mailbox.put(card(*theirs, "anna@example.com"))

    run = world.start()

    assert (run.linked, run.added_here, run.added_there) == (1, 0, 0)
    assert world.is_quiet()


@pytest.mark.parametrize("theirs", [("anna", "Ash"), ("Anna", "ASH"), ("", "Ash"), ("Anne", "Ash")])
def test_names_that_differ_also_in_case_do_not_match(world, theirs):
    person("Anna", "Ash", ["anna@example.com"])
    world.mailbox.put(card(*theirs, "anna@example.com"))

    run = world.start()

    assert (run.linked, run.added_here, run.added_there) == (0, 1, 1)
    assert world.is_quiet()


def test_any_shared_address_counts_whatever_its_case(world):
    person("Anna", "Ash", ["anna@ash.example", "Anna@Example.com"])
    world.mailbox.put(card("Anna", "Ash", "private@example.net", " ANNA@example.com"))

    run = world.start()

    assert run.linked == 1
    assert len(world.outlook()["emailAddresses"]) == 3


def test_without_an_e_mail_nothing_matches(world):
    person("Anna", "Ash", phones=["212-555-0101"])
    world.mailbox.put(card("Anna", "Ash", businessPhones=["212-555-0101"]))

    run = world.start()

    assert (run.linked, run.added_here, run.added_there) == (0, 1, 1)
    assert world.is_quiet()


def test_companies_match_by_name_and_e_mail(world):
    firm("Ash Ltd", ["info@ash.example"])
    firm("Birch Ltd")
    world.mailbox.put(card("", "", "INFO@ash.example", companyName="Ash  Ltd"))
    world.mailbox.put(card("", "", companyName="Birch Ltd"))

    run = world.start()

    assert (run.linked, run.added_here, run.added_there) == (1, 1, 1)


def test_a_company_does_not_match_a_person_of_the_same_name(world):
    firm("Ash", ["ash@example.com"])
    world.mailbox.put(card("", "Ash", "ash@example.com"))

    assert world.start().linked == 0


def test_what_is_linked_already_takes_no_part_in_matching(world):
    person("Anna", "Ash", ["anna@example.com"])
    world.start()
    person("Anna", "Ash", ["anna@example.com"])

    run = world.run()

    assert (run.added_there, run.held) == (1, 0)


def test_near_matches_are_created_on_both_sides_and_shown_in_the_preview(world):
    person("Anna", "Ash", ["anna@example.com"])
    person("Ben", "Birch")
    person("Cleo", "Clay", phones=["(212) 555-0103"])
    world.mailbox.put(card("Anne", "Ash", "anna@example.com"))
    world.mailbox.put(card("Ben", "Birch", "ben@example.com"))
    world.mailbox.put(card("C.", "Clay", businessPhones=["+1 212 555 0103"]))

    preview = world.preview()

    near = SyncChange.objects.filter(run=preview, guard="near")
    assert sorted(near.values_list("reason", flat=True)) == [
        "same e-mail",
        "same name",
        "same phone and last name",
    ]
    run = world.press_start()
    assert (run.added_here, run.added_there, run.linked) == (3, 3, 0)


def test_a_person_links_a_near_match_from_the_preview(world, alice):
    contact = person("Anna", "Ash", ["anna@example.com"])
    remote_id = world.mailbox.put(card("Anne", "Ash", "anna@example.com", jobTitle="Judge"))
    preview = world.preview()
    assert (preview.added_here, preview.added_there) == (1, 1)

    decisions.link_pair(world.connection, contact.pk, remote_id, alice)
    preview.refresh_from_db()
    assert (preview.added_here, preview.added_there) == (0, 0)
    world.press_start()

    contact.refresh_from_db()
    assert contact.job_title == "Judge"
    assert world.outlook()["givenName"] == "Anna"
    assert world.is_quiet()


# --- Groups -------------------------------------------------------------------------------------


def a_group(world, **fields):
    """Two of ours and one of theirs, all with one name and address, and different titles."""
    one = person("Anna", "Ash", ["anna@example.com"], job_title="Judge")
    two = person("Anna", "Ash", ["anna@example.com"], job_title="Clerk")
    remote_id = world.mailbox.put(card("Anna", "Ash", "anna@example.com", **fields))
    return one, two, remote_id


def test_a_match_that_is_not_one_to_one_is_held(world):
    a_group(world)

    run = world.start()

    assert (run.linked, run.added_here, run.added_there) == (0, 0, 0)
    assert run.status == "held"
    assert held(world).count() == 3
    assert len(set(held(world).values_list("group", flat=True))) == 1
    assert world.is_quiet()
    assert SyncChange.objects.filter(status="held").count() == 3


def test_a_connected_group_is_held_as_a_whole(world):
    person("Anna", "Ash", ["a@example.com", "b@example.com"])
    world.mailbox.put(card("Anna", "Ash", "a@example.com"))
    world.mailbox.put(card("Anna", "Ash", "b@example.com"))

    world.start()

    assert held(world).count() == 3


def test_link_links_the_pair_and_creates_the_rest(world, alice):
    one, two, remote_id = a_group(world, jobTitle="Clerk", department="Probate")
    world.start()

    decisions.link_pair(world.connection, two.pk, remote_id, alice)
    run = world.run()

    assert world.link(two).remote_id == remote_id
    assert run.added_there == 1, "the other one is nobody else now"
    assert sorted(one["jobTitle"] for one in world.contacts()) == ["Clerk", "Judge"]
    assert world.link(one).state == "linked"
    assert not SyncChange.objects.filter(status="held").exists()
    assert world.is_quiet()


def test_keep_both_creates_each_on_the_other_side(world, alice):
    a_group(world, jobTitle="Usher")
    world.start()

    for link in held(world):
        decisions.keep_both(link, alice)
    run = world.run()

    assert (run.added_here, run.added_there) == (1, 2)
    titles = ["Clerk", "Judge", "Usher"]
    assert sorted(one["jobTitle"] for one in world.contacts()) == titles
    assert sorted(Contact.objects.values_list("job_title", flat=True)) == titles
    assert not held(world).exists()
    assert world.is_quiet()


def test_a_group_dissolves_when_one_of_it_is_edited(world):
    one, two, remote_id = a_group(world, jobTitle="Clerk", department="Probate")
    world.start()

    Contact.objects.filter(pk=one.pk).update(first_name="Joanna")
    run = world.run()

    assert (run.linked, run.added_there) == (1, 1)
    assert world.link(two).remote_id == remote_id
    assert not SyncChange.objects.filter(status="held").exists()
    assert world.is_quiet()


@pytest.mark.parametrize("title", ["Clerk", "Usher"], ids=["nothing to write", "something"])
def test_a_group_that_shrinks_to_a_pair_is_linked(world, title):
    one, two, remote_id = a_group(world, jobTitle=title, department="Probate")
    world.start()

    one.delete()
    run = world.run()

    assert run.linked == 1
    assert world.link(two).remote_id == remote_id
    assert ExternalLink.objects.count() == 1
    assert len(world.contacts()) == 1
    assert world.is_quiet()


def test_a_held_outlook_contact_that_goes_is_forgotten_and_the_others_go_on(world):
    _one, _two, remote_id = a_group(world)
    world.start()

    world.mailbox.remove(remote_id)
    run = world.run()

    assert run.added_there == 2
    assert not held(world).exists()
    assert world.is_quiet()


def test_a_group_that_grows_is_one_group_and_asked_once(world):
    a_group(world)
    world.start()

    world.mailbox.put(card("Anna", "Ash", "anna@example.com", jobTitle="Bailiff"))
    world.run()

    assert held(world).count() == 4
    assert len(set(held(world).values_list("group", flat=True))) == 1
    assert SyncChange.objects.filter(status="held").count() == 4


def test_equal_twins_are_paired_in_order_and_the_rest_is_held(world, alice):
    ours = [person("Anna", "Ash", ["anna@example.com"], job_title="Judge") for _ in range(2)]
    odd = person("Anna", "Ash", ["anna@example.com"], job_title="Clerk")
    theirs = [
        world.mailbox.put(card("Anna", "Ash", "anna@example.com", jobTitle="Judge"))
        for _ in range(2)
    ]

    run = world.start()

    assert run.linked == 2
    assert [world.link(one).remote_id for one in ours] == theirs
    assert world.link(odd).state == "held", "it may be one too many"
    assert world.is_quiet()
    assert world.link(odd).state == "held"

    decisions.keep_both(world.link(odd), alice)
    assert world.run().added_there == 1
    assert world.is_quiet()


def test_twins_on_one_side_only_are_all_created(world):
    for _ in range(2):
        world.mailbox.put(card("Anna", "Ash", "anna@example.com"))

    run = world.start()

    assert (run.added_here, run.held) == (2, 0)
    assert world.is_quiet()


# --- Copies -------------------------------------------------------------------------------------


@pytest.fixture
def copied(world):
    """A linked contact, and a copy of it in Outlook."""
    contact = person("Anna", "Ash", ["anna@example.com"])
    world.start()
    remote_id = world.mailbox.copy(world.remote_id(contact))
    run = world.run()
    assert (run.added_here, run.status) == (0, "held")
    return contact, remote_id


def test_a_copy_of_a_linked_contact_is_held(world, copied):
    assert held(world).get().reason == "copy"
    assert world.is_quiet()
    assert SyncChange.objects.filter(status="held").count() == 1


def test_a_copy_that_is_kept_becomes_a_contact_of_its_own(world, copied, alice):
    contact, remote_id = copied
    decisions.keep_both(held(world).get(), alice)

    run = world.run()

    assert run.added_here == 1
    assert Contact.objects.count() == 2
    assert world.link(contact).remote_id != remote_id
    assert world.is_quiet()


def test_a_copy_that_is_left_out_never_comes_back(world, copied, alice):
    _contact, remote_id = copied
    decisions.leave_out(world.connection, remote_id=remote_id, actor=alice)
    world.mailbox.put({"jobTitle": "Judge"}, remote_id)

    assert world.is_quiet()
    assert Contact.objects.count() == 1


def test_a_copy_that_is_edited_is_no_copy_any_more(world, copied):
    _contact, remote_id = copied
    world.mailbox.put({"givenName": "Joanna"}, remote_id)

    assert world.run().added_here == 1
    assert world.is_quiet()


def test_a_copy_whose_original_goes_takes_its_place(world, copied):
    contact, remote_id = copied
    world.mailbox.remove(world.remote_id(contact))

    run = world.run()

    assert (run.linked, run.added_here) == (1, 0)
    assert world.link(contact).remote_id == remote_id
    assert Contact.objects.count() == 1
    assert world.is_quiet()


# --- Left out -----------------------------------------------------------------------------------


def test_a_contact_of_ours_that_is_left_out_stays_out(world, alice):
    contact = person("Anna", "Ash", ["anna@example.com"])
    preview = world.preview()
    decisions.leave_out(world.connection, contact_id=contact.pk, actor=alice)
    preview.refresh_from_db()
    assert preview.added_there == 0

    run = world.press_start()
    Contact.objects.filter(pk=contact.pk).update(first_name="Anne")
    world.mailbox.put(card("Anne", "Ash", "anna@example.com"))
    second = world.run()

    assert run.added_there == 0
    assert (second.added_here, second.linked) == (1, 0), "it is not matched either"
    assert world.is_quiet()


def test_an_outlook_contact_that_is_left_out_stays_out(world, alice):
    remote_id = world.mailbox.put(card("Anna", "Ash", "anna@example.com"))
    world.preview()
    decisions.leave_out(world.connection, remote_id=remote_id, actor=alice)

    run = world.press_start()
    world.mailbox.put({"jobTitle": "Judge"}, remote_id)
    person("Anna", "Ash", ["anna@example.com"])
    second = world.run()

    assert run.added_here == 0
    assert (second.added_there, second.linked) == (1, 0)
    assert world.is_quiet()


def test_a_linked_pair_that_is_left_out_goes_two_ways(world, alice):
    contact = person("Anna", "Ash", ["anna@example.com"])
    world.start()
    decisions.leave_out(world.connection, contact_id=contact.pk, actor=alice)

    Contact.objects.filter(pk=contact.pk).update(first_name="Anne")
    world.mailbox.put({"jobTitle": "Judge"}, world.remote_id(contact))

    assert world.is_quiet()
    contact.delete()
    assert world.is_quiet()
    assert len(world.contacts()) == 1


def test_what_was_left_out_takes_part_again_when_a_person_says_so(world, alice):
    contact = person("Anna", "Ash", ["anna@example.com"])
    person("Ben", "Birch")
    world.start()
    decisions.leave_out(world.connection, contact_id=contact.pk, actor=alice)
    Contact.objects.filter(pk=contact.pk).update(job_title="Judge")
    world.run()

    decisions.take_back_in(world.link(contact), alice)
    world.run()

    assert world.link(contact).state == "linked"
    assert world.outlook(givenName="Anna")["jobTitle"] == "Judge"
    assert texts(contact, "emails") == ["anna@example.com"]
    assert world.is_quiet()


def test_a_held_copy_waits_though_its_original_is_edited(world, copied):
    contact, _remote_id = copied
    Contact.objects.filter(pk=contact.pk).update(job_title="Judge")
    world.run()
    world.edit(contact, department="Probate")
    world.run()

    assert held(world).get().reason == "copy"
    assert Contact.objects.count() == 1
    assert world.is_quiet()


@pytest.mark.parametrize("act", ["edit", "remove"])
def test_a_contact_that_was_copied_and_then_changed_or_removed_makes_no_twin(world, act):
    world.mailbox.put(card("Anna", "Ash"))
    world.mailbox.put(card("Ben", "Birch"))
    world.start()
    contact = Contact.objects.get(first_name="Anna")
    world.mailbox.copy(world.remote_id(contact))
    if act == "edit":
        world.edit(contact, jobTitle="Judge")
    else:
        world.mailbox.remove(world.remote_id(contact))

    world.run()

    assert held(world).get().reason == "copy"
    assert Contact.objects.count() == 2
    assert world.is_quiet()


def test_who_comes_back_beside_another_who_matches_goes_on_with_the_old_contact(world):
    contact = person("Anna", "Ash", ["anna@example.com"])
    world.start()
    remote_id = world.remote_id(contact)
    world.mailbox.move(remote_id, "Clients")
    world.run()
    world.mailbox.move(remote_id, "contacts")
    world.mailbox.put(card("Anna", "Ash", "anna@example.com", jobTitle="Judge"))

    run = world.run()

    assert run.status == "done", run.message
    assert world.remote_id(contact) == remote_id
    assert run.added_here == 1, "the other one is new"
    assert world.is_quiet()
