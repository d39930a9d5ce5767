"""What lets anybody in appears nowhere: not in logs, pages, the queue, errors, and not in the clear."""

from __future__ import annotations

import contextlib
import io
import traceback

import pytest
from django.apps import apps
from django.core.management import call_command
from django.urls import reverse

from contacts_sync import connections
from contacts_sync.models import Connection, SyncRun
from contacts_sync.simulator import Fault, Microsoft365
from tests.security.doors import address, table
from tests.security.flows import Listener, Microsoft, dump, our_secrets, payloads, work_off
from tests.security.people import everybody

pytestmark = pytest.mark.django_db
MODELS = [model.__name__.lower() for model in apps.get_app_config("contacts_sync").get_models()]


@pytest.fixture
def microsoft(monkeypatch):
    sim = Microsoft365(sleep=lambda seconds: None)
    yield Microsoft(sim, monkeypatch)
    sim.close()


@pytest.fixture
def people():
    return everybody()


def assert_keeps(secrets, emitted, where):
    assert secrets, "nothing to look for"
    found = [secret[:12] for secret in secrets if len(secret) > 6 and secret in emitted]
    assert found == [], f"{where} gives away {found}"


def test_a_whole_life_gives_nothing_away(client, people, microsoft):
    pages = []
    with Listener() as log:
        client.force_login(people["owner"])
        pages.append(microsoft.authorize(client))
        mailbox = microsoft.sim.mailbox("owner@contoso.example")
        mailbox.put({"givenName": "Anna", "surname": "Ash"}, "c1")
        client.post(reverse("office365_preview"))
        queue = payloads()
        work_off()
        pages.append(client.get(reverse("office365_preview")))
        client.post(reverse("office365_start"))
        queue += payloads()
        run = work_off()
        assert run.status == SyncRun.Status.DONE, run.message

        connection = Connection.objects.get()
        sealed = {connection.credential, connection.cursor}
        rows = dict.fromkeys((f"contacts_sync.{name}" for name in MODELS), 1)
        rows |= {"contacts_sync.connection": connection.pk, "contacts_sync.syncrun": run.pk}
        for who, start in (("owner", "settings/"), ("superuser", "admin/contacts_sync/")):
            client.force_login(people[who])
            shown = [route for route in table() if route.startswith(start)]
            pages += [client.get(address(route, rows)) for route in shown]

    secrets = microsoft.secrets | our_secrets()
    assert len(microsoft.secrets) > 4
    read = "\n".join(_text(page) for page in pages)
    assert_keeps(secrets | sealed, "\n".join(log.lines), "the log")
    assert_keeps(secrets | sealed, read, "a page")
    assert_keeps(secrets | sealed, queue, "the queue")
    # The cursor is no secret of this kind: it opens nothing without a token.
    assert_keeps({s for s in secrets if s not in connection.cursor}, dump(), "the database")
    assert "Anna" not in "\n".join(log.lines)
    assert "Ash" not in "\n".join(log.lines)


def _text(page):
    body = b"".join(page.streaming_content) if page.streaming else page.content
    headers = " ".join(f"{name}: {value}" for name, value in page.headers.items())
    return f"{headers}\n{body.decode(errors='replace')}"


@pytest.mark.parametrize(
    "query",
    [
        "error=invalid_client&error_description=secret+a-secret-for-tests+expired",
        "code=AN-AUTHORIZATION-CODE&state=wrong",
        "error=server_error&error_description=code%3DAN-AUTHORIZATION-CODE",
    ],
)
def test_a_sign_in_that_fails_says_no_secret(client, people, microsoft, query):
    client.force_login(people["owner"])
    client.post(reverse("office365_authorize"))

    with Listener() as log:
        page = client.get(f"{reverse('office365_callback')}?{query}", follow=True)

    secrets = {"AN-AUTHORIZATION-CODE", *our_secrets()}
    assert_keeps(secrets, "\n".join(log.lines), "the log")
    assert_keeps(secrets, page.content.decode(), "the page")


def test_an_error_page_shows_no_secret_and_no_variable(
    client, people, microsoft, monkeypatch, settings
):
    """With DEBUG off, what goes wrong is logged as where it happened, and shown as a sentence."""
    settings.DEBUG = False
    client.raise_request_exception = False
    client.force_login(people["owner"])
    away = client.post(reverse("office365_authorize"))

    def fail(*_args, **_kwargs):
        token = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln"
        raise RuntimeError(
            f"Bearer {token} refresh_token=AN-OLD-TOKEN client_secret=a-secret-for-tests"
        )

    monkeypatch.setattr(connections.auth, "finish_sign_in", fail)
    with Listener() as log:
        page = client.get(f"{reverse('office365_callback')}?code=A-GOOD-CODE&state={away.url[-8:]}")

    emitted = "\n".join(log.lines)
    assert page.status_code == 500
    assert "RuntimeError" in emitted
    secrets = {"eyJhbGciOiJSUzI1NiJ9", "AN-OLD-TOKEN", "A-GOOD-CODE", *our_secrets()}
    assert_keeps(secrets, emitted, "the log")
    assert_keeps(secrets, page.content.decode(), "the page")


@pytest.mark.parametrize("status", [400, 401, 403, 429, 500, 503])
def test_a_run_that_fails_says_no_secret_and_no_contact(client, people, microsoft, status):
    client.force_login(people["owner"])
    microsoft.authorize(client)
    microsoft.sim.mailbox("owner@contoso.example").put({"givenName": "Zebedee"}, "c1")
    body = {"error": {"code": "Oops", "message": "Zebedee is too long."}}
    microsoft.sim.faults.append(Fault(method="GET", times=None, status=status, body=body))

    with Listener() as log:
        client.post(reverse("office365_preview"))
        run = SyncRun.objects.get()
        with contextlib.suppress(RecursionError):
            for _slice in range(3):
                connections_run(run)
        page = client.get(reverse("office365"))

    emitted = "\n".join(log.lines)
    assert_keeps({*microsoft.secrets, *our_secrets(), "Zebedee"}, emitted, "the log")
    assert_keeps(
        {*microsoft.secrets, *our_secrets()},
        page.content.decode() + str(SyncRun.objects.values()),
        "the page",
    )


def connections_run(run):
    from contacts_sync.run.runner import run_slice

    run.refresh_from_db()
    if run.status in SyncRun.OPEN:
        run_slice(run, connections.open_provider, sleep=lambda seconds: None)


def test_disconnecting_forgets_everything_that_opens_the_mailbox(client, people, microsoft):
    client.force_login(people["owner"])
    microsoft.authorize(client)
    sealed = Connection.objects.get().credential
    assert sealed in dump()

    client.post(reverse("office365_disconnect"))

    assert_keeps({*microsoft.secrets, sealed}, dump(), "the database")


def test_a_run_in_flight_brings_no_credential_back(client, people, microsoft):
    client.force_login(people["owner"])
    microsoft.authorize(client)
    provider = connections.open_provider(Connection.objects.get())

    client.post(reverse("office365_disconnect"))
    with contextlib.suppress(Exception):
        provider._client._api._token(refresh=True)  # what it holds in memory, it may still use

    assert Connection.objects.get().credential == ""


def test_what_is_printed_of_our_objects_holds_no_secret():
    registration = connections.registration()
    shown = f"{registration!r} {registration} {traceback.format_exception_only(ValueError(registration))}"

    assert_keeps(our_secrets(), shown, "repr")


def test_a_dump_of_the_data_holds_no_readable_credential(client, people, microsoft):
    client.force_login(people["owner"])
    microsoft.authorize(client)
    out = io.StringIO()

    call_command("dumpdata", stdout=out)

    assert_keeps({*microsoft.secrets, *our_secrets()}, out.getvalue(), "dumpdata")
