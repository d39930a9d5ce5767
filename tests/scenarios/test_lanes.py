"""The mailbox never waits for us: while a request is in flight, the next is prepared and the last stored."""

from __future__ import annotations

from collections import defaultdict
from threading import Event

from contacts_sync.run import pull
from contacts_sync.store import marking, mirror, settling
from tests.scenarios.worlds import card, many

PATIENCE = 10
"""Seconds after which something was certainly not done meanwhile."""


def noting(monkeypatch, place, name, done):
    """Let an event happen after each call of a function, the first call's being number 0."""
    act, count = getattr(place, name), iter(range(10_000))

    def acting(*args, **kwargs):
        answer = act(*args, **kwargs)
        done[next(count)].set()
        return answer

    monkeypatch.setattr(place, name, acting)


def test_the_next_batch_is_marked_and_the_last_stored_while_one_is_in_flight(world, monkeypatch):
    marked, stored = defaultdict(Event), defaultdict(Event)
    noting(monkeypatch, marking, "mark_sent", marked)
    noting(monkeypatch, settling, "commit", stored)
    many(80)
    meanwhile, flying, numbers = [], [], iter(range(10))

    def provider(connection):
        opened = open_mailbox(connection)
        write = opened.write

        def writing(writes):
            number = next(numbers)
            assert not flying
            flying.append(number)
            if number < 3:
                meanwhile.append(marked[number + 1].wait(PATIENCE))
            if number > 0:
                meanwhile.append(stored[number - 1].wait(PATIENCE))
            flying.remove(number)
            return write(writes)

        opened.write = writing
        return opened

    open_mailbox = world.provider
    monkeypatch.setattr(world, "provider", provider)
    run = world.run()

    assert run.added_there == 80
    assert meanwhile == [True] * 6


def test_the_next_page_is_read_while_the_last_is_stored(world, small_pages, monkeypatch):
    for number in range(6):
        world.mailbox.put(card(f"P{number}", "Poe", f"p{number}@example.com"))
    asked, meanwhile = defaultdict(Event), []
    count = iter(range(100))
    world.before_request = lambda: asked[next(count)].set()
    save = mirror.save_page

    def saving(connection, lease, page, *args):
        if not page.last:
            # The folder's id was asked for first, then a page for each page stored and this one.
            meanwhile.append(asked[2 + len(meanwhile)].wait(PATIENCE))
        save(connection, lease, page, *args)

    monkeypatch.setattr(pull.mirror, "save_page", saving)
    run = world.run()

    assert run.added_here == 6
    assert meanwhile == [True, True]
