"""Settings, the list of what can be synced, and the sync settings in every state."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from contacts_sync.models import Contact
from tests.views.conftest import CONTACTS, OFFICE

pytestmark = pytest.mark.django_db

OVERVIEW = "/settings/contact-and-calendar-sync/"


def test_settings_lead_to_contact_and_calendar_sync(alice, page):
    text = page(alice, "/settings/")

    assert "Personal" in text
    assert f'<a href="{OVERVIEW}">Contact and Calendar Sync</a>' in text


@pytest.mark.parametrize(
    ("state", "button"),
    [
        (None, "Set up sync"),
        ("authorized", "Configure"),
        ("on", "Configure"),
        ("stopped", "Configure"),
        ("disconnected", "Set up sync"),
    ],
)
def test_the_row_says_set_up_until_an_account_is_authorized(alice, page, connect, state, button):
    if state:
        connect(alice, state=state)

    text = page(alice, OVERVIEW)

    assert "Office 365 contacts and calendars" in text
    assert f">{button}</a>" in text
    assert ("Configure" in text) == (button == "Configure")


def test_before_authorizing_one_reads_what_becomes_visible_and_what_fits(alice, page):
    text = page(alice, OFFICE)

    assert "Authorize Office 365 Access" in text
    assert "All of your main Contacts folder becomes visible to the firm." in text
    assert text.index("becomes visible") < text.index("Authorize Office 365 Access")
    for limit in ("Business phones", "Home phones", "E-mail addresses", "IM addresses"):
        assert limit in text
    assert "Only contacts in the main Contacts folder" in text
    assert "You are currently authorized" not in text


def test_the_list_has_the_name_the_firm_gave_it(alice, page, connect, settings):
    settings.FIRM_LIST_NAME = "Miller"
    connect(alice)

    text = page(alice, OFFICE)

    assert "Miller Contacts" in text
    assert "Clio" not in text


def buttons(text):
    names = ("Sync", "Sync now", "Stop Sync", "Authorize Office 365 Access", "Go to the preview")
    return {name for name in names if f">{name}</button>" in text or f">{name}</a>" in text}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"state": "authorized"}, ["Sync"]),
        ({"state": "on"}, ["Sync now", "Stop Sync"]),
        ({"state": "stopped"}, ["Sync"]),
        ({"state": "disconnected"}, ["Authorize Office 365 Access"]),
        (
            {"state": "on", "problem": "sign_in"},
            ["Stop Sync", "Authorize Office 365 Access"],
        ),
        (
            {"state": "on", "problem": "consent"},
            ["Stop Sync", "Authorize Office 365 Access"],
        ),
        ({"state": "on", "problem": "no_mailbox"}, ["Sync now", "Stop Sync"]),
        ({"state": "on", "problem": "configuration"}, ["Sync now", "Stop Sync"]),
        ({"state": "on", "problem": "unavailable"}, ["Sync now", "Stop Sync"]),
        ({"state": "on", "problem": "failing"}, ["Sync now", "Stop Sync"]),
    ],
    ids=lambda value: "-".join(value.values()) if isinstance(value, dict) else "",
)
def test_each_state_offers_its_buttons(alice, page, connect, values, expected):
    connect(alice, **values)

    text = page(alice, OFFICE)

    assert buttons(text) == set(expected)
    if values["state"] != "disconnected":
        assert "You are currently authorized as alice@outlook.example" in text
        assert "Clio Contacts" in text
        assert "Disconnect Account" in text


def test_a_running_sync_is_not_started_twice_from_the_page(alice, page, connect):
    connection = connect(alice, state="on")
    connection.runs.create(kind="sync", trigger="schedule", status="running")

    assert buttons(page(alice, OFFICE)) == {"Stop Sync"}


def test_a_preview_in_the_making_or_ready_is_one_press_away(alice, page, connect, ran):
    connection = connect(alice)
    run = connection.runs.create(kind="preview", trigger="owner", status="running")
    assert buttons(page(alice, OFFICE)) == {"Go to the preview"}

    run.delete()
    ran(connection, kind="preview")
    assert buttons(page(alice, OFFICE)) == {"Go to the preview", "Sync"}


@pytest.mark.parametrize(
    ("problem", "sentence"),
    [
        ("sign_in", "Microsoft wants you to sign in again"),
        ("consent", "Your Microsoft 365 administrator has to agree first"),
        ("no_mailbox", "A new licence takes about 15 minutes to arrive"),
        ("wrong_mailbox", "Another account was signed in at Microsoft"),
        ("configuration", "tell your administrator"),
        ("unavailable", "it is tried again by itself"),
        ("failing", "The last sync failed"),
    ],
)
def test_a_problem_is_told_with_its_detail_and_its_age(alice, page, connect, problem, sentence):
    since = timezone.now() - timedelta(hours=3, seconds=5)
    connect(alice, state="on", problem=problem, problem_text="AADSTS <b>1</b>", problem_since=since)

    text = page(alice, OFFICE)

    assert sentence in text
    assert "AADSTS &lt;b&gt;1&lt;/b&gt;" in text
    assert ">3 hours ago</time>." in text.replace("\N{NO-BREAK SPACE}", " ")


@pytest.fixture
def pair(person):
    """Link a contact and an Outlook contact that both lists hold: `pair(connection, "a")`."""

    def pair(connection, name, here=True, there=True, **values):
        contact = person(name) if here else None
        mirror = None
        if there:
            row = {"scalars": {"first_name": name}, "sets": {}}
            mirror = connection.mirror.create(remote_id=name, values=row)
        revision = Contact.objects.get(pk=contact.pk).revision if contact else 0
        values = {"state": "linked", "name": name, "local_revision": revision, **values}
        return connection.links.create(contact=contact, mirror=mirror, **values)

    return pair


def test_each_contact_lies_in_one_pile_and_the_piles_add_up(
    alice, page, connect, ran, person, pair
):
    connection = connect(alice, state="on")
    run = ran(connection, ago=5, added_here=2, status="done")
    for number in range(5):
        pair(connection, f"fine {number}")
    deleted = pair(connection, "deletion held")
    deleted.contact.delete()
    held = {"connection": connection, "status": "held"}
    run.changes.create(link=deleted, action="delete", side="there", guard="deletions", **held)
    asked = pair(connection, "asked", there=False, state="held")
    run.changes.create(link=asked, action="hold", side="here", reason="group", **held)
    pair(connection, "guarded", here=False, state="held", group="guard-growth")
    pair(connection, "refused", problem="It was refused.")
    pair(connection, "decided", here=False, state="held", decision="keep")
    pair(connection, "to be created", there=False, state="creating")
    edited = pair(connection, "edited")
    Contact.objects.filter(pk=edited.contact_id).update(job_title="Judge")
    pair(connection, "gone", there=False, state="gone")
    pair(connection, "out", state="apart")
    pair(connection, "gone and trashed", there=False, state="gone").contact.delete()
    connection.mirror.create(remote_id="list", skip="A distribution list is no contact.")
    person("new")

    text = page(alice, OFFICE).replace("\N{NO-BREAK SPACE}", " ")

    numbers = [int(one) for one in re.findall(r'figure-number">(\d+)<', text)]
    assert numbers == [5, 4, 3, 1, 3]  # in sync, on their way, asked, refused, not in sync
    assert "Together these are 16 contacts: 8 in both lists, 4 in Clio only, 4 in Outlook" in text
    assert sum(numbers) == 16
    assert ">5 minutes ago</time>: 2 added to Clio." in text
    assert "Next run in 40 minutes." in text


@pytest.mark.parametrize(
    ("show", "names"),
    [
        ("in_sync", {"fine"}),
        ("coming", {"edited", "arrived", "new Baker"}),
        ("home", {"Shell Ltd"}),
        ("gone", {"gone"}),
    ],
)
def test_each_pile_has_a_list(alice, page, connect, person, pair, show, names):
    connection = connect(alice, state="on")
    Contact.objects.create(kind="company", name="Shell Ltd", from_company_name=True)
    connection.seen = Contact.objects.get().revision
    connection.save()
    pair(connection, "fine")
    edited = pair(connection, "edited")
    Contact.objects.filter(pk=edited.contact_id).update(job_title="Judge")
    pair(connection, "gone", there=False, state="gone")
    row = {"scalars": {"first_name": "arrived"}, "sets": {}}
    connection.mirror.create(remote_id="arrived", values=row)
    person("new")

    text = page(alice, f"{CONTACTS}list/?show={show}")

    assert set(re.findall(r"<h2>(?:<a [^>]*>)?<bdi>(.*?)</bdi>", text)) == names


def test_a_run_that_did_nothing_is_no_news(alice, page, connect, ran):
    connection = connect(alice, state="on")
    ran(connection)

    text = page(alice, OFFICE)

    assert "No run has changed anything yet." in text


def test_the_winner_of_a_conflict_is_the_owners_choice(alice, connect, press):
    connection = connect(alice)

    text = press(alice, f"{CONTACTS}winner/", winner="newest")

    connection.refresh_from_db()
    assert connection.winner == "newest"
    assert "Saved." in text
    assert '<option value="newest" selected>' in text


def test_there_are_only_three_winners(alice, connect, press):
    connection = connect(alice)

    text = press(alice, f"{CONTACTS}winner/", winner="nobody")

    connection.refresh_from_db()
    assert connection.winner == "here"
    assert "Choose one of the three." in text


def test_the_page_takes_a_constant_number_of_queries(
    alice, client, connect, ran, person, django_assert_max_num_queries
):
    connection = connect(alice, state="on")
    for number in range(8):
        ran(connection, added_here=number, message="x")
        for state in ("linked", "held", "gone"):
            connection.links.create(contact=person("Anna"), state=state, group=f"g{number}")
    client.force_login(alice)

    with django_assert_max_num_queries(12):
        client.get(OFFICE)
