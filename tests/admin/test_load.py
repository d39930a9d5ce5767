"""What the admin costs: as many queries for a long list as for a short one, and fewer than 30.

    LOAD=20000,50,10000 python -m pytest -s tests/admin/test_load.py

tells queries and milliseconds of every list, page, filter and search with that many contacts,
mailboxes and runs.
"""

from __future__ import annotations

import os

import pytest
from django.core.cache import cache
from django.db import transaction
from django.urls import reverse

from tests.admin.load import fill, measure, pages

pytestmark = pytest.mark.django_db
MOST = 30


@pytest.fixture
def root(client, django_user_model):
    client.force_login(django_user_model.objects.create_superuser("root", "root@firm.example"))
    measure(client, reverse("admin:index"))  # what is read once and kept
    return client


def costs(client, contacts, mailboxes, runs):
    with transaction.atomic():
        fill(contacts, mailboxes, runs)
        cache.clear()
        found = {name: measure(client, url)[0] for name, url in pages()}
        transaction.set_rollback(True)
    return found


def test_no_page_of_the_admin_costs_more_queries_when_there_is_more(root):
    small, large = costs(root, 120, 2, 40), costs(root, 480, 8, 160)

    assert {name: number for name, number in large.items() if number >= MOST} == {}
    grown = {name: (small[name], number) for name, number in large.items() if number > small[name]}
    assert grown == {}


@pytest.mark.skipif("LOAD" not in os.environ, reason="set LOAD to contacts,mailboxes,runs")
def test_tell_what_every_page_costs(root):
    fill(*map(int, os.environ["LOAD"].split(",")))
    cache.clear()

    for name, url in pages():
        queries, took = measure(root, url, 1 if "first" in name else 3)
        print(f"| {name} | {queries} | {took:.0f} |", flush=True)  # noqa: T201  that is its purpose
