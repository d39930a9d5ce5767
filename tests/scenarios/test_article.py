"""What the article promises and no rule's test shows by itself."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from django_q.models import OrmQ

from contacts_sync import tasks
from contacts_sync.models import Connection, Contact, Heartbeat, SyncRun
from contacts_sync.run.requests import request_run
from contacts_sync.run.runner import run_slice
from tests.scenarios.worlds import World, person


def test_as_many_values_as_outlook_has_room_for_are_written(world):
    contact = person(
        "Anna",
        "Ash",
        [f"anna{number}@example.com" for number in range(4)],
        [
            *(("Work", f"212-555-010{number}") for number in range(3)),
            *(("Home", f"212-555-011{number}") for number in range(3)),
            *(("Mobile", f"212-555-012{number}") for number in range(2)),
        ],
    )
    for number in range(4):
        contact.messengers.create(address=f"im{number}")
    for number in range(2):
        contact.websites.create(url=f"https://{number}.example")
        for label in ("Work", "Home", "Other"):
            contact.addresses.create(label=label, street=f"{number} {label} St")

    world.start()

    outlook = world.outlook()
    assert (outlook["givenName"], outlook["surname"]) == ("Anna", "Ash")
    assert outlook["businessPhones"] == ["212-555-0100", "212-555-0101"]
    assert outlook["homePhones"] == ["212-555-0110", "212-555-0111"]
    assert outlook["mobilePhone"] == "212-555-0120"
    assert [one["address"] for one in outlook["emailAddresses"]] == [
        f"anna{number}@example.com" for number in range(3)
    ]
    assert outlook["imAddresses"] == ["im0", "im1", "im2"]
    assert outlook["businessHomePage"] == "https://0.example"
    for name, label in (("business", "Work"), ("home", "Home"), ("other", "Other")):
        assert outlook[f"{name}Address"]["street"] == f"0 {label} St"
    assert not any(world.run().counts.values())
    assert contact.phones.count() == 8


def test_a_preview_writes_to_neither_list(world):
    person("Anna", "Ash", ["anna@example.com"])
    world.mailbox.put({"givenName": "Ben", "surname": "Birch"})

    run = world.preview()

    assert (run.added_here, run.added_there, run.linked) == (1, 1, 0)
    assert Contact.objects.count() == 1
    assert len(world.contacts()) == 1
    assert not world.graph.writes()


def test_a_list_that_others_sync_already_is_named_in_the_preview(world, graph, clock, bob):
    for number in range(6):
        person("Anna", f"Ash {number}", [f"anna{number}@example.com"])
    world.start()
    other = World(graph, clock).join(bob, "bob@contoso.example")
    for contact in world.contacts():
        other.mailbox.put(
            {
                "givenName": contact["givenName"],
                "surname": contact["surname"],
                "emailAddresses": contact["emailAddresses"],
            }
        )

    run = other.preview()

    assert run.linked == 6
    assert "alice@contoso.example" in run.warning
    assert "shared list" in run.warning


def test_a_first_sync_goes_on_slice_after_slice(world):
    for number in range(450):
        person("Anna", f"Ash {number}", [f"anna{number}@example.com"])
    world.preview()
    run, _new = request_run(
        world.connection, SyncRun.Kind.SYNC, trigger=SyncRun.Trigger.OWNER, first=True
    )
    done = []
    while run.status == SyncRun.Status.CONTINUES:
        # A clock that a minute goes by on with every look: a slice has time for a few batches only.
        world.before_request = lambda: setattr(
            world.clock, "shift", world.clock.shift + timedelta(minutes=1)
        )
        run = run_slice(run, world.provider, now=world.now, sleep=world.slept.append)
        done.append(run.done)

    assert run.status == SyncRun.Status.DONE
    assert len(done) > 2 and done == sorted(done)
    assert run.added_there == len(world.contacts()) == 450


@pytest.mark.django_db
def test_the_dispatcher_sends_what_is_due(world):
    Connection.objects.update(next_run_at=timezone.now() - timedelta(seconds=1))

    tasks.dispatch()
    tasks.dispatch()

    assert OrmQ.objects.count() == 1
    run = SyncRun.objects.get()
    assert (run.trigger, run.status) == (SyncRun.Trigger.SCHEDULE, SyncRun.Status.CONTINUES)
    assert Heartbeat.objects.get().at


def test_the_dispatcher_leaves_alone_what_is_not_due_stopped_or_worked_on(world):
    now = timezone.now()
    for fields in (
        {"next_run_at": now + timedelta(minutes=5)},
        {"next_run_at": now, "state": "stopped"},
        {"next_run_at": now, "state": "on", "lease_until": now + timedelta(minutes=5)},
    ):
        Connection.objects.update(**fields)
        tasks.dispatch()

    assert not OrmQ.objects.exists()


def test_a_job_that_was_lost_is_sent_again(world):
    run, _new = request_run(world.connection, SyncRun.Kind.SYNC, trigger=SyncRun.Trigger.OWNER)
    SyncRun.objects.update(started_at=timezone.now() - timedelta(minutes=2))
    Connection.objects.update(next_run_at=None, state=Connection.State.STOPPED)

    tasks.dispatch()

    assert OrmQ.objects.count() == 1
    assert SyncRun.objects.get() == run
