"""What is not in step, and the history."""

from __future__ import annotations

import pytest

from tests.views.conftest import CONTACTS

pytestmark = pytest.mark.django_db

MISSING = f"{CONTACTS}not-in-outlook/"
PROBLEMS = f"{CONTACTS}problems/"
HISTORY = f"{CONTACTS}history/"


@pytest.fixture
def connection(alice, connect):
    return connect(alice, state="on")


def test_who_was_removed_in_outlook_can_be_put_back(alice, connection, person, page, press, below):
    link = connection.links.create(contact=person("Anna"), state="gone", name="Anna Baker")

    assert "Put back in Outlook" in page(alice, MISSING)

    text = press(alice, f"{CONTACTS}put-back/", link=link.pk)

    assert below.calls == [("put_back", link, alice)]
    assert "Anna Baker is put back in Outlook with the next run." in text


def test_putting_back_twice_is_harmless(alice, connection, person, press, below):
    link = connection.links.create(contact=person("Anna"), state="linked")

    text = press(alice, f"{CONTACTS}put-back/", link=link.pk)

    assert below.calls == []
    assert "not among the removed ones any more" in text


@pytest.mark.parametrize(("state", "told"), [("gone", "Removed in Outlook"), ("apart", "Left out")])
def test_who_is_in_the_trash_is_neither_listed_nor_counted(
    alice, connection, person, page, state, told
):
    contact = person("Anna")
    connection.links.create(contact=contact, state=state, name="Anna Baker")
    connection.links.create(contact=person("Bert"), state=state, name="Bert Cole")
    contact.delete()

    text = page(alice, f"{MISSING}?show={state}")

    assert "Anna Baker" not in text
    assert "Bert Cole" in text
    assert f"{told} <span>1</span>" in text


def test_who_was_left_out_can_be_taken_back_in(alice, connection, person, page, press, below):
    link = connection.links.create(contact=person("Anna"), state="apart", name="Anna Baker")

    assert "Take back in" in page(alice, f"{MISSING}?show=apart")

    press(alice, f"{CONTACTS}take-back-in/", link=link.pk)

    assert below.calls == [("take_back_in", link, alice)]


def test_what_takes_no_part_is_listed_with_its_reason(alice, connection, page):
    connection.mirror.create(
        remote_id="r1",
        skip="A distribution list is no contact.",
        values={"scalars": {"company": "Partners"}, "sets": {}},
    )

    text = page(alice, f"{MISSING}?show=skipped")

    assert "Partners" in text
    assert "A distribution list is no contact." in text
    assert "Partners" in page(alice, f"{MISSING}?show=skipped&q=partn")


@pytest.mark.parametrize(
    ("show", "sentence"),
    [
        ("", "No contact was removed in Outlook."),
        ("?show=apart", "Nobody was left out."),
        ("?show=skipped", "Every contact in the folder takes part."),
        ("?show=nonsense", "No contact was removed in Outlook."),
        ("?q=anna", "No contact fits."),
    ],
)
def test_an_empty_list_says_what_it_would_hold(alice, connection, page, show, sentence):
    assert sentence in page(alice, f"{MISSING}{show}")


def test_lists_are_searched_by_either_name(alice, connection, person, page):
    connection.links.create(contact=person("Anna"), state="gone", name="Old Name")
    connection.links.create(contact=person("Bert", "Cole"), state="gone", name="Bert Cole")

    assert "Bert Cole" not in page(alice, f"{MISSING}?q=anna")
    assert "Old Name" in page(alice, f"{MISSING}?q=anna")
    assert "Old Name" in page(alice, f"{MISSING}?q=old")


def test_a_contact_set_aside_is_listed_with_the_reason_and_the_next_try(
    alice, connection, person, page
):
    connection.links.create(
        contact=person("Anna"),
        state="linked",
        name="Anna Baker",
        problem="The e-mail address is not valid.",
        problem_count=3,
        next_try_at=connection.next_run_at,
    )

    text = page(alice, PROBLEMS)

    assert "Anna Baker" in text
    assert "The e-mail address is not valid." in text
    assert "tried 3 times" in text
    assert "tried again in 40 minutes" in text


@pytest.fixture
def refused(connection, person):
    return [
        connection.links.create(
            contact=person(name),
            name=name,
            problem="Not valid.",
            next_try_at=connection.next_run_at,
        )
        for name in ("Anna", "Bert")
    ]


def tries(connection):
    return set(
        connection.links.filter(next_try_at=None, pending=True).values_list("name", flat=True)
    )


def test_one_contact_is_tried_again_at_once(alice, connection, refused, page, press, below):
    assert page(alice, PROBLEMS).count("Try again now</button>") == 2

    text = press(alice, f"{PROBLEMS}try-again/", link=refused[0].pk)

    assert tries(connection) == {"Anna"}
    assert below.names == ["enqueue"]
    assert "1 contact is tried again in a moment." in text


def test_all_are_tried_again_at_once(alice, connection, refused, press, below):
    text = press(alice, f"{PROBLEMS}try-again/", all="yes")

    assert tries(connection) == {"Anna", "Bert"}
    assert "2 contacts are tried again in a moment." in text


def test_a_stopped_sync_is_not_started_by_trying_again(alice, connection, refused, press, below):
    type(connection).objects.update(state="stopped")

    text = press(alice, f"{PROBLEMS}try-again/", all="yes")

    assert below.names == []
    assert "tried again when the sync is started" in text


def test_nobody_tries_again_what_is_another_ones(bob, connect, refused, connection, press, below):
    connect(bob, state="on")

    text = press(bob, f"{PROBLEMS}try-again/", link=refused[0].pk)

    assert tries(connection) == set()
    assert "no problem any more" in text


def test_without_problems_the_page_says_so(alice, connection, page):
    assert "No contact has a problem" in page(alice, PROBLEMS)


def test_the_history_shows_what_did_something_and_everything_on_request(
    alice, connection, ran, page
):
    ran(connection, added_here=3)
    ran(connection, status="failed", message="Microsoft 365 did not answer.")
    ran(connection)
    ran(connection, kind="preview", added_here=9)

    some, everything = page(alice, HISTORY), page(alice, f"{HISTORY}?show=all")

    assert "3 added to Clio" in some
    assert "Microsoft 365 did not answer." in some
    assert "Nothing to do" not in some
    assert "9 added to Clio" not in some
    assert "Nothing to do" in everything
    assert "Planned: 9 added to Clio" in everything


def test_without_runs_the_history_says_how_to_begin(alice, connection, page):
    assert "No run has changed anything yet." in page(alice, HISTORY)
    assert "Press Sync on the settings page" in page(alice, f"{HISTORY}?show=all")


def test_a_run_shows_its_changes_with_the_values_before_and_after(alice, connection, ran, page):
    run = ran(connection, updated_there=1, problems=1)
    run.changes.create(
        connection=connection,
        name="Anna Baker",
        action="update",
        side="there",
        status="done",
        before={"job_title": "Clerk", "emails": [["any", "a@x.example"]]},
        after={"job_title": "Judge", "emails": [["any", "a@x.example"], ["any", "b@x.example"]]},
    )
    run.changes.create(
        connection=connection,
        name="Bert Cole",
        action="add",
        side="here",
        status="failed",
        reason="It was refused.",
        after={"phones": [["Work", "1", True]], "addresses": [["any", ["Main St", "", "Rome"]]]},
        conflict=[{"field": "job_title", "here": "Clerk", "there": "Judge", "winner": "here"}],
    )

    text = page(alice, f"{HISTORY}{run.pk}/")

    assert "Updated in Microsoft 365" in text
    assert "<del><bdi>Clerk</bdi></del> → <ins><bdi>Judge</bdi></ins>" in text
    assert "<ins><bdi>a@x.example; b@x.example</bdi></ins>" in text
    assert "It was refused." in text
    assert "1 (Work, primary)" in text
    assert "<ins><bdi>Main St, Rome</bdi></ins>" in text
    assert "“Clerk” in Clio, “Judge” in Outlook. The one in Clio stays." in text
    assert "Failed" in text
    assert "Bert" not in page(alice, f"{HISTORY}{run.pk}/?q=anna")


def test_a_run_without_changes_says_so(alice, connection, ran, page):
    run = ran(connection)

    assert "This run touched no contact." in page(alice, f"{HISTORY}{run.pk}/")


@pytest.mark.parametrize("path", [MISSING, PROBLEMS, HISTORY])
def test_lists_take_a_constant_number_of_queries(
    alice, client, connection, person, ran, django_assert_max_num_queries, path
):
    for number in range(20):
        connection.links.create(contact=person("Anna"), state="gone", problem="x")
        ran(connection, added_here=number)
    client.force_login(alice)

    with django_assert_max_num_queries(10):
        client.get(path)


def test_what_the_preview_asked_still_waits_after_the_first_run(alice, connection, ran, page):
    preview = ran(connection, kind="preview", status="done", held=1)
    asked = preview.changes.create(connection=connection, action="hold", status="held")
    run = ran(connection, status="held", held=1, added_here=1)

    assert "1 contact still waits" in page(alice, HISTORY)
    assert "1 contact still waits" in page(alice, f"{HISTORY}{run.pk}/")
    type(asked).objects.update(status="approved")
    assert "All decided since" in page(alice, HISTORY)


def test_what_a_run_held_and_was_decided_since_waits_no_more(alice, connection, ran, page):
    run = ran(connection, status="held", held=2, added_here=1)
    changes = [
        run.changes.create(
            connection=connection, action="delete", side="there", status="held", guard="deletions"
        )
        for _ in range(2)
    ]

    assert "2 contacts still wait" in page(alice, HISTORY)
    type(changes[0]).objects.filter(pk=changes[0].pk).update(status="approved")
    assert "1 contact still waits" in page(alice, HISTORY)
    type(changes[0]).objects.update(status="dismissed")
    assert "All decided since" in page(alice, HISTORY)
    assert "All decided since" in page(alice, f"{HISTORY}{run.pk}/")


def test_a_sync_that_was_started_again_is_no_first_sync(alice, connection, ran, page):
    ran(connection, ago=90, first=True, added_here=1)
    ran(connection, ago=5, first=True, added_here=2)

    text = page(alice, HISTORY)

    assert text.index("Started again") < text.index("First sync")
    assert text.count("Started again") == text.count("First sync") == 1


def test_a_contact_says_what_stays_home_and_what_happened(alice, connection, person, page):
    contact = person("Anna", address="anna@x.example")
    contact.phones.create(number="212-555-0199", label="Fax")
    row = {"scalars": {"first_name": "Anna"}, "sets": {"emails": [["any", "ANNA@x.example"]]}}
    mirror = connection.mirror.create(remote_id="r1", values=row)
    link = connection.links.create(contact=contact, mirror=mirror, remote_id="r1", state="linked")
    connection.changes.create(
        link=link,
        contact=contact,
        action="update",
        side="here",
        status="done",
        before={"job_title": "Clerk"},
        after={"job_title": "Judge"},
    )

    text = page(alice, f"{CONTACTS}list/{link.pk}/")

    assert "1 value is not in Outlook" in text
    assert "<bdi>212-555-0199 (Fax)</bdi>: Outlook has no place for the label Fax." in text
    assert "<del><bdi>Clerk</bdi></del> → <ins><bdi>Judge</bdi></ins>" in text


def test_a_contact_is_found_by_its_e_mail_in_whatever_pile_it_lies(alice, connection, person, page):
    for name, state in (("Anna", "linked"), ("Bert", "gone"), ("Clara", "apart")):
        contact = person(name, address=f"{name.lower()}@x.example")
        connection.links.create(contact=contact, state=state, name=name)
    person("Dora", address="dora@x.example")

    for name in ("Anna", "Bert", "Clara", "Dora"):
        text = page(alice, f"{CONTACTS}list/?show=all&q={name.lower()}@x")
        assert text.count("<h2>") == 1 and f"<bdi>{name}" in text


def test_lists_are_sorted_by_name_wherever_a_contact_is(alice, connect, person, page):
    connection = connect(alice, state="on")
    zoe, anna = person("Zoe"), person("Anna")
    for contact in (zoe, anna):
        connection.links.create(contact=contact, state="linked", name=str(contact))
    person("Mia")
    connection.mirror.create(
        remote_id="r1", values={"scalars": {"first_name": "Bea", "last_name": "Birch"}, "sets": {}}
    )

    text = page(alice, f"{CONTACTS}list/?show=all")

    places = [text.index(name) for name in ("Anna", "Bea", "Mia", "Zoe")]
    assert places == sorted(places)
