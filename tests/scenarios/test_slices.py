"""Previews, slices, patience and stops: how a run goes about its work (laws 13, 14, 16)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from contacts_sync.models import Contact, ExternalLink, SyncChange
from contacts_sync.simulator.faults import Fault, throttled
from tests.scenarios.worlds import card, firm, many, person


def a_mixed_world(world):
    """Some of everything that a first preview may show."""
    ash = firm("Ash Ltd", ["info@ash.example"])
    person("Anna", "Ash", ["anna@example.com"], ["212-555-0101"], company=ash, job_title="Judge")
    person("Ben", "Birch", ["ben@example.com"])
    person("Cleo", "Clay")
    for _ in range(2):
        person("Twin", "Poe", ["twin@example.com"], job_title="Clerk")
    world.mailbox.put(card("Anna", "Ash", "anna@example.com", jobTitle="Usher", department="A"))
    world.mailbox.put(card("Dora", "Dee", "dora@example.com", companyName="Dee Ltd"))
    world.mailbox.put(card("Emil", "Elm", companyName="Ash Ltd"))
    world.mailbox.put(card("Twin", "Poe", "twin@example.com"))
    world.mailbox.put(card("", "", companyName="Fir Ltd"))
    world.mailbox.put({"personalNotes": "empty"})


def lists(world):
    return (
        sorted(Contact.objects.values_list("pk", "revision")),
        sorted((one["id"], one["changeKey"]) for one in world.contacts()),
    )


def test_a_preview_counts_what_the_run_does_and_writes_to_neither_list(world):
    a_mixed_world(world)
    before = lists(world)

    preview = world.preview()

    assert lists(world) == before
    assert world.graph.writes() == []
    run = world.press_start()
    assert {**run.counts, "held": 3} == {**preview.counts, "held": 3}
    assert (run.added_here, run.added_there, run.linked) == (4, 3, 1)
    assert world.is_quiet()


def test_every_count_equals_its_records(world):
    a_mixed_world(world)
    preview = world.preview()
    planned = SyncChange.objects.filter(run=preview, status="planned", guard="")
    assert planned.filter(action="add", side="here").count() == preview.added_here
    run = world.press_start()

    done = SyncChange.objects.filter(run=run, status="done")
    assert done.filter(action="add", side="here").count() == run.added_here
    assert done.filter(action="add", side="there").count() == run.added_there
    assert done.filter(action="link").count() == run.linked
    assert done.filter(action="update", side="here").count() == run.updated_here
    assert done.filter(action="update", side="there").count() == run.updated_there
    assert len([one for one in world.graph.writes() if one[0] == "POST"]) == run.added_there


def test_a_preview_of_a_running_connection_changes_nothing_either(world):
    contact = person("Anna", "Ash")
    world.start()
    Contact.objects.update(job_title="Judge")
    world.mailbox.put(card("Ben", "Birch"))
    writes = len(world.graph.writes())

    preview = world.preview()

    assert (preview.updated_there, preview.added_here) == (1, 1)
    assert len(world.graph.writes()) == writes
    assert Contact.objects.get() == contact
    run = world.run()
    assert (run.updated_there, run.added_here) == (1, 1)


def test_a_later_preview_replaces_the_rows_of_the_earlier_one(world):
    person("Anna", "Ash")
    world.preview()
    world.preview()

    assert SyncChange.objects.filter(status="planned").count() == 1


def test_a_run_in_many_slices_comes_to_the_same_end(world):
    a_mixed_world(world)
    many(230)
    with world.graph.seeding():
        for number in range(130):
            world.mailbox.put(card(f"N{number}", "New"))
    preview = world.preview()

    run = world.press_start(length=timedelta(0))

    assert run.slices > 3
    assert {**run.counts, "held": 0} == {**preview.counts, "held": 0}
    assert world.is_quiet()
    assert len(world.contacts()) == 6 + 130 + 230 + 3


def test_a_listing_in_many_slices_goes_on_where_it_was(world, small_pages):
    for number in range(9):
        world.mailbox.put(card(f"N{number}", "New"))

    run = world.run("preview", length=timedelta(0))

    assert run.slices >= 4
    assert (run.read, run.added_here) == (9, 9)


@pytest.mark.parametrize("where", ["request", "item"])
def test_a_short_retry_after_is_waited_for(world, where):
    world.start()
    person("Anna", "Ash")
    world.graph.faults = [throttled("7", method="POST", where=where)]

    run = world.run()

    assert run.status == "done"
    assert 7.0 in world.slept
    assert len(world.contacts()) == 1
    assert world.is_quiet()


@pytest.mark.parametrize("where", ["request", "item"])
def test_a_long_retry_after_ends_the_slice_and_is_kept(world, where):
    world.start()
    person("Anna", "Ash")
    world.graph.faults = [throttled("300", method="POST", where=where)]

    run = world.run(slices=1)

    assert run.status == "continues"
    wait = world.connection.next_run_at - world.now()
    assert timedelta(seconds=290) < wait <= timedelta(seconds=300)
    assert world.run().status == "done"
    assert len(world.contacts()) == 1
    assert world.is_quiet()


def test_a_long_retry_after_of_one_look_up_is_kept(world):
    people = person("Anna", "Ash"), person("Ben", "Birch")
    world.start()
    for one in people:
        world.mailbox.remove(world.remote_id(one))
    world.graph.faults = [throttled("300", method="GET", where="item")]
    world.graph.forget_requests()

    run = world.run(slices=1)

    assert run.status == "continues"
    assert world.graph.requests()[-1].parts[0][2] == 429, "nothing was asked after that"
    assert world.run().status == "done"
    assert ExternalLink.objects.filter(state="gone").count() == 2


def test_patience_is_not_counted_as_a_crash_however_often_it_is_asked(world):
    world.start()
    person("Anna", "Ash")
    world.graph.faults = [throttled("300", method="POST", times=9, where="request")]

    run = world.run()

    assert (run.status, run.crashes) == ("done", 0)
    assert run.slices == 10


def test_never_more_than_one_batch_is_under_way(world):
    many(70)
    world.start()
    world.graph.forget_requests()
    Contact.objects.update(job_title="Judge")

    world.run()

    batches = [one for one in world.graph.graph_requests() if "batch" in one.path]
    assert [one.items for one in batches] == [20, 20, 20, 10]
    assert all(status < 400 for one in batches for _method, _path, status in one.parts)


def test_before_an_old_mirror_is_written_what_changed_there_is_read(world):
    people = many(120)
    world.start()
    Contact.objects.update(job_title="Judge")
    last = world.remote_id(people[-1])
    asked = []

    def slow():
        asked.append(1)
        world.clock.shift += timedelta(seconds=40)
        if len(asked) == 3:
            world.mailbox.put({"department": "Probate"}, last)

    world.before_request = slow
    world.run()
    world.before_request = lambda: None

    refused = [one for one in world.graph.writes() if one[2] == 412]
    assert refused == []
    people[-1].refresh_from_db()
    assert people[-1].department == "Probate"
    assert world.is_quiet()


def test_a_service_that_fails_in_mid_run_costs_nothing_but_time(world):
    many(50)
    world.preview()
    world.graph.faults = [Fault("reply", "POST", nth=3, times=1, status=401, where="request")]
    world.press_start()
    world.graph.faults = []

    run = world.run()

    assert run.status == "done"
    assert len(world.contacts()) == 50
    assert ExternalLink.objects.filter(state="linked").count() == 50
    assert world.is_quiet()


def test_a_failed_first_sync_goes_on_as_a_first_sync(world):
    with world.graph.seeding():
        for number in range(250):
            world.mailbox.put(card(f"N{number}", "New"))
    world.preview()
    world.graph.faults = [Fault("reply", "GET", r"delta", times=5, status=503)]
    failed = world.press_start()
    assert failed.status == "failed"
    world.graph.faults = []

    run = world.run()

    assert (run.first, run.added_here, run.held) == (True, 250, 0), "the preview has shown them"
