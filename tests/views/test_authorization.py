"""Authorize an account, come back from Microsoft, disconnect, and use another account."""

from __future__ import annotations

import pytest

from contacts_sync.connections import Refused
from tests.views.conftest import OFFICE

pytestmark = pytest.mark.django_db

FLOW = "microsoft365_flow"
CONSENT = "https://login.example/adminconsent?client_id=1&x=2"


def test_authorize_sends_the_browser_to_microsoft_and_remembers_the_flow(client, alice, below):
    client.force_login(alice)

    response = client.post(f"{OFFICE}authorize/")

    assert response.url == "https://login.example/authorize"
    assert client.session[FLOW]["state"] == "st"
    assert below.calls == [("begin_authorization", f"http://testserver{OFFICE}callback/")]


def test_a_second_press_begins_again(client, alice):
    client.force_login(alice)

    client.post(f"{OFFICE}authorize/")
    response = client.post(f"{OFFICE}authorize/")

    assert response.url == "https://login.example/authorize"


def test_when_microsoft_cannot_be_asked_the_page_says_so(client, alice, below):
    client.force_login(alice)
    below.refuse = Refused("Microsoft 365 cannot be reached. Try again in a few minutes.")

    response = client.post(f"{OFFICE}authorize/", follow=True)

    assert "Microsoft 365 cannot be reached." in response.content.decode()


def test_the_callback_hands_over_what_microsoft_sent_once_and_hides_it(
    client, alice, connect, below
):
    connect(alice)
    client.force_login(alice)
    client.post(f"{OFFICE}authorize/")

    response = client.get(f"{OFFICE}callback/?code=c0de&state=st")

    assert response.url == OFFICE
    assert FLOW not in client.session
    name, owner, flow, query = below.calls[-1]
    assert (name, owner, flow["state"]) == ("finish_authorization", alice, "st")
    assert query == {"code": "c0de", "state": "st"}
    text = client.get(OFFICE).content.decode()
    assert "You authorized access to the contacts of alice@outlook.example." in text


@pytest.mark.parametrize("query", ["", "?code=c0de&state=st", "?error=access_denied"])
def test_a_callback_without_a_flow_changes_nothing(client, alice, below, query):
    client.force_login(alice)

    response = client.get(f"{OFFICE}callback/{query}", follow=True)

    assert below.calls == []
    assert "This sign-in has expired or was used already." in response.content.decode()


def test_a_callback_is_good_for_one_use(client, alice, connect, below):
    connect(alice)
    client.force_login(alice)
    client.post(f"{OFFICE}authorize/")
    client.get(f"{OFFICE}callback/?code=c0de&state=st")

    client.get(f"{OFFICE}callback/?code=c0de&state=st")

    assert below.names.count("finish_authorization") == 1


def test_a_flow_belongs_to_the_session_that_began_it(client, alice, bob, below):
    client.force_login(alice)
    client.post(f"{OFFICE}authorize/")
    client.logout()
    client.force_login(bob)

    client.get(f"{OFFICE}callback/?code=c0de&state=st")

    assert "finish_authorization" not in below.names


def test_a_refusal_is_a_sentence_on_the_page_and_is_said_once(client, alice, below):
    client.force_login(alice)
    client.post(f"{OFFICE}authorize/")
    below.refuse = Refused("This account has no <mailbox>.")

    text = client.get(f"{OFFICE}callback/?code=c&state=wrong", follow=True).content.decode()
    again = client.get(OFFICE).content.decode()

    assert "This account has no &lt;mailbox&gt;." in text
    assert "Authorize Office 365 Access" in text
    assert "Ask your administrator" not in text
    assert "could not be authorized" not in again


def test_withheld_consent_offers_the_link_for_the_administrator(client, alice, below):
    client.force_login(alice)
    client.post(f"{OFFICE}authorize/")
    below.refuse = Refused("Your organization withholds consent.", CONSENT)

    text = client.get(f"{OFFICE}callback/?error=consent_required", follow=True).content.decode()

    assert "Ask your administrator" in text
    assert f'href="{CONSENT.replace("&", "&amp;")}"' in text


def test_the_administrators_agreement_is_told_and_is_no_sign_in(client, alice, below):
    client.force_login(alice)

    response = client.get(f"{OFFICE}callback/?admin_consent=True&tenant=t&state=st", follow=True)

    assert "The administrator has agreed." in response.content.decode()
    assert below.calls == []


def test_a_refusal_is_also_told_to_somebody_who_is_connected(client, alice, connect, below):
    connect(alice, state="on", problem="sign_in")
    client.force_login(alice)
    client.post(f"{OFFICE}authorize/")
    below.refuse = Refused("You signed in as bob@x, but this is the connection of alice@x.")

    text = client.get(f"{OFFICE}callback/?code=c&state=st", follow=True).content.decode()

    assert "You signed in as bob@x" in text


def test_disconnecting_is_explained_before_it_is_done(alice, connect, page, press, below):
    connection = connect(alice, state="on")

    text = page(alice, f"{OFFICE}disconnect/")

    assert "no contact is deleted" in text
    assert below.calls == []
    assert "is disconnected" in press(alice, f"{OFFICE}disconnect/")
    assert below.calls == [("disconnect", connection)]


def test_disconnecting_twice_does_it_once(alice, connect, press, below):
    connect(alice, state="disconnected")

    text = press(alice, f"{OFFICE}disconnect/")

    assert below.calls == []
    assert "is disconnected" in text


def test_after_disconnecting_the_same_or_another_account_can_be_used(alice, connect, page):
    connect(alice, state="disconnected")

    text = page(alice, OFFICE)

    assert "alice@outlook.example is disconnected" in text
    assert "Authorize Office 365 Access" in text
    assert "Use another account" in text
    assert "You are currently authorized" not in text


def test_using_another_account_is_explained_before_the_old_one_is_released(
    alice, connect, person, page, press, below
):
    connection = connect(alice, state="on")
    connection.links.create(contact=person("Anna"), state="linked")

    text = page(alice, f"{OFFICE}another-account/")

    assert "(1 contact)" in text
    assert "No contact is deleted" in text
    assert below.calls == []
    assert "Now authorize the other account." in press(alice, f"{OFFICE}another-account/")
    assert below.calls == [("retire", connection)]


@pytest.mark.parametrize("path", ["disconnect/", "another-account/"])
def test_without_a_connection_there_is_nothing_to_take_away(alice, press, below, path):
    text = press(alice, f"{OFFICE}{path}")

    assert "Authorize a Microsoft 365 account first." in text
    assert below.calls == []
