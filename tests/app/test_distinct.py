"""Pairs that are not the same, as a person said."""

from __future__ import annotations

import pytest
from django.db import IntegrityError

from contacts_sync.models import Connection, Contact, Distinct, ExternalLink
from contacts_sync.store import distinct

pytestmark = pytest.mark.django_db


@pytest.fixture
def twins():
    return [Contact.objects.create(first_name="Anna", last_name="Berg") for _ in range(2)]


@pytest.fixture
def mailbox(django_user_model):
    owner = django_user_model.objects.create_user("mia")
    return Connection.objects.create(owner=owner, tenant_id="firm", object_id="1", username="mia@x")


def test_two_contacts_are_told_apart_once_whoever_comes_first(twins):
    first, second = twins

    distinct.tell_apart(second, first, None)
    distinct.tell_apart(first, second, None)

    assert distinct.pairs() == {(first.pk, second.pk)}
    assert Distinct.objects.count() == 1


def test_what_was_said_of_an_outlook_contact_holds_for_what_it_becomes(twins, mailbox):
    first, second = twins
    distinct.tell_apart_there(second, mailbox, "there-1", None)
    assert distinct.pairs() == set()

    ExternalLink.objects.create(connection=mailbox, contact=first, remote_id="there-1")

    assert distinct.pairs_there(mailbox) == {(second.pk, "there-1")}
    assert distinct.pairs() == {(first.pk, second.pk)}


def test_a_pair_is_of_two_and_in_order(twins):
    first, second = twins
    with pytest.raises(IntegrityError):
        Distinct.objects.create(contact=second, other=first)
