"""Every page of the admin: who may open it, how many queries it costs, and that it keeps secrets."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.translation import override

from contacts_sync.models import (
    Connection,
    Contact,
    EmailAddress,
    Heartbeat,
    PhoneNumber,
    SyncChange,
    SyncRun,
)

pytestmark = pytest.mark.django_db

EVERYBODY = ("reader", "member", "operator", "administrator", "superuser")
STAFF = ("reader", "operator", "administrator", "superuser")
PAGES = {
    "contact": EVERYBODY,
    "connection": STAFF,
    "syncrun": STAFF,
    "syncchange": STAFF,
    "externallink": STAFF,
    "remotecontact": STAFF,
    "heartbeat": STAFF,
}
ADMINISTRATORS = ("administrator", "superuser")
OTHERS = {
    "admin:auth_user_changelist": ADMINISTRATORS,
    "admin:auth_group_changelist": ADMINISTRATORS,
    "admin:django_q_failure_changelist": ("superuser",),
    "admin:django_q_success_changelist": ("superuser",),
    "admin:django_q_schedule_changelist": ("superuser",),
    "admin:django_q_ormq_changelist": ("superuser",),
    "admin:account_emailaddress_changelist": ("superuser",),
    "admin:socialaccount_socialaccount_changelist": ("superuser",),
    "admin:mfa_authenticator_changelist": ("superuser",),
    "admin:contacts_sync_contact_trash": EVERYBODY,
    "admin:index": EVERYBODY,
}


@pytest.fixture
def rows(anna, connect, link):
    """One row of everything."""
    mailbox = connect(problem=Connection.Problem.SIGN_IN, problem_text="Sign in again.")
    pair = link(mailbox, anna, state="held", reason="Two of them.", group="g")
    run = SyncRun.objects.create(
        connection=mailbox, trigger="owner", status="held", message="Done."
    )
    change = SyncChange.objects.create(
        run=run,
        connection=mailbox,
        contact=anna,
        name="Anna Berg",
        side="here",
        action="update",
        status="held",
        guard="deletions",
        before={"first_name": "Ana"},
        after={"first_name": "Anna"},
        conflict=[{"field": "first_name", "here": "Ana", "there": "Anna", "winner": "here"}],
    )
    beat = Heartbeat.objects.create(name="worker", at="2030-01-01T00:00:00Z")
    found = (anna, mailbox, run, change, pair, pair.mirror, beat)
    return dict(zip(PAGES, found, strict=True))


@pytest.mark.parametrize("role", [*EVERYBODY, "nobody"])
def test_each_role_opens_its_pages_and_no_other(enter, rows, role):
    client = enter(role)
    expected = {reverse(name): role in roles for name, roles in OTHERS.items()}
    for model, roles in PAGES.items():
        expected[reverse(f"admin:contacts_sync_{model}_changelist")] = role in roles
        change = reverse(f"admin:contacts_sync_{model}_change", args=[rows[model].pk])
        expected[change] = role in roles

    answers = {url: client.get(url).status_code for url in expected}

    refused = 302 if role == "nobody" else 403
    assert answers == {url: 200 if may else refused for url, may in expected.items()}


def test_a_stranger_is_sent_to_sign_in(client, rows):
    urls = [reverse(f"admin:contacts_sync_{model}_changelist") for model in PAGES]

    answers = [client.get(url) for url in urls]

    assert {answer.status_code for answer in answers} == {302}
    assert all("login" in answer.url for answer in answers)


def test_no_page_shows_a_credential_a_cursor_or_a_lease(enter, rows):
    client = enter("superuser")
    urls = [reverse(name) for name in OTHERS]
    for model, row in rows.items():
        urls.append(reverse(f"admin:contacts_sync_{model}_changelist"))
        urls.append(reverse(f"admin:contacts_sync_{model}_change", args=[row.pk]))
    urls.append(reverse("admin:contacts_sync_syncrun_export", args=[rows["syncrun"].pk]))

    pages = [client.get(url, follow=True) for url in urls]

    texts = [b"".join(page) if page.streaming else page.content for page in pages]
    assert [url for url, text in zip(urls, texts, strict=True) if b"SECRET" in text] == []


@pytest.mark.parametrize(
    "model", ["syncrun", "syncchange", "externallink", "remotecontact", "heartbeat"]
)
def test_what_the_engine_writes_is_read_only_even_for_a_superuser(enter, rows, model):
    client = enter("superuser")
    page = reverse(f"admin:contacts_sync_{model}_change", args=[rows[model].pk])
    add = reverse(f"admin:contacts_sync_{model}_add")
    delete = reverse(f"admin:contacts_sync_{model}_delete", args=[rows[model].pk])

    answers = [client.post(page, {}), client.get(add), client.post(delete, {"post": "yes"})]

    assert [answer.status_code for answer in answers] == [403, 403, 403]


def test_the_queue_is_read_only_even_for_a_superuser(enter):
    for model in ("failure", "success", "schedule", "ormq"):
        answer = enter("superuser").get(reverse(f"admin:django_q_{model}_add"))
        assert answer.status_code == 403


def test_secrets_of_sign_in_have_no_page():
    names = {model._meta.model_name for model in admin.site._registry}

    assert not names & {"socialapp", "socialtoken", "emailconfirmation"}


def _fill(people, connect, link, number):
    mailbox = Connection.objects.first() or connect()
    for index in range(number):
        contact = Contact.objects.create(
            first_name=f"Person {index}",
            company=Contact.objects.create(kind="company", name="Acme"),
        )
        EmailAddress.objects.create(contact=contact, address="a@x.example")
        PhoneNumber.objects.create(contact=contact, number="555")
        pair = link(mailbox, contact)
        run = SyncRun.objects.create(connection=mailbox, trigger="owner", status="done")
        SyncChange.objects.create(
            run=run,
            connection=mailbox,
            contact=contact,
            link=pair,
            name="x",
            side="here",
            action="update",
            status="failed",
            before={"first_name": "a"},
            after={"first_name": "b"},
            actor=people["operator"],
        )


@pytest.mark.parametrize(
    "page",
    [
        *(f"admin:contacts_sync_{model}_changelist" for model in PAGES),
        "admin:contacts_sync_contact_trash",
        "admin:auth_user_changelist",
        "admin:index",
    ],
)
def test_a_list_of_thirty_costs_as_many_queries_as_a_list_of_one(
    enter, people, connect, link, page
):
    client = enter("superuser")
    url = reverse(page)
    _fill(people, connect, link, 1)
    client.get(url)

    with CaptureQueriesContext(
        database,
    ) as one:
        client.get(url)
    _fill(people, connect, link, 29)
    client.get(url)  # a search for duplicates is remembered until the list changes
    with CaptureQueriesContext(database) as thirty:
        answer = client.get(url)

    assert answer.status_code == 200
    assert len(thirty) == len(one)
    assert len(thirty) < 25


def test_many_connections_cost_no_query_each(enter, people, connect, django_user_model):
    client = enter("superuser")
    url = reverse("admin:contacts_sync_connection_changelist")
    connect()
    client.get(url)

    with CaptureQueriesContext(database) as one:
        client.get(url)
    for index in range(29):
        people[f"m{index}"] = django_user_model.objects.create_user(f"m{index}")
        connect(f"m{index}")
    with CaptureQueriesContext(database) as thirty:
        client.get(url)

    assert len(thirty) == len(one)


@pytest.mark.parametrize(
    ("language", "linked", "number"), [("en", "no", 0), ("de", "no", 0), ("de", "yes", 1)]
)
def test_outlook_contacts_are_filtered_in_every_language(
    enter, connect, link, anna, language, linked, number
):
    link(connect(), anna)
    url = reverse("admin:contacts_sync_remotecontact_changelist")

    page = enter("operator").get(url, {"linked": linked}, headers={"accept-language": language})

    assert len(page.context["cl"].result_list) == number


def test_every_field_that_a_page_names_is_named_in_german():
    unnamed = set()
    for model_admin in admin.site._registry.values():
        model = model_admin.model
        if model._meta.app_label != "contacts_sync":
            continue
        shown = [name for name in model_admin.list_display if isinstance(name, str)]
        for _title, options in getattr(model_admin, "fieldsets", None) or ():
            for row in options["fields"]:
                shown += [row] if isinstance(row, str) else row
        fields = {field.name: field for field in model._meta.get_fields() if field.concrete}
        with override("de"):
            for field in filter(None, map(fields.get, shown)):
                if str(field.verbose_name) == field.name.replace("_", " "):
                    unnamed.add((model.__name__, field.name))

    assert unnamed == set()
