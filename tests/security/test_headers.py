"""What every answer says to the browser, whichever door gave it: from the table of all doors."""

from __future__ import annotations

import re

import pytest
from django.db import transaction

from tests.security.doors import address, table
from tests.security.people import everybody, everything

INLINE = re.compile(
    rb"<script(?![^>]*\b(?:src=|type=\"(?:application/json|speculationrules)))|\son\w+=|javascript:"
)


@pytest.fixture
def people(db):
    return everybody()


@pytest.mark.parametrize("who", ["superuser", "owner", None])
def test_every_door_answers_with_a_policy_and_no_code_of_its_own(client, people, who):
    rows = everything(people)
    asked = 0
    if who:
        client.force_login(people[who])
    cookies = client.cookies.copy()
    for route in table():
        with transaction.atomic():
            answer = client.get(address(route, rows))
            transaction.set_rollback(True)
        client.cookies = cookies.copy()
        asked += 1
        policy = answer.headers.get("Content-Security-Policy", "")
        scripts = re.search(r"script-src ([^;]*)", policy) or re.search(
            "default-src ([^;]*)", policy
        )
        assert scripts, route
        assert set(scripts[1].split()) <= {"'self'", "'unsafe-eval'"}, route
        assert "unsafe-eval" not in policy or route.startswith("admin/"), route
        assert "frame-ancestors 'none'" in policy, route
        assert answer.headers["X-Content-Type-Options"] == "nosniff", route
        assert answer.headers["Referrer-Policy"] == "same-origin", route
        if not answer.streaming and answer.headers.get("Content-Type", "").startswith("text/html"):
            assert not INLINE.search(answer.content), (route, INLINE.search(answer.content))
    assert asked > 150
