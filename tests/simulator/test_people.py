"""The pages on which people use the mailboxes and an operator sets the switches."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import quote

import pytest

from contacts_sync.simulator import Fault
from tests.simulator.conftest import ANNA

ORIGIN = "https://login.microsoftonline.com"
HOME = f"{ORIGIN}/people/{ANNA}/"


def filled(page):
    """Read a form's inputs as a browser would send them."""
    fields = {
        name: unescape(value)
        for name, value in re.findall(
            r'<input id="[^"]*" name="([^"]*)"[^>]* value="([^"]*)"', page
        )
    }
    areas = re.findall(r'<textarea id="[^"]*" name="([^"]*)"[^>]*>\n(.*?)</textarea>', page, re.S)
    return fields | {name: unescape(text).replace("\n", "\r\n") for name, text in areas}


def contact_page(session, contact):
    return session.get(f"{HOME}contacts/{quote(contact, safe='=')}").text.split("In the folder")[0]


def test_the_start_page_lists_the_mailboxes(session, mailbox):
    mailbox.put({"givenName": "P"})

    page = session.get(f"{ORIGIN}/")

    assert page.url == f"{ORIGIN}/people/"
    assert f'id="mailbox-{ANNA}"' in page.text and ">1</td>" in page.text


def test_contacts_are_added_with_every_field(session, mailbox):
    form = filled(session.get(f"{HOME}new").text)
    typed = {name: f"T{number}" for number, name in enumerate(form) if name != "fileAs"}
    for number in (1, 2, 3):
        typed[f"emailAddresses-{number}"] = f"p{number}@x.example"
    typed |= {"birthday": "1974-07-22", "personalNotes": "One\r\nTwo", "displayName": ""}

    answer = session.post(f"{HOME}new", typed, allow_redirects=False)

    stored = next(iter(mailbox.contacts.values()))
    assert answer.status_code == 302
    assert [email["address"][:2] for email in stored["emailAddresses"]] == ["p1", "p2", "p3"]
    assert (len(stored["businessPhones"]), len(stored["imAddresses"])) == (2, 3)
    assert set(stored["otherAddress"]) == {
        "street",
        "city",
        "state",
        "postalCode",
        "countryOrRegion",
    }
    assert stored["birthday"] == "1974-07-22T11:59:00Z"
    assert stored["personalNotes"] == "One\nTwo"
    assert stored["displayName"] == " ".join(
        stored[name] for name in ("givenName", "middleName", "surname")
    )


def test_saving_an_untouched_form_changes_nothing(session, mailbox):
    contact = mailbox.put(
        {
            "givenName": 'A "quoted" & <b>',
            "displayName": "Boss",
            "emailAddresses": [{"address": "a@x.example", "name": "Anna"}],
            "homeAddress": {"street": "Line 1\nLine 2", "city": "C"},
            "birthday": "1974-07-22",
            "personalNotes": "\nfirst line empty\n",
        }
    )
    before = mailbox.get(contact)

    form = filled(contact_page(session, contact))
    session.post(f"{HOME}contacts/{contact}", form)

    assert mailbox.get(contact) == before


def test_an_edit_is_seen_by_graph(session, graph, mailbox):
    contact = mailbox.put({"givenName": "Pavel", "surname": "Bansky"})
    form = filled(contact_page(session, contact)) | {"surname": "Novak", "mobilePhone": "1"}

    session.post(f"{HOME}contacts/{contact}", form)

    read = graph.get(f"/me/contacts/{contact}").json()
    assert (read["displayName"], read["mobilePhone"]) == ("Pavel Novak", "1")


def test_contacts_are_deleted_moved_and_duplicated(session, mailbox):
    first, second, third = [mailbox.put({"givenName": f"P{number}"}) for number in range(3)]

    session.post(f"{HOME}contacts/{first}/delete")
    session.post(f"{HOME}contacts/{second}/move", {"folder": "Private"})
    session.post(f"{HOME}contacts/{third}/copy")

    assert list(mailbox.deleted) == [first]
    assert list(mailbox.contacts_in("Private")) == [second]
    assert len(mailbox.contacts) == 2
    assert "P1" in session.get(f"{HOME}?folder=Private").text


def test_contacts_are_searched_and_paged(session, mailbox):
    for number in range(60):
        mailbox.put({"givenName": f"P{number}", "companyName": "Acme" if number == 7 else ""})

    found = session.get(f"{HOME}?q=acme").text
    first = session.get(HOME).text

    assert found.count('<tr id="row-') == 1 and "P7" in found
    assert first.count('<tr id="row-') == 50
    more = unescape(re.search(r'id="more" href="([^"]*)"', first)[1])
    assert session.get(f"{ORIGIN}{more}").text.count('<tr id="row-') == 10


def test_everything_is_escaped(sim, session, mailbox):
    evil = '"><script>alert(1)</script>'
    contact = mailbox.put({"givenName": evil, "personalNotes": f"</textarea>{evil}"})
    mailbox.move(mailbox.put({"givenName": evil}), evil)
    sim.faults = [Fault("reply", path=evil)]
    session.get(f"{ORIGIN}/{quote(evil)}?q={quote(evil)}")

    for path in (
        HOME,
        f"{HOME}?q={quote(evil)}",
        f"{HOME}contacts/{contact}",
        f"{ORIGIN}/simulator/",
    ):
        page = session.get(path if path.startswith("http") else f"{ORIGIN}{path}")
        assert page.status_code == 200
        assert "<script" not in page.text


@pytest.mark.parametrize(
    "path", ["people/nobody@x.example/", f"people/{ANNA}/contacts/abc", "nowhere"]
)
def test_pages_that_are_not_there_say_so(session, path):
    assert session.get(f"{ORIGIN}/{path}").status_code == 404


def test_an_account_without_a_mailbox_has_no_contacts_page(sim, session):
    sim.add_account("new@firm.example", mailbox=False)

    assert "no mailbox" in session.get(f"{ORIGIN}/people/new@firm.example/").text


def test_switches_are_set_on_the_page(sim, session):
    page = session.get(f"{ORIGIN}/simulator/").text
    assert 'name="if_match"' in page and 'name="latency"' in page

    session.post(
        f"{ORIGIN}/simulator/behaviour",
        {"if_match": "ignored", "latency": "0.25", "shuffle_batch": "on", "quota": "5", "set": ""},
    )

    behaviour = sim.behaviour
    assert (behaviour.if_match, behaviour.latency) == ("ignored", 0.25)
    assert (behaviour.shuffle_batch, behaviour.quota) == (True, 5)
    assert session.post(f"{ORIGIN}/simulator/behaviour", {"latency": "x"}).status_code == 400
    assert session.post(f"{ORIGIN}/simulator/behaviour", {"nonsense": "1"}).status_code == 400


def test_accounts_are_added_and_revoked_on_the_page(sim, session, graph):
    session.post(f"{ORIGIN}/simulator/add-account", {"username": "bob@firm.example", "name": "Bob"})
    session.post(f"{ORIGIN}/simulator/revoke", {"username": ANNA})

    assert sim.accounts["bob@firm.example"].name == "Bob"
    assert graph.get("/me").status_code == 401


def test_delta_tokens_are_expired_on_the_page(session, graph):
    _, link = graph.round()

    session.post(f"{ORIGIN}/simulator/expire", {"username": ANNA})

    assert graph.get(link).status_code == 410


def test_the_mailbox_is_taken_and_given_on_the_page(session, graph):
    session.post(f"{ORIGIN}/simulator/mailbox", {"username": ANNA})
    taken = graph.get("/me/contacts").status_code
    session.post(f"{ORIGIN}/simulator/mailbox", {"username": ANNA})

    assert (taken, graph.get("/me/contacts").status_code) == (404, 200)


def test_recent_requests_and_totals_are_shown(sim, session, graph):
    graph.get("/me/contacts")

    assert "/v1.0/me/contacts" in session.get(f"{ORIGIN}/simulator/").text
    assert session.get(f"{ORIGIN}/simulator/totals").json()["graph requests"] == 1
    session.post(f"{ORIGIN}/simulator/forget-requests")
    assert sim.graph_requests() == []
