"""Reading: pages, cursors that expire, empty lists, and services that repeat themselves (laws 6, 12)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from contacts_sync.models import Contact, ExternalLink, RemoteContact
from contacts_sync.simulator.faults import Fault
from tests.scenarios.worlds import at_request, card, many, person

DEAD = ["410", "400 malformed", "ResyncRequired", "Location"]


@pytest.fixture
def five(world):
    many(3)
    for first in ("Ben", "Cleo"):
        world.mailbox.put(card(first, "Ash", f"{first}@example.com"))
    world.start()
    return world


@pytest.mark.parametrize("spelling", DEAD)
def test_an_expired_cursor_reads_everything_again_and_changes_nothing(five, spelling):
    five.graph.behaviour.dead_token = spelling
    five.mailbox.expire_delta_tokens()

    run = five.run()

    assert run.status == "done"
    assert not any(run.counts.values())
    assert run.read == 5
    assert five.is_quiet()


@pytest.mark.parametrize("spelling", DEAD)
def test_a_cursor_that_expires_in_mid_listing_starts_again(five, spelling, small_pages):
    five.graph.behaviour.dead_token = spelling
    five.mailbox.expire_delta_tokens()
    five.before_request = at_request(3, five.mailbox.expire_delta_tokens)

    run = five.run()
    five.before_request = lambda: None

    assert run.status == "done"
    assert not any(run.counts.values())
    assert five.is_quiet()


def test_what_went_while_the_cursor_was_expired_is_noticed(five):
    ben = Contact.objects.get(first_name="Ben")
    five.mailbox.remove(five.remote_id(ben))
    five.edit(Contact.objects.get(first_name="Cleo"), jobTitle="Judge")
    five.mailbox.expire_delta_tokens()

    run = five.run()

    assert (run.gone, run.updated_here) == (1, 1)
    assert five.is_quiet()


def test_an_incomplete_listing_concludes_nothing(five, small_pages):
    five.mailbox.expire_delta_tokens()
    five.graph.faults = [Fault("reply", "GET", r"delta", nth=3, times=None, status=503)]

    run = five.run()

    assert (run.status, run.gone) == ("failed", 0)
    assert RemoteContact.objects.filter(present=True).count() == 5
    five.graph.faults = []
    assert five.run().gone == 0
    assert five.is_quiet()


def test_an_empty_successful_listing_is_held_and_dissolves(five):
    five.mailbox.expire_delta_tokens()
    empty = {"value": [], "@odata.deltaLink": f"{BASE}/delta?$deltatoken=x"}
    five.graph.faults = [
        Fault("reply", "GET", r"delta", status=200, body=empty, where="request"),
        Fault("reply", "GET", times=None, status=404, body=NOT_FOUND, where="item"),
    ]
    five.graph.faults.insert(0, Fault("reply", "GET", r"deltatoken", status=410, body=GONE))

    run = five.run()

    assert (run.gone, run.held, run.status) == (0, 5, "held")
    assert ExternalLink.objects.filter(state="linked").count() == 5
    five.graph.faults = []
    run = five.run()
    assert (run.held, run.status) == (0, "done")
    assert five.is_quiet()


def test_a_listing_with_gaps_deletes_nothing_that_is_still_there(five):
    five.graph.behaviour.delta_lag_seconds = 10_000
    five.mailbox.expire_delta_tokens()

    run = five.run()

    assert not any(run.counts.values())
    assert ExternalLink.objects.filter(state="linked").count() == 5


def test_a_complete_listing_once_a_week(five):
    before = len(five.graph.requests(path="delta"))
    five.clock.shift += timedelta(days=8)

    run = five.run()

    assert run.read == 5
    assert len(five.graph.requests(path="delta")) > before
    assert five.is_quiet()


def test_a_resync_reads_everything_again(five):
    run = five.run("resync")

    assert (run.read, run.status) == (5, "done")
    assert five.is_quiet()


def test_each_page_is_kept_with_the_cursor_behind_it(five, small_pages):
    five.mailbox.expire_delta_tokens()
    five.graph.faults = [Fault("reply", "GET", r"delta", nth=3, times=5, status=503)]
    five.run()
    assert five.connection.listing_open

    five.graph.forget_requests()
    five.run()

    assert len(five.graph.requests(path="delta")) == 2, "it goes on where it was"


@pytest.mark.parametrize("switch", ["empty_pages", "repeated_rows", "shuffle_batch"])
def test_services_with_odd_habits_are_put_up_with(world, switch, small_pages):
    setattr(world.graph.behaviour, switch, True)
    many(5)
    for first in ("Ben", "Cleo", "Dora"):
        world.mailbox.put(card(first, "Ash", f"{first}@example.com"))

    world.start()
    world.edit(Contact.objects.get(first_name="Ben"), jobTitle="Judge")
    Contact.objects.filter(first_name="P0").update(job_title="Clerk")
    world.run()

    assert Contact.objects.get(first_name="Ben").job_title == "Judge"
    assert world.outlook(givenName="P0")["jobTitle"] == "Clerk"
    assert world.is_quiet()


def test_a_list_that_lags_behind_comes_to_the_same_end(world):
    world.graph.behaviour.delta_lag_seconds = 4000
    ours = person("Anna", "Ash", ["anna@example.com"])
    world.mailbox.put(card("Ben", "Birch"))
    world.preview()
    world.press_start()
    world.run()
    ben = Contact.objects.get(first_name="Ben")
    Contact.objects.filter(pk=ours.pk).update(job_title="Judge")
    world.edit(ben, jobTitle="Clerk")
    for _hour in range(4):
        world.run()

    ben.refresh_from_db()
    assert (ben.job_title, world.shown(ours)["jobTitle"]) == ("Clerk", "Judge")
    assert len(world.contacts()) == 2
    assert world.is_quiet()


def test_contacts_created_between_two_pages_are_not_missed(world, small_pages):
    for number in range(5):
        world.mailbox.put(card(f"N{number}", "New"))
    world.before_request = at_request(3, lambda: world.mailbox.put(card("Late", "New")))

    world.preview()
    world.before_request = lambda: None
    world.press_start()
    world.run()

    assert Contact.objects.count() == 6


def test_distribution_lists_are_skipped_with_a_reason(world):
    remote_id = world.mailbox.put(card("Anna", "Ash"))
    listed = world.mailbox.get(remote_id)
    body = {
        "value": [
            {**listed, "@odata.type": "#microsoft.graph.contact"},
            {"@odata.type": "#microsoft.graph.contactGroup", "id": "list", "displayName": "All"},
        ],
        "@odata.deltaLink": f"{BASE}/delta?$deltatoken=x",
    }
    world.graph.faults = [Fault("reply", "GET", r"delta", status=200, body=body)]

    world.preview()

    assert RemoteContact.objects.get(remote_id="list").skip
    assert ExternalLink.objects.count() == 0


BASE = "https://graph.microsoft.com/v1.0/me/contactFolders/contacts/contacts"
GONE = {"error": {"code": "SyncStateNotFound", "message": "Gone."}}
NOT_FOUND = {"error": {"code": "ErrorItemNotFound", "message": "Not here."}}
