"""Every action of staff says first what it touches, and does nothing before that is answered."""

from __future__ import annotations

import pytest
from django.contrib.messages import get_messages
from django.urls import reverse

from contacts_sync.models import Connection, Contact, ExternalLink, SyncChange

pytestmark = pytest.mark.django_db
HELD = "/admin/contacts_sync/syncchange/held/"


def press(client, model, action, *rows, post="", page="changelist", **fields):
    url = reverse(f"admin:contacts_sync_{model}_{page}")
    pks = [row.pk for row in rows]
    data = {"action": action, "_selected_action": pks, "post": post, **fields}
    return client.post(url, data)


def told(answer):
    return " ".join(str(message) for message in get_messages(answer.wsgi_request))


# --- mailboxes ---


@pytest.mark.parametrize(
    ("action", "says"),
    [
        ("preview", "Nothing is written to either list."),
        ("sync_now", "brings both lists together"),
        ("resync", "The whole Contacts folder is read again"),
        ("stop", "Both lists stay as they are."),
        ("release", "Nothing is deleted"),
    ],
)
def test_a_button_for_mailboxes_names_them_first(enter, connect, calls, action, says):
    on, retired = connect(), connect("operator", state=Connection.State.RETIRED)

    page = press(enter("administrator"), "connection", action, on, retired)

    text = page.content.decode()
    assert says in text and "mia@mail.example" in text
    assert page.context["question"].total == 1
    assert page.context["question"].left == ["otto@mail.example (retired)"]
    assert calls == []


def test_where_nothing_fits_there_is_no_button(enter, connect, calls):
    page = press(enter("operator"), "connection", "stop", connect(state=Connection.State.STOPPED))

    assert "There is nothing to do" in page.content.decode()
    assert page.context["cannot"]


# --- links and contacts ---


@pytest.mark.parametrize(
    ("action", "fields", "says"),
    [
        ("put_back", {"state": "gone"}, "In Outlook each is created again"),
        ("keep_both", {"state": "held"}, "None of them is linked"),
        ("take_back_in", {"state": "apart"}, "matched like a new one"),
        ("leave_out", {"state": "linked"}, "nothing is deleted"),
        ("try_again", {"problem": "The address is not valid."}, "The address is not valid."),
    ],
)
def test_a_button_for_links_names_them_first(
    enter, connect, link, anna, calls, action, fields, says
):
    pair = link(connect(), anna, **fields)

    page = press(enter("operator"), "externallink", action, pair)

    text = page.content.decode()
    assert says in text and "Anna Berg" in text and "mia@mail.example" in text
    assert calls == []


def test_contacts_are_left_out_of_the_ticked_mailboxes(enter, connect, link, anna):
    first, second = connect(), connect("operator")
    link(first, anna)
    ben = Contact.objects.create(first_name="Ben", last_name="Cole")
    client = enter("operator")

    page = press(client, "contact", "leave_out", anna, ben)
    press(client, "contact", "leave_out", anna, ben, post="yes", choice=[first.pk])

    assert "mia@mail.example: 1 in Outlook, 0 left out already" in page.content.decode()
    assert list(ExternalLink.objects.filter(connection=second)) == []
    found = ExternalLink.objects.filter(connection=first).order_by("contact")
    assert [(one.contact, one.state) for one in found] == [(anna, "apart"), (ben, "apart")]


def test_contacts_are_taken_back_in(enter, connect, link, anna):
    first, second = connect(), connect("operator")
    link(first, anna, state="apart")
    link(second, anna, state="apart")
    client = enter("operator")

    page = press(client, "contact", "take_back_in", anna)
    answer = press(client, "contact", "take_back_in", anna, post="yes", choice=[second.pk])

    assert "Back into which mailboxes?" in page.content.decode()
    states = {one.connection: one.state for one in ExternalLink.objects.all()}
    assert states == {first: "apart", second: "linked"}
    assert "1 contact takes part again." in told(answer)


def test_without_a_mailbox_nobody_is_left_out(enter, connect, anna):
    connect()

    answer = press(enter("operator"), "contact", "leave_out", anna, post="yes")

    assert "Tick at least one mailbox" in told(answer)
    assert not ExternalLink.objects.exists()


def test_a_member_leaves_nobody_out(enter, connect, anna):
    mailbox = connect()

    press(enter("member"), "contact", "leave_out", anna, post="yes", choice=[mailbox.pk])

    assert not ExternalLink.objects.exists()


def test_restoring_says_which_copies_are_there_still(enter, connect, link, anna):
    link(connect(), anna, state="deleting")
    anna.delete()

    page = press(enter("operator"), "contact", "restore", anna, page="trash")

    anna.refresh_from_db()
    assert "mia@mail.example" in page.content.decode()
    assert anna.deleted_at is not None


# --- what is held ---


@pytest.fixture
def deletions(connect, link, anna):
    """Two deletions that a guard holds in Mia's mailbox."""
    mailbox = connect()
    pair = link(mailbox, anna)
    for name in ("Anna Berg", "Ben Cole"):
        SyncChange.objects.create(
            connection=mailbox,
            link=pair,
            name=name,
            side="there",
            action="delete",
            status="held",
            guard="deletions",
        )
    return mailbox


def test_staff_see_the_question_and_what_each_answer_does(enter, deletions):
    text = enter("operator").get(HELD).content.decode()

    assert "Unusually many contacts are to be deleted in Outlook" in text
    assert "Each comes back from the trash now." in text
    assert "Each is deleted with the next run, and is then in Deleted Items." in text
    assert "Ben Cole, Anna Berg" in text


@pytest.mark.parametrize(("given", "status"), [("approve", "approved"), ("dismiss", "dismissed")])
def test_an_answer_is_asked_once_more_and_covers_what_was_listed(enter, deletions, given, status):
    client = enter("operator")
    url = f"{HELD}{deletions.pk}/deletions/{given}/"

    page = client.get(url)
    upto = dict(page.context["question"].hidden)["upto"]
    later = SyncChange.objects.create(
        connection=deletions, side="there", action="delete", status="held", guard="deletions"
    )
    answer = client.post(url, {"post": "yes", "upto": upto})

    assert "Ben Cole" in page.content.decode()
    assert "2 changes" in told(answer)
    assert SyncChange.objects.filter(status=status).count() == 2
    later.refresh_from_db()
    assert later.status == "held"


def test_held_changes_of_a_list_are_asked_about_too(enter, deletions, calls):
    held = SyncChange.objects.first()

    page = press(enter("operator"), "syncchange", "approve", held)

    assert "is then in Deleted Items" in page.content.decode()
    assert calls == []


def test_a_reader_sees_the_question_and_cannot_answer(enter, deletions):
    client = enter("reader")

    assert "Restore them" not in client.get(HELD).content.decode().replace("<b>Restore them", "")
    url = f"{HELD}{deletions.pk}/deletions/approve/"
    assert client.get(url).status_code == 403
    assert client.post(url, {"post": "yes", "upto": 99}).status_code == 403


def test_who_belongs_together_is_asked_side_by_side(enter, connect, link, anna):
    mailbox = connect()
    link(mailbox, anna, state="held", group="g")
    link(mailbox, Contact.objects.create(first_name="Anne"), state="held", group="g")

    text = enter("operator").get(HELD).content.decode()

    assert "anna@x.example" in text and "Link these two" in text and "Keep both" in text


def test_nothing_held_is_said(enter):
    assert "Nothing waits for a decision." in enter("operator").get(HELD).content.decode()


@pytest.mark.parametrize("path", ["deletions/maybe/", "unheard-of/approve/"])
def test_no_other_answer_is_taken(enter, deletions, path):
    client = enter("operator")

    answer = client.post(f"{HELD}{deletions.pk}/{path}", {"post": "yes", "upto": 99})

    assert SyncChange.objects.filter(status="held").count() == 2
    assert answer.status_code in (302, 404)
