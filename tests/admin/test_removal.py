"""Deleting contacts, the trash, and the way back."""

from __future__ import annotations

import pytest
from django.contrib.messages import get_messages
from django.urls import reverse

from contacts_sync.models import Contact, SyncChange

pytestmark = pytest.mark.django_db

LIST = "admin:contacts_sync_contact_changelist"


@pytest.fixture
def copies(anna, connect, link):
    """Anna is in two mailboxes; the first is given."""
    mailbox = connect()
    link(mailbox, anna)
    link(connect("operator"), anna)
    return mailbox


def delete_url(contact):
    return reverse("admin:contacts_sync_contact_delete", args=[contact.pk])


def test_the_page_says_whose_mailboxes_it_reaches(enter, anna, copies):
    page = enter("operator").get(delete_url(anna)).content.decode()

    assert "<b>2 copies in Outlook</b> will be moved to Deleted Items" in page
    assert f"{copies}: 1" in page
    assert "Remove here, leave in Outlook" in page


def test_the_page_for_many_says_it_too(enter, anna, copies):
    data = {"action": "delete_selected", "_selected_action": [anna.pk]}

    page = enter("operator").post(reverse(LIST), data).content.decode()

    assert f"{copies}: 1" in page
    assert Contact.objects.alive().exists()


def test_deleting_means_the_trash_and_is_recorded(enter, anna, people):
    answer = enter("operator").post(delete_url(anna), {"post": "yes"})

    change = SyncChange.objects.get()
    assert Contact.objects.trashed().get() == anna
    assert (change.action, change.actor) == ("delete", people["operator"])
    assert "in the trash" in " ".join(map(str, get_messages(answer.wsgi_request)))


def test_remove_here_leaves_the_copies_in_outlook(enter, anna, connect, link, people):
    pair = link(connect(), anna)

    enter("operator").post(delete_url(anna), {"post": "yes", "leave": "yes"})

    pair.refresh_from_db()
    change = SyncChange.objects.get()
    assert Contact.objects.trashed().get() == anna
    assert pair.state == "apart"
    assert (change.actor, change.reason) == (people["operator"], "The copies in Outlook stay.")


def test_deleting_many_across_pages(enter):
    for index in range(60):
        Contact.objects.create(first_name=f"Person {index}")
    first = Contact.objects.first()
    data = {
        "action": "delete_selected",
        "_selected_action": [first.pk],
        "select_across": "1",
        "post": "yes",
    }

    enter("operator").post(reverse(LIST), data)

    assert Contact.objects.trashed().count() == 60
    assert SyncChange.objects.filter(action="delete").count() == 60


def test_a_member_needs_the_right_to_delete(enter, anna):
    answer = enter("member").post(delete_url(anna), {"post": "yes"})

    assert answer.status_code == 403
    assert Contact.objects.alive().exists()


def test_the_trash_gives_back(enter, anna, people):
    anna.delete()
    trash = reverse("admin:contacts_sync_contact_trash")
    client = enter("operator")

    shown = client.get(trash)
    client.post(trash, {"action": "restore", "_selected_action": [anna.pk], "post": "yes"})

    assert [row.pk for row in shown.context["cl"].result_list] == [anna.pk]
    assert Contact.objects.alive().get() == anna
    assert SyncChange.objects.get().action == "restore"


def test_a_contact_in_the_trash_is_shown_and_not_edited(enter, anna):
    anna.delete()
    client = enter("operator")
    url = reverse("admin:contacts_sync_contact_change", args=[anna.pk])

    page, saved = client.get(url), client.post(url, {"first_name": "X"})

    assert "In the trash since" in page.content.decode()
    assert saved.status_code == 403
