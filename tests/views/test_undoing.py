"""The owner puts back what the sync changed, on his own mailbox and if he may change contacts."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission

from tests.views.conftest import CONTACTS

pytestmark = pytest.mark.django_db

CONFLICT = {"field": "job_title", "here": "Clerk", "there": "Judge", "winner": "there"}


@pytest.fixture
def editor(alice):
    alice.user_permissions.add(Permission.objects.get(codename="change_contact"))
    return alice


@pytest.fixture
def change(alice, connect, ran, person):
    """A run took Anna's new job title from Outlook."""
    connection = connect(alice, state="on")
    run = ran(connection, updated_here=1, conflicts=1)
    contact = person("Anna")
    type(contact).objects.filter(pk=contact.pk).update(job_title="Judge")
    return run.changes.create(
        connection=connection,
        contact=contact,
        name="Anna Baker",
        action="update",
        side="here",
        status="done",
        before={"job_title": "Clerk"},
        after={"job_title": "Judge"},
        conflict=[CONFLICT],
    )


def at(change, what="put-back/"):
    return f"{CONTACTS}history/changes/{change.pk}/{what}"


def test_a_run_offers_to_put_back_to_whoever_may_edit(alice, change, page):
    text = page(alice, f"{CONTACTS}history/{change.run_id}/")
    assert at(change) not in text

    alice.user_permissions.add(Permission.objects.get(codename="change_contact"))
    text = page(alice, f"{CONTACTS}history/{change.run_id}/")
    assert at(change) in text
    assert at(change, "other-value/0/") in text


def test_the_page_says_what_it_will_do_and_does_it(editor, change, page, press):
    asked = page(editor, at(change))
    done = press(editor, at(change))

    change.contact.refresh_from_db()
    assert "Put back Anna Baker?" in asked and "Clerk" in asked
    assert change.contact.job_title == "Clerk"
    assert "Anna Baker: put back." in done
    assert at(change) not in done


def test_the_other_value_is_used(editor, change, page, press):
    asked = page(editor, at(change, "other-value/0/"))
    press(editor, at(change, "other-value/0/"))

    change.contact.refresh_from_db()
    assert "The other value, from Clio" in asked
    assert change.contact.job_title == "Clerk"


@pytest.mark.parametrize("what", ["put-back/", "other-value/0/"])
def test_without_the_right_nothing_is_put_back(alice, change, client, what):
    client.force_login(alice)

    assert client.post(at(change, what)).status_code == 403


@pytest.mark.parametrize("what", ["put-back/", "other-value/0/"])
def test_nobody_puts_back_on_another_mailbox(bob, connect, change, client, what):
    bob.user_permissions.add(Permission.objects.get(codename="change_contact"))
    connect(bob, state="on")
    client.force_login(bob)

    assert client.post(at(change, what)).status_code == 404


def test_a_long_run_costs_as_many_queries_as_a_short_one(
    editor, change, client, django_assert_max_num_queries
):
    for number in range(30):
        change.pk, change.name = None, f"Anna {number}"
        change.save()
    client.force_login(editor)

    with django_assert_max_num_queries(14):
        client.get(f"{CONTACTS}history/{change.run_id}/")
