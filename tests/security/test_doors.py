"""Every door × everybody: what stands in `doors.txt` is what happens, and nothing is missing there."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.template.response import SimpleTemplateResponse

from contacts_sync import connections
from tests.security.doors import METHODS, address, doors, knock, table
from tests.security.people import PEOPLE, everybody, everything

pytestmark = pytest.mark.django_db

ACTIONS = {
    # model: {action: who finds it in the list}
    "account.emailaddress": {"delete_selected": "superuser"},
    "auth.group": {"delete_selected": "superuser"},
    "auth.user": {
        "delete_selected": "superuser",
        "invite_again": "administrator superuser",
    },
    "contacts_sync.connection": {
        "preview": "operator administrator superuser",
        "sync_now": "operator administrator superuser",
        "resync": "operator administrator superuser",
        "stop": "operator administrator superuser",
        "release": "administrator superuser",
    },
    "contacts_sync.contact": {
        "delete_selected": "operator administrator superuser",
        "export": "operator administrator superuser",
        "merge": "operator administrator superuser",
        "leave_out": "operator administrator superuser",
        "take_back_in": "operator administrator superuser",
    },
    "contacts_sync.externallink": {
        "try_again": "operator administrator superuser",
        "put_back": "operator administrator superuser",
        "keep_both": "operator administrator superuser",
        "take_back_in": "operator administrator superuser",
        "leave_out": "operator administrator superuser",
    },
    "contacts_sync.syncchange": {
        "approve": "operator administrator superuser",
        "dismiss": "operator administrator superuser",
    },
    "mfa.authenticator": {"delete_selected": "superuser"},
    "socialaccount.socialaccount": {"delete_selected": "superuser"},
}


@pytest.fixture
def people(monkeypatch):
    flow = {"auth_uri": "https://login.example/authorize", "state": "st"}
    monkeypatch.setattr(connections, "begin_authorization", lambda uri: flow)
    # Who comes in is asked here, 2,800 times; what the pages look like is asked elsewhere.
    monkeypatch.setattr(SimpleTemplateResponse, "rendered_content", "")
    return everybody()


def test_no_door_is_missing_in_the_table(client, people):
    missing = [route for route in doors() if route not in table()]
    assert not missing, (
        "new addresses. If this is who may open them, add these lines to tests/security/doors.txt:\n"
        + "\n".join(found(client, people, missing))
    )
    assert [route for route in table() if route not in doors()] == [], "an address is gone"


def found(client, people, routes):
    """Say of addresses what the table would say."""
    rows, letters = everything(people), {route: ["", ""] for route in routes}
    for who in PEOPLE:
        client.cookies.clear()
        if people[who]:
            client.force_login(people[who])
        for route in routes:
            for index, method in enumerate(METHODS):
                letters[route][index] += knock(client, method, address(route, rows))
    return [f"{get} {post} {route}".rstrip() for route, (get, post) in letters.items()]


@pytest.mark.parametrize("who", PEOPLE)
def test_each_door_answers_as_the_table_says(client, people, who):
    rows = everything(people)
    if people[who]:
        client.force_login(people[who])

    wrong = {}
    for route, expected in table().items():
        for method, letters in zip(METHODS, expected, strict=True):
            heard = knock(client, method, address(route, rows))
            if heard != letters[PEOPLE.index(who)]:
                wrong[f"{method} {route}"] = f"{letters[PEOPLE.index(who)]} expected, was {heard}"

    assert wrong == {}


def test_each_action_of_the_admin_is_offered_to_those_the_table_names(rf, people):
    offered: dict[str, dict[str, list[str]]] = {}
    for model, model_admin in admin.site._registry.items():
        for who in PEOPLE[3:]:
            request = rf.get("/")
            request.user = people[who]
            for name in model_admin.get_actions(request):
                if model_admin.has_view_permission(request):
                    offered.setdefault(model._meta.label_lower, {}).setdefault(name, []).append(who)

    told = {
        model: {name: " ".join(names) for name, names in actions.items()}
        for model, actions in offered.items()
    }
    assert told == ACTIONS


def test_an_action_that_is_not_offered_is_not_done_either(client, people):
    rows = everything(people)
    actions = {"sync_now": "connection", "approve": "syncchange", "keep_both": "externallink"}

    for who in ("reader", "member"):
        client.force_login(people[who])
        for action, model in actions.items():
            key = rows[f"contacts_sync.{model}"]
            client.post(
                f"/admin/contacts_sync/{model}/", {"action": action, "_selected_action": [key]}
            )

    connection = people["owner"].connections.get()
    assert connection.runs.count() == 1
    assert connection.changes.get().status == "held"
    assert connection.links.get().state == "held"


def test_an_administrator_makes_nobody_a_superuser(client, people):
    client.force_login(people["administrator"])
    mine = f"/admin/auth/user/{people['administrator'].pk}/change/"
    roots = f"/admin/auth/user/{people['superuser'].pk}/"
    fields = {"email": "administrator@firm.example", "is_active": "on", "is_staff": "on"}

    client.post(mine, {**fields, "is_superuser": "on", "user_permissions": "1"})
    changed = client.post(f"{roots}change/", {**fields, "email": "mine@firm.example"})
    password = client.post(
        f"{roots}password/", {"password1": "new horse new", "password2": "new horse new"}
    )

    people["administrator"].refresh_from_db()
    people["superuser"].refresh_from_db()
    assert not people["administrator"].is_superuser
    assert not people["administrator"].user_permissions.exists()
    assert (changed.status_code, password.status_code) == (403, 403)
    assert people["superuser"].email == "superuser@firm.example"
