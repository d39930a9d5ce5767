"""What waits for a person, and what their answers do."""

from __future__ import annotations

import re

import pytest
from django.utils.html import escape

from contacts_sync.run.decisions import NotPossible
from contacts_sync.wording import guarded
from tests.views.conftest import CONTACTS

pytestmark = pytest.mark.django_db

DECISIONS = f"{CONTACTS}decisions/"
GUARDS = {
    "deletions": ("Delete them in Outlook", "Restore them in Clio"),
    "vanished": ("I removed them", "Put them back in Outlook"),
    "growth": ("Create them", "Leave them out"),
    "arrivals": ("Add them to Clio", "Leave them out"),
    "blanked": ("Clear them in Clio too", "Put the values back in Outlook"),
    "changed_there": ("Take the changes", "Write the values of Clio back"),
    "changed_here": ("Send the changes", "Take the values from Outlook"),
}


@pytest.fixture
def connection(alice, connect):
    return connect(alice, state="on")


def hold(connection, guard="deletions", names=("Anna", "Bert")):
    return [
        connection.changes.create(
            name=name, action="delete", side="there", status="held", guard=guard
        )
        for name in names
    ]


def test_when_nothing_waits_the_page_says_so(alice, connection, page):
    text = page(alice, DECISIONS)

    assert "Nothing waits for you" in text
    assert "Go to the sync settings" in text


@pytest.mark.parametrize("guard", GUARDS)
def test_every_guard_has_its_words(alice, connection, page, guard):
    hold(connection, guard)

    listed = page(alice, DECISIONS)
    text = page(alice, f"{DECISIONS}held/{guard}/")

    words, (approve, dismiss) = guarded(guard), GUARDS[guard]
    assert f">{approve}</button>" in text
    assert f">{dismiss}</button>" in text
    for effect in (words.approved, words.dismissed):
        assert f"<dt>In Clio</dt><dd>{effect.here}</dd>" in text
        assert f"<dt>In Outlook</dt><dd>{escape(effect.there)}</dd>" in text
    assert "2 contacts: <bdi>Bert</bdi>, <bdi>Anna</bdi>" in listed
    assert "and decide" in listed and f">{approve}</button>" not in listed


def test_creations_that_a_guard_holds_are_one_question_and_no_groups(
    alice, connection, person, page, press, below
):
    held = []
    for name in ("Anna", "Bert"):
        link = connection.links.create(
            contact=person(name), state="held", group="guard-growth", reason="growth"
        )
        held.append(
            connection.changes.create(
                link=link, name=name, action="hold", side="here", status="held", reason="growth"
            )
        )
    group = connection.links.create(contact=person("Clara"), state="held", group="g1")
    connection.changes.create(link=group, action="hold", side="here", status="held", reason="group")

    text = page(alice, DECISIONS)

    assert "The first sync would create more contacts than its preview showed" in text
    assert "2 contacts: <bdi>Bert</bdi>, <bdi>Anna</bdi>" in text
    assert text.count("Keep both</button>") == 1
    press(alice, f"{DECISIONS}answer/", guard="growth", upto=held[-1].pk, answer="approve")
    assert set(below.calls[0][1]) == set(held)


def test_every_guard_of_the_engine_has_words():
    from contacts_sync.engine.guard import GUARDS as TABLE
    from contacts_sync.wording.guards import GUARDS as WORDS

    assert set(WORDS) == {guard.name for guard in TABLE}


@pytest.mark.parametrize("answer", ["approve", "dismiss"])
def test_an_answer_covers_exactly_what_was_listed(alice, connection, press, below, answer):
    listed = hold(connection)
    hold(connection, "arrivals")
    hold(connection, names=["came later"])

    text = press(alice, f"{DECISIONS}answer/", guard="deletions", upto=listed[-1].pk, answer=answer)

    name, changes, actor = below.calls[0]
    assert (name, actor) == (answer, alice)
    assert set(changes) == set(listed)
    assert "Your decision about 2 contacts is kept" in text


def test_answering_twice_is_harmless(alice, connection, press):
    text = press(alice, f"{DECISIONS}answer/", guard="deletions", upto=99, answer="approve")

    assert "This was decided already." in text


def test_an_answer_that_is_none_is_not_taken(client, alice, connection, below):
    hold(connection)
    client.force_login(alice)

    response = client.post(f"{DECISIONS}answer/", {"guard": "deletions", "upto": 9**9})

    assert response.status_code == 404
    assert below.calls == []


def test_the_whole_list_of_a_guard_is_searched_and_paged(alice, connection, page):
    hold(connection, names=[f"Name {number:03}" for number in range(120)])

    text = page(alice, f"{DECISIONS}held/deletions/")

    assert "Your answer is about all 120 contacts listed here." in text
    assert "Page 1 of 3" in text
    found = page(alice, f"{DECISIONS}held/deletions/?q=117")
    assert "Name 117" in found
    assert "about all 120 contacts" in found


def test_a_guard_that_holds_nothing_has_no_page(client, alice, connection):
    client.force_login(alice)

    assert client.get(f"{DECISIONS}held/deletions/").status_code == 404


@pytest.fixture
def pair(connection, person):
    contact = person("Anna", address="a@x.example")
    mirror = connection.mirror.create(
        remote_id="r1", values={"scalars": {"first_name": "Anna"}, "sets": {}}
    )
    ours = connection.links.create(contact=contact, state="held", group="g1", reason="group")
    theirs = connection.links.create(mirror=mirror, remote_id="r1", state="held", group="g1")
    return ours, theirs


def test_link_links_the_chosen_pair(alice, connection, pair, page, press, below):
    ours, theirs = pair
    assert "Link</button>" in page(alice, DECISIONS)

    text = press(alice, f"{DECISIONS}link/", contact=ours.contact_id, remote=theirs.mirror_id)

    assert below.calls == [("link_pair", connection, ours.contact_id, "r1", alice)]
    assert "the two are linked" in text


def test_linking_half_a_pair_asks_for_the_other_half(alice, connection, pair, press, below):
    text = press(alice, f"{DECISIONS}link/", contact=pair[0].contact_id)

    assert "Choose one contact on each side." in text
    assert below.calls == []


def test_a_contact_in_the_trash_is_not_linked(client, alice, connection, pair, below):
    ours, theirs = pair
    ours.contact.delete()
    client.force_login(alice)

    response = client.post(
        f"{DECISIONS}link/", {"contact": ours.contact_id, "remote": theirs.mirror_id}
    )

    assert response.status_code == 404
    assert below.calls == []


def test_keep_both_keeps_every_contact_of_the_group(alice, pair, press, below):
    press(alice, f"{DECISIONS}keep-both/", group="g1")

    assert below.calls == [("keep_both", link, alice) for link in pair]


def test_leave_out_leaves_out_every_contact_of_the_group(alice, connection, pair, press, below):
    press(alice, f"{DECISIONS}leave-out/", group="g1")

    assert [call[2] for call in below.calls] == [
        {"contact_id": pair[0].contact_id, "remote_id": "", "actor": alice},
        {"contact_id": None, "remote_id": "r1", "actor": alice},
    ]


def test_a_group_is_decided_as_a_whole_or_not_at_all(alice, pair, press, below):
    below.refuse = NotPossible("This contact does not wait for a decision any more.")

    text = press(alice, f"{DECISIONS}keep-both/", group="g1")

    assert "does not wait for a decision any more" in text
    assert below.calls == []


@pytest.mark.parametrize("path", ["keep-both/", "leave-out/"])
def test_a_group_that_was_decided_meanwhile_is_left_alone(alice, connection, press, below, path):
    text = press(alice, f"{DECISIONS}{path}", group="g1")

    assert "This was decided already." in text
    assert below.calls == []


def test_a_copy_has_one_side_and_cannot_be_linked(alice, connection, page, press, below):
    mirror = connection.mirror.create(
        remote_id="r2", values={"scalars": {"first_name": "Copy"}, "sets": {}}
    )
    link = connection.links.create(mirror=mirror, remote_id="r2", state="held", reason="copy")

    text = page(alice, DECISIONS)

    assert "This Outlook contact equals one that is linked already." in text
    assert "Link</button>" not in text
    press(alice, f"{DECISIONS}keep-both/", group=f"link-{link.pk}")
    assert below.calls == [("keep_both", link, alice)]


def test_decisions_take_a_constant_number_of_queries(
    alice, client, connection, person, django_assert_max_num_queries
):
    for number in range(40):
        connection.links.create(
            contact=person("Anna", address="a@x.example"), state="held", group=f"g{number}"
        )
    hold(connection)
    client.force_login(alice)

    with django_assert_max_num_queries(12):
        client.get(DECISIONS)


def test_a_contact_that_was_removed_in_outlook_is_shown_with_its_group(
    alice, connection, person, page
):
    removed = connection.mirror.create(remote_id="r0", present=False)
    gone = person("Anna", "Baker", "gone@x.example")
    connection.links.create(contact=gone, mirror=removed, remote_id="r0", state="gone", group="g1")
    for remote_id in ("r1", "r2"):
        mirror = connection.mirror.create(
            remote_id=remote_id, values={"scalars": {"first_name": remote_id}, "sets": {}}
        )
        connection.links.create(mirror=mirror, remote_id=remote_id, state="held", group="g1")

    text = page(alice, DECISIONS)

    assert "gone@x.example" in text
    assert text.count('type="radio"') == 3
    assert "Link</button>" in text


@pytest.fixture
def questions(connection, person):
    """Two held groups of one contact on each side."""
    for number in range(2):
        row = {"scalars": {"first_name": "Anna"}, "sets": {}}
        mirror = connection.mirror.create(remote_id=f"r{number}", values=row)
        links = [
            connection.links.create(contact=person("Anna"), state="held", group=f"group-{number}"),
            connection.links.create(
                mirror=mirror, remote_id=mirror.remote_id, state="held", group=f"group-{number}"
            ),
        ]
        for link in links:
            connection.changes.create(link=link, action="hold", side="here", status="held")


@pytest.mark.parametrize(("answer", "state"), [("keep", "held"), ("leave-out", "apart")])
def test_one_answer_is_given_to_all_questions(
    alice, connection, questions, page, press, answer, state
):
    path = f"{DECISIONS}same-for-all/groups/{answer}/"
    text = page(alice, path)
    upto = re.search(r'name="upto" value="(\d+)"', text)[1]

    later = connection.links.create(name="Late", state="held", group="later")
    told = press(alice, path, upto=upto)

    assert "Answer 2 questions with" in text
    assert "4 contacts were decided." in told
    decided = connection.links.exclude(pk=later.pk)
    assert set(decided.values_list("state", flat=True)) == {state}
    assert not decided.filter(state="held", decision="").exists()
    assert connection.links.get(pk=later.pk).decision == ""


def test_nothing_else_can_be_said_of_all(client, alice, connection):
    client.force_login(alice)

    assert client.get(f"{DECISIONS}same-for-all/groups/link/").status_code == 404


def test_a_group_of_two_is_compared_field_by_field(alice, connection, questions, page):
    text = page(alice, DECISIONS)

    assert "Compare all values: 1 field differs" in text
    assert '<td class="verdict">equal</td>' in text and '<td class="verdict">differs</td>' in text
