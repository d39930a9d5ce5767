"""What a run costs: an unchanged one is one request and a constant number of queries."""

from __future__ import annotations

import re

from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from contacts_sync.models import Contact, ExternalLink, RemoteContact
from contacts_sync.run.requests import request_run
from contacts_sync.run.runner import run_slice
from contacts_sync.store import linking
from tests.scenarios.worlds import card, many


def queries(world):
    """Count the queries and requests of one slice."""
    run, _new = request_run(world.connection, "sync", trigger="command")
    before = len(world.graph.requests())
    with CaptureQueriesContext(database) as captured:
        run = run_slice(run, world.provider, now=world.now, sleep=world.slept.append)
    assert run.status in ("done", "held")
    return len(captured), len(world.graph.requests()) - before


def settled(world, count):
    """Add contacts that are in sync already."""
    people = many(count, start=1000)
    revisions = dict(Contact.objects.values_list("pk", "revision"))
    mirrors = RemoteContact.objects.bulk_create(
        RemoteContact(
            connection=world.connection, remote_id=f"r{one.pk}", fingerprint="f", settled="f"
        )
        for one in people
    )
    ExternalLink.objects.bulk_create(
        ExternalLink(
            connection=world.connection,
            contact=one,
            mirror=row,
            remote_id=row.remote_id,
            local_revision=revisions[one.pk],
        )
        for one, row in zip(people, mirrors, strict=True)
    )


def test_an_unchanged_run_is_one_request_and_as_many_queries_for_ten_as_for_a_thousand(world):
    many(10)
    world.start()
    world.run()
    few = queries(world)
    settled(world, 1000)
    world.run()

    assert queries(world) == few
    assert few[1] == 1


def held(world, count, start):
    """Add people of whom nobody can say which of two they are."""
    many(count, start=start)
    many(count, start=start)
    for number in range(start, start + count):
        world.mailbox.put(card(f"P{number}", "Poe", f"P{number}@example.com"))


def test_what_waits_for_a_decision_costs_the_same_however_much_it_is(world):
    many(10)
    world.start()
    held(world, 5, start=1000)
    assert world.run().held == 5
    world.run()
    few = queries(world)
    held(world, 100, start=2000)
    assert world.run().held == 105

    assert queries(world) == few
    assert few[1] == 1


def test_each_further_batch_of_writes_costs_the_same_few_queries(world):
    many(10)
    world.start()
    costs = []
    for number, batches in enumerate((2, 4, 6), start=1):
        many(20 * batches, start=1000 * number)
        count, requests = queries(world)
        assert requests == 1 + batches
        costs.append(count)

    few, more, most = costs
    assert more - few <= 2 * 30
    assert most - more <= 2 * 30


def test_one_edit_among_many_costs_what_one_edit_costs(world):
    many(10)
    world.start()
    world.run()
    Contact.objects.filter(first_name="P1").update(job_title="Judge")
    few = queries(world)
    settled(world, 1000)
    world.run()

    Contact.objects.filter(first_name="P1").update(job_title="Clerk")

    assert queries(world) == few


def test_links_in_hand_are_found_without_walking_through_all_of_the_connection(world):
    rows = linking.touching(world.connection, [1, 2], [3, 4], [5, 6])
    only = linking.touching(world.connection, [], [3, 4], [])

    plans = [rows.explain(), only.explain()]

    walked = r"\(connection_id=\?\)"  # in the words of SQLite; PostgreSQL decides by the numbers
    assert not [plan for plan in plans if re.search(walked, plan)]
