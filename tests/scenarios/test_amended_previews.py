"""After a decision the preview's numbers say at once what the first sync will do."""

from __future__ import annotations

import pytest

from contacts_sync import connections
from contacts_sync.models import Contact, ExternalLink, RemoteContact, SyncChange
from contacts_sync.run import decisions
from contacts_sync.views import rows
from tests.scenarios.worlds import card, many, person

COUNTED = ("added_here", "added_there", "linked", "updated_here", "updated_there", "deleted_there")


def numbers(run):
    run.refresh_from_db()
    return {name: getattr(run, name) for name in COUNTED}


@pytest.fixture
def previewed(world):
    """Near, matching and ambiguous contacts, previewed."""
    person("Anna", "Ash", ["anna@example.com"])
    world.mailbox.put(card("Ana", "Ash", "anna@example.com", jobTitle="Judge"))
    person("Ben", "Birch", ["ben@example.com"])
    world.mailbox.put(card("Ben", "Birch", "ben@example.com", jobTitle="Clerk"))
    person("Cleo", "Cedar", ["cleo@example.com"])
    for title in ("Judge", "Clerk"):
        world.mailbox.put(card("Cleo", "Cedar", "cleo@example.com", jobTitle=title))
    world.mailbox.put(card("Dora", "Dill", companyName="Dill LLP"))
    person("Eve", "Elm")
    return world.preview()


def link_the_near_pair(world, actor):
    near = SyncChange.objects.get(guard="near")
    decisions.link_pair(world.connection, near.contact_id, near.remote_id, actor)


def keep_all(world, actor):
    for link in ExternalLink.objects.filter(state="held"):
        decisions.keep_both(link, actor)


def link_one_of_a_group(world, actor):
    ours = ExternalLink.objects.get(state="held", mirror=None)
    theirs = ExternalLink.objects.filter(state="held", contact=None).first()
    decisions.link_pair(world.connection, ours.contact_id, theirs.remote_id, actor)


def leave_out_who_brings_a_company(world, actor):
    row = SyncChange.objects.get(status="planned", name="Dora Dill")
    decisions.leave_out_all(world.connection, [(None, row.remote_id)], actor)


def leave_out_everybody(world, actor):
    rows = SyncChange.objects.filter(status="planned", guard="").exclude(action="update")
    about = [
        (row.contact_id if row.side != "here" else None, row.remote_id)
        for row in rows
        if row.contact_id or row.remote_id
    ]
    decisions.leave_out_all(world.connection, about, actor)


@pytest.mark.parametrize(
    "decide",
    [
        link_the_near_pair,
        keep_all,
        link_one_of_a_group,
        leave_out_who_brings_a_company,
        leave_out_everybody,
    ],
)
def test_the_numbers_after_a_decision_are_those_of_the_run(world, alice, previewed, decide):
    before = numbers(previewed)

    decide(world, alice)

    after = numbers(previewed)
    assert after != before
    assert numbers(world.press_start()) == after


def test_who_was_left_out_of_many_takes_no_part(world, alice, previewed):
    leave_out_everybody(world, alice)
    world.press_start()

    assert ExternalLink.objects.filter(state="apart").count() == 5
    assert ExternalLink.objects.filter(state="linked").count() == 0
    assert len(world.mailbox.contacts) == 5


def test_the_rest_of_a_group_is_no_question_when_a_pair_of_it_is_linked(world, alice, previewed):
    link_one_of_a_group(world, alice)

    assert not ExternalLink.objects.filter(state="held", decision="").exists()
    assert SyncChange.objects.filter(status="planned", name="Cleo Cedar", action="add").count() == 1


def test_a_pair_that_was_told_apart_is_not_asked_about_again(world, alice, previewed):
    near = SyncChange.objects.get(guard="near")
    before = numbers(previewed)

    decisions.tell_apart(world.connection, near.contact, near.remote_id, alice)

    assert not SyncChange.objects.filter(guard="near").exists()
    assert numbers(previewed) == before
    world.preview()
    assert not SyncChange.objects.filter(guard="near").exists()


@pytest.mark.parametrize("answer", [decisions.approve, decisions.dismiss])
def test_an_answer_to_a_guard_changes_the_numbers_of_a_preview(world, alice, answer):
    many(20)
    world.start()
    Contact.objects.filter(last_name="Poe").delete()
    world.run()
    connections.stop(world.connection)
    preview = world.preview()
    assert numbers(preview)["deleted_there"] == 20

    answer(SyncChange.objects.filter(status="held", guard="deletions"), alice)

    after = numbers(preview)
    assert after["deleted_there"] == (20 if answer is decisions.approve else 0)
    assert numbers(world.press_start()) == after


def test_leaving_out_many_asks_the_database_for_many_at_a_time(
    world, alice, django_assert_max_num_queries
):
    connection, count = world.connection, 1200
    run = connection.runs.create(kind="preview", status="done", added_here=count)
    RemoteContact.objects.bulk_create(
        RemoteContact(connection=connection, remote_id=f"r{number}", present=True)
        for number in range(count)
    )
    SyncChange.objects.bulk_create(
        SyncChange(
            connection=connection,
            run=run,
            remote_id=f"r{number}",
            side="here",
            action="add",
            status="planned",
        )
        for number in range(count)
    )

    with django_assert_max_num_queries(40):
        about = rows.ends(rows.rows_of(run))
        assert decisions.leave_out_all(connection, about, alice) == count

    assert connection.links.filter(state="apart").count() == count
    assert not run.changes.filter(status="planned").exists()
    assert numbers(run)["added_here"] == 0
