"""The preview: making it, its numbers and rows, what is left out and what is linked."""

from __future__ import annotations

import re

import pytest

from contacts_sync.models import Distinct, SyncChange, SyncRun
from contacts_sync.run.decisions import NotPossible
from tests.views.conftest import CONTACTS

pytestmark = pytest.mark.django_db

PREVIEW = f"{CONTACTS}preview/"


@pytest.fixture
def preview(alice, connect, ran):
    return ran(connect(alice), kind="preview", added_here=12, added_there=7, linked=3)


def row(preview, name, action="add", side="here", **values):
    return SyncChange.objects.create(
        run=preview,
        connection=preview.connection,
        name=name,
        action=action,
        side=side,
        status="planned",
        **values,
    )


def number(text, name):
    before = text.split(f'</span> <span class="figure-name">{name}')[0]
    return before.rsplit('<span class="figure-number">', 1)[1]


def test_sync_makes_a_preview_once(alice, connect, press, below):
    connection = connect(alice)

    text = press(alice, PREVIEW)
    press(alice, PREVIEW)

    assert "The preview is being made" in text
    assert connection.runs.count() == 1
    assert below.calls[0] == (
        "enqueue",
        connection,
        SyncRun.Kind.PREVIEW,
        {"trigger": "owner", "actor": alice},
    )


def test_a_preview_that_is_asked_for_while_a_stopped_run_ends_is_not_forgotten_silently(
    alice, connect, press
):
    connection = connect(alice, state="stopped")
    connection.runs.create(kind="sync", status="running")

    text = press(alice, PREVIEW)

    assert "just coming to its end. Press Sync again in a moment" in text
    assert not connection.runs.filter(kind="preview").exists()


@pytest.mark.parametrize("state", ["on", "disconnected"])
def test_a_sync_that_is_on_or_has_no_sign_in_makes_no_preview(alice, connect, press, below, state):
    connect(alice, state=state)

    press(alice, PREVIEW)

    assert below.calls == []


@pytest.mark.parametrize(
    ("state", "todo"),
    [
        ("authorized", ">Sync</button>"),
        ("stopped", ">Sync</button>"),
        ("on", "Go to the sync settings"),
        ("disconnected", "Go to the sync settings"),
    ],
)
def test_without_a_preview_the_page_says_what_to_do(alice, connect, page, state, todo):
    connect(alice, state=state)

    text = page(alice, PREVIEW)

    assert "There is no preview at the moment" in text
    assert todo in text
    assert "Start Sync</button>" not in text


def test_the_three_numbers_are_told_and_start_sync_offered(alice, preview, page):
    text = page(alice, PREVIEW)

    assert number(text, "will be added to Clio") == "12"
    assert number(text, "will be added to Microsoft 365") == "7"
    assert number(text, "will be merged (linked)") == "3"
    assert "Start Sync</button>" in text
    assert "already linked" not in text


def test_starting_again_also_tells_what_is_linked_to_update_to_delete_and_gone(
    alice, preview, page, person
):
    connection = preview.connection
    connection.started_at = preview.started_at
    connection.save()
    SyncRun.objects.filter(pk=preview.pk).update(updated_here=1, updated_there=4, deleted_there=2)
    for state in ("linked", "linked", "gone"):
        connection.links.create(contact=person("Anna"), state=state)

    text = page(alice, PREVIEW)

    assert "<dt>already linked</dt><dd>2</dd>" in text
    assert "<dt>to update</dt><dd>1 in Clio, 4 in Microsoft 365</dd>" in text
    assert "<dt>to delete in Outlook</dt><dd>2</dd>" in text
    assert "<dt>removed in Outlook</dt><dd>1 ·" in text


def test_a_preview_that_failed_says_why_and_can_be_tried_again(alice, connect, ran, page):
    ran(connect(alice), kind="preview", status="failed", message="Microsoft 365 did not answer.")

    text = page(alice, PREVIEW)

    assert "Microsoft 365 did not answer." in text
    assert "Try again</button>" in text
    assert "Start Sync</button>" not in text


def test_a_preview_that_needs_a_sign_in_offers_it(alice, connect, ran, page):
    ran(connect(alice, problem="sign_in"), kind="preview", status="needs_sign_in")

    text = page(alice, PREVIEW)

    assert "Authorize Office 365 Access" in text
    assert "Try again</button>" not in text


def test_each_row_says_what_happens_and_why(alice, preview, page, person):
    row(preview, "Anna Baker", remote_id="r1", reason="only there")
    row(preview, "Bert Cole", "link", "both", remote_id="r2", reason="match")
    row(preview, "List", "skip", reason="A distribution list is no contact.")

    text = page(alice, PREVIEW)

    assert "Add to Clio" in text
    assert "Is in Outlook only." in text
    assert "First name, last name and an e-mail address are identical." in text
    assert "A distribution list is no contact." in text
    assert text.count("Leave out</button>") == 2


def test_five_hundred_rows_come_in_pages_of_fifty(alice, client, preview, page):
    SyncChange.objects.bulk_create(
        SyncChange(
            run=preview,
            connection=preview.connection,
            name=f"Name {number:03}",
            action="add",
            side="here",
            remote_id=f"r{number}",
            status="planned",
        )
        for number in range(500)
    )

    first, last = page(alice, PREVIEW), page(alice, f"{PREVIEW}?page=10")

    assert first.count("Leave out</button>") == last.count("Leave out</button>") == 50
    assert "Page 1 of 10" in first
    assert "Name 000" in first
    assert "Name 499" in last
    assert "Page 10 of 10" in page(alice, f"{PREVIEW}?page=999")
    assert "Page 1 of 10" in page(alice, f"{PREVIEW}?page=x")


def test_rows_are_searched_and_filtered(alice, preview, page):
    row(preview, "Anna Baker", remote_id="r1")
    row(preview, "Bert Baker", "link", "both", remote_id="r2")
    row(preview, "Clara Cole", "add", "there")

    assert "Clara" not in page(alice, f"{PREVIEW}?q=baker")
    assert "Bert" not in page(alice, f"{PREVIEW}?q=baker+anna")
    assert "Anna" not in page(alice, f"{PREVIEW}?show=linked")
    assert "Bert Baker" in page(alice, f"{PREVIEW}?show=linked&q=baker")
    assert "No contact fits." in page(alice, f"{PREVIEW}?q=nobody")
    assert "Anna Baker" in page(alice, f"{PREVIEW}?show=nonsense")


@pytest.mark.parametrize(
    ("action", "side", "about"),
    [
        ("add", "here", {"remote_id": "r1"}),
        ("add", "there", {"contact_id": True}),
        ("link", "both", {"contact_id": True, "remote_id": "r1"}),
    ],
)
def test_leaving_out_is_about_the_contact_of_the_row(
    alice, preview, person, press, below, action, side, about
):
    contact = person("Anna")
    change = row(preview, "Anna", action, side, contact=contact, remote_id="r1")

    text = press(alice, f"{CONTACTS}leave-out/", change=change.pk)

    if "contact_id" in about:
        about = {**about, "contact_id": contact.pk}
    assert below.calls == [("leave_out", preview.connection, {**about, "actor": alice})]
    assert "Anna is left out." in text


def test_what_linking_writes_belongs_to_the_row_of_the_link(alice, preview, page, person):
    both = {"contact": person("Anna"), "remote_id": "r1", "reason": "match"}
    row(preview, "Anna", "link", "both", **both)
    row(preview, "Anna", "update", "here", **both)
    row(preview, "Anna", "update", "there", **both)

    text = page(alice, PREVIEW)

    assert text.count("Leave out</button>") == 1
    assert "Update in" not in text


def test_a_row_without_a_reason_of_its_own_still_says_why(alice, preview, page):
    row(preview, "Anna", "update", "there")
    row(preview, "Bert", "delete", "there", remote_id="r2")
    row(preview, "Clara", "gone", "there", remote_id="r3")

    text = page(alice, PREVIEW)

    assert "Has newer values in Clio." in text
    assert "Was deleted in Clio." in text
    assert "Was removed from the Contacts folder in Outlook." in text


def test_who_is_left_out_is_one_link_away(alice, preview, page, person):
    preview.connection.links.create(contact=person("Anna"), state="apart")

    text = page(alice, PREVIEW)

    assert "1 contact is left out and not counted." in text
    assert f'href="{CONTACTS}not-in-outlook/?show=apart"' in text


def test_a_company_that_exists_nowhere_yet_cannot_be_left_out(alice, preview, page, press, below):
    change = row(preview, "Acme", reason="company of a person")

    assert "Leave out</button>" not in page(alice, PREVIEW)
    press(alice, f"{CONTACTS}leave-out/", change=change.pk)
    assert below.calls == []


def test_leaving_out_twice_is_harmless(alice, preview, press, below):
    change = row(preview, "Anna", remote_id="r1", side="here")
    change.delete()

    text = press(alice, f"{CONTACTS}leave-out/", change=change.pk or 1)

    assert below.calls == []
    assert "This row is not in the preview any more." in text


def test_a_decision_that_does_not_fit_any_more_is_explained(alice, preview, press, below):
    change = row(preview, "Anna", remote_id="r1")
    below.refuse = NotPossible("This Outlook contact is not in the Contacts folder any more.")

    text = press(alice, f"{CONTACTS}leave-out/", change=change.pk)

    assert "is not in the Contacts folder any more." in text


def test_a_button_returns_to_the_same_rows(client, alice, preview):
    change = row(preview, "Anna", remote_id="r1")
    client.force_login(alice)
    here = f"{PREVIEW}?q=anna&page=2#row-{change.pk}"

    response = client.post(f"{CONTACTS}leave-out/", {"change": change.pk, "next": here})

    assert response.url == here


def test_contacts_that_look_alike_can_be_linked(alice, preview, person, page, press, below):
    contact = person("Anna", address="anna@x.example")
    preview.connection.mirror.create(
        remote_id="r9",
        values={
            "scalars": {"first_name": "Anne", "last_name": "Baker"},
            "sets": {"emails": [["any", "ANNA@x.example"]]},
        },
    )
    change = row(
        preview,
        "Anna Baker · Anne Baker",
        "skip",
        "both",
        contact=contact,
        remote_id="r9",
        guard="near",
        reason="same e-mail",
    )

    text = page(alice, f"{PREVIEW}?show=near")

    assert "They have the same e-mail address, and other names." in text
    assert "1 pair looks alike without matching" in text
    assert text.count("differs") == 2 and text.count('verdict">equal') == 2
    assert "Link</button>" in text
    press(alice, f"{CONTACTS}decisions/link/", change=change.pk)
    assert below.calls == [("link_pair", preview.connection, contact.pk, "r9", alice)]


def test_groups_stand_side_by_side_with_link_and_keep_both(alice, preview, person, page):
    connection = preview.connection
    for contact in (person("Anna", "Baker", "a@x.example"), person("Anna", "Baker", "b@x.example")):
        connection.links.create(contact=contact, state="held", group="g1", reason="group")
    mirror = connection.mirror.create(
        remote_id="r1",
        values={
            "scalars": {"first_name": "Anna", "company": "Acme"},
            "sets": {"emails": [["any", "c@x.example"]]},
        },
    )
    connection.links.create(mirror=mirror, remote_id="r1", state="held", group="g1")

    text = page(alice, PREVIEW)

    assert "Is this the same contact?" in text
    for address in ("a@x.example", "b@x.example", "c@x.example"):
        assert address in text
    assert text.count('type="radio"') == 3
    assert "Keep both</button>" in text


def test_the_preview_takes_a_constant_number_of_queries(
    alice, client, preview, person, django_assert_max_num_queries
):
    connection = preview.connection
    for each in range(30):
        row(preview, f"Anna {each}", contact=person("Anna", address="a@x.example"), side="there")
        connection.links.create(
            contact=person("Bert", address="b@x.example"), state="held", group=f"g{each % 9}"
        )
    client.force_login(alice)

    with django_assert_max_num_queries(24):
        client.get(PREVIEW)


def test_a_preview_that_is_being_made_can_be_cancelled(alice, connect, page, press, below):
    connection = connect(alice, state="authorized")
    connection.runs.create(kind="preview", trigger="owner", status="continues")

    assert "Cancel the preview" in page(alice, f"{CONTACTS}preview/")
    text = press(alice, f"{CONTACTS}stop/")

    assert below.calls == [("stop", connection)]
    assert "The preview is cancelled. Nothing was changed." in text


def arrive(preview, name, address="", **values):
    """Let an Outlook contact be on the preview, to be added."""
    scalars = {"first_name": name, "last_name": "Baker", **values}
    sets = {"emails": [["any", address]]} if address else {}
    remote_id = f"id-{name}"
    preview.connection.mirror.create(
        remote_id=remote_id, values={"scalars": scalars, "sets": sets}, fingerprint="f"
    )
    return row(preview, f"{name} Baker", "add", "here", remote_id=remote_id, reason="only there")


def test_a_row_says_who_it_is_and_what_stays_home(alice, preview, person, page):
    contact = person("Anna", address="anna@x.example")
    contact.phones.create(number="212-555-0199", label="Fax")
    row(preview, "Anna Baker", "add", "there", contact=contact)
    arrive(preview, "Bert", "bert@x.example", job_title="Clerk")

    text = page(alice, PREVIEW)

    assert '<span class="who"><bdi>anna@x.example</bdi></span>' in text
    assert '<span class="who"><bdi>bert@x.example</bdi></span>' in text
    assert "Stays in Clio: <bdi>212-555-0199 (Fax)</bdi>" in text
    assert "Outlook has no place for the label Fax." in text
    assert "<dt>Job title</dt>" in text


def test_ticked_rows_are_left_out_together(alice, preview, press):
    rows = [arrive(preview, name) for name in ("Anna", "Bert", "Clara")]
    type(preview).objects.filter(pk=preview.pk).update(added_here=3)

    told = press(alice, f"{CONTACTS}leave-out/ticked/", change=[one.pk for one in rows[:2]])

    assert "2 contacts are left out." in told
    assert '<span class="figure-number">1</span> <span class="figure-name">will be added to' in told
    assert set(preview.connection.links.values_list("name", "state")) == {
        ("Anna Baker", "apart"),
        ("Bert Baker", "apart"),
    }


def test_nothing_ticked_leaves_nobody_out(alice, preview, press):
    arrive(preview, "Anna")

    assert "Tick the contacts" in press(alice, f"{CONTACTS}leave-out/ticked/")
    assert not preview.connection.links.exists()


def test_all_that_fit_a_search_are_left_out_after_a_question(alice, preview, page, press):
    for name in ("Anna", "Annabel", "Bert"):
        arrive(preview, name)
    path = f"{CONTACTS}leave-out/all/"

    text = page(alice, f"{path}?q=anna")
    upto = re.search(r'name="upto" value="(\d+)"', text)[1]
    arrive(preview, "Annelise")
    press(alice, path, q="ann", show="", upto=upto)

    assert "Leave out 2 contacts?" in text
    assert set(preview.connection.links.values_list("name", flat=True)) == {
        "Anna Baker",
        "Annabel Baker",
    }


def test_a_pair_that_is_different_people_is_not_shown_again(alice, preview, person, page, press):
    contact = person("Anna", address="anna@x.example")
    arrive(preview, "Anne", "anna@x.example")
    near = row(
        preview,
        "Anna Baker · Anne Baker",
        "skip",
        "both",
        contact=contact,
        remote_id="id-Anne",
        guard="near",
        reason="same e-mail",
    )

    told = press(alice, f"{CONTACTS}decisions/different/", change=near.pk)

    assert "you are not asked about them again" in told
    assert "looks alike" not in page(alice, PREVIEW)
    assert Distinct.objects.filter(contact=contact, remote_id="id-Anne").exists()
    assert "This was decided already." in press(
        alice, f"{CONTACTS}decisions/different/", change=near.pk
    )


def test_a_huge_value_is_cut_and_a_name_does_not_turn_the_line(alice, preview, page):
    arrive(preview, "\u202eevil", job_title="x" * 1_000_000)

    text = page(alice, PREVIEW)

    assert len(text) < 60_000
    assert "(1,000,000 characters in all)" in text
    assert "\u2068\u202eevil Baker\u2069" in text
