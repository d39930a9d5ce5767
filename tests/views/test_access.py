"""Who may see and press what: everybody only their own, nobody by accident."""

from __future__ import annotations

import pytest
from django.urls import reverse

pytestmark = pytest.mark.django_db

PAGES = [
    "settings",
    "contact_and_calendar_sync",
    "office365",
    "office365_callback",
    "office365_disconnect",
    "office365_another_account",
    "office365_preview",
    "office365_decisions",
    "office365_missing",
    "office365_problems",
    "office365_history",
]
BUTTONS = [
    "office365_authorize",
    "office365_start",
    "office365_stop",
    "office365_sync_now",
    "office365_winner",
    "office365_leave_out",
    "office365_take_back_in",
    "office365_answer",
    "office365_link",
    "office365_keep_both",
    "office365_leave_out_group",
    "office365_put_back",
]
BOTH = ["office365_preview", "office365_disconnect", "office365_another_account"]


def test_the_addresses_are_the_promised_ones():
    office = "/settings/contact-and-calendar-sync/office365/"

    assert reverse("settings") == "/settings/"
    assert reverse("contact_and_calendar_sync") == "/settings/contact-and-calendar-sync/"
    assert reverse("office365") == office
    assert reverse("office365_authorize") == f"{office}authorize/"
    assert reverse("office365_callback") == f"{office}callback/"
    assert reverse("office365_preview") == f"{office}contacts/preview/"
    assert reverse("office365_start") == f"{office}contacts/start/"
    assert reverse("office365_stop") == f"{office}contacts/stop/"
    assert reverse("office365_sync_now") == f"{office}contacts/sync-now/"
    assert reverse("office365_disconnect") == f"{office}disconnect/"
    assert (reverse("healthz"), reverse("readyz")) == ("/healthz", "/readyz")


@pytest.mark.parametrize("name", PAGES)
def test_a_page_asks_strangers_to_sign_in(client, name):
    response = client.get(reverse(name))

    assert response.status_code == 302
    assert response.url.startswith(reverse("account_login"))


@pytest.mark.parametrize("name", BUTTONS + BOTH)
def test_a_button_asks_strangers_to_sign_in(client, below, name):
    response = client.post(reverse(name))

    assert response.url.startswith(reverse("account_login"))
    assert below.calls == []


@pytest.mark.parametrize("name", BUTTONS)
def test_nothing_changes_by_following_a_link(client, alice, connect, below, name):
    connect(alice, state="on")
    client.force_login(alice)

    response = client.get(reverse(name))

    assert response.status_code == 405
    assert below.calls == []


@pytest.mark.parametrize("name", sorted({*PAGES, "office365_progress"} - {*BOTH}))
def test_a_page_takes_no_post(client, alice, connect, name):
    connect(alice)
    client.force_login(alice)

    assert client.post(reverse(name)).status_code == 405


@pytest.mark.parametrize("name", PAGES)
def test_a_page_shows_nothing_of_another_persons_mailbox(
    client, alice, bob, connect, ran, person, name
):
    theirs = connect(alice, state="on", problem="failing", problem_text="a secret of Alice")
    ran(theirs, added_here=4321, message="a secret of Alice")
    for state in ("held", "gone", "apart"):
        theirs.links.create(contact=person("Secret"), state=state, name="Secret", problem="Secret")
    client.force_login(bob)

    text = client.get(reverse(name), follow=True).content.decode()

    assert "alice" not in text.lower()
    assert "secret" not in text.lower()
    assert "4,321" not in text


def test_another_persons_run_link_row_and_guard_are_not_found(
    client, alice, bob, connect, ran, person, below
):
    theirs = connect(alice, state="on")
    run = ran(theirs)
    change = run.changes.create(
        connection=theirs, action="add", side="here", status="held", guard="arrivals"
    )
    mirror = theirs.mirror.create(remote_id="r1")
    link = theirs.links.create(contact=person("Anna"), state="gone", name="Anna")
    held = theirs.links.create(mirror=mirror, remote_id="r1", state="held", group="g1")
    connect(bob, state="on")
    client.force_login(bob)

    statuses = [
        client.get(reverse("office365_run", args=[run.pk])).status_code,
        client.get(reverse("office365_guard", args=["arrivals"])).status_code,
        client.post(
            reverse("office365_link"), {"contact": link.contact_id, "remote": mirror.pk}
        ).status_code,
    ]
    client.post(reverse("office365_leave_out"), {"change": change.pk})
    client.post(reverse("office365_put_back"), {"link": link.pk})
    client.post(reverse("office365_take_back_in"), {"link": link.pk})
    client.post(reverse("office365_keep_both"), {"group": held.group})
    client.post(reverse("office365_leave_out_group"), {"group": f"link-{held.pk}"})
    client.post(
        reverse("office365_answer"), {"guard": "arrivals", "upto": change.pk, "answer": "approve"}
    )

    assert statuses == [404] * 3
    assert set(below.names) <= {"approve"}  # and that one was about no row
    assert [call[1].count() for call in below.calls] in ([], [0])


@pytest.mark.parametrize("number", ["", "x", "-1", "9" * 40, "1; DROP", "²"])
def test_a_mangled_number_finds_nothing(client, alice, connect, below, number):
    connect(alice, state="on")
    client.force_login(alice)

    leave = client.post(reverse("office365_leave_out"), {"change": number})
    link = client.post(reverse("office365_link"), {"contact": number, "remote": number})
    back = client.post(reverse("office365_put_back"), {"link": number})

    assert leave.status_code == 302
    assert link.status_code in (302, 404)
    assert back.status_code == 302
    assert below.calls == []


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"]
)
def test_a_form_does_not_lead_to_other_sites(client, alice, connect, target):
    connect(alice, state="on")
    client.force_login(alice)

    response = client.post(reverse("office365_put_back"), {"link": 1, "next": target})

    assert response.url == reverse("office365_missing")


def test_no_page_stays_in_the_browser_after_signing_out(client, alice, connect):
    connect(alice, state="on")
    client.force_login(alice)

    assert "no-store" in client.get(reverse("office365")).headers["Cache-Control"]


@pytest.mark.parametrize("name", PAGES)
def test_pages_hold_no_inline_code(client, alice, connect, ran, name):
    connection = connect(alice, state="on")
    connection.runs.create(kind="sync", trigger="owner", status="running", step="apply", planned=9)
    client.force_login(alice)

    text = client.get(reverse(name), follow=True).content.decode()

    assert " style=" not in text
    assert "onclick" not in text
    assert "<script>" not in text
