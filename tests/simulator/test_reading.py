"""Contacts are read back with all the oddities of the real service."""

from __future__ import annotations

import pytest

from tests.simulator.conftest import ANNA, Graph


def test_me_says_who_the_account_is(graph):
    me = graph.get("/me").json()

    assert me["userPrincipalName"] == me["mail"] == ANNA
    assert me["displayName"] == "Anna Berg"
    assert len(me["id"]) == 36
    chosen = graph.get("/me", params={"$select": "id,mail"}).json()
    assert set(chosen) == {"@odata.context", "id", "mail"}


def test_the_account_is_found_under_users_too_and_others_are_closed(sim, graph):
    sim.add_account("bob@firm.example")

    own = graph.get(f"/users/{sim.accounts[ANNA].object_id}/contacts")
    named = graph.get(f"/users/{ANNA}/contacts")
    other = graph.get("/users/bob@firm.example/contacts")
    nobody = graph.get("/users/nobody@firm.example/contacts")

    assert (own.status_code, named.status_code) == (200, 200)
    assert (other.status_code, other.json()["error"]["code"]) == (403, "ErrorAccessDenied")
    assert (nobody.status_code, nobody.json()["error"]["code"]) == (404, "ErrorInvalidUser")


def test_unset_text_is_null_or_empty_within_one_contact_and_stays_so(graph, mailbox):
    contact = mailbox.put({"givenName": "Pavel"})

    first = graph.get(f"/me/contacts/{contact}").json()
    second = graph.get(f"/me/contacts/{contact}").json()

    unset = {first[name] for name in ("surname", "jobTitle", "department", "title", "manager")}
    assert unset == {None, ""}
    assert first["personalNotes"] == ""
    assert first == second


def test_unset_collections_addresses_and_slots(graph, mailbox):
    contact = graph.get(f"/me/contacts/{mailbox.put({'givenName': 'Pavel'})}").json()

    assert contact["businessPhones"] == contact["emailAddresses"] == contact["categories"] == []
    assert contact["homeAddress"] == {}
    assert "primaryEmailAddress" not in contact


def test_an_address_shows_only_its_parts(graph, mailbox):
    address = {"street": "Way 1", "city": "", "state": None, "postalCode": "10115"}
    contact = mailbox.put({"givenName": "P", "homeAddress": address})

    read = graph.get(f"/me/contacts/{contact}").json()["homeAddress"]

    assert read == {"street": "Way 1", "postalCode": "10115"}


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("1974-07-22", "1974-07-22T11:59:00Z"),
        ("1974-07-22T00:00:00Z", "1974-07-22T11:59:00Z"),
        ("1974-07-22T23:30:00-05:00", "1974-07-23T11:59:00Z"),
        ("1604-02-29T11:59:00Z", "1604-02-29T11:59:00Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
    ],
)
def test_a_birthday_reads_as_a_minute_before_noon(graph, mailbox, written, read):
    contact = mailbox.put({"givenName": "P", "birthday": written})

    assert graph.get(f"/me/contacts/{contact}").json()["birthday"] == read


def test_notes_are_cut_in_lists_and_whole_by_id(graph, mailbox):
    contact = mailbox.put({"givenName": "P", "personalNotes": "n" * 300})

    listed = graph.get("/me/contacts").json()["value"][0]
    rows, _ = graph.round()
    single = graph.get(f"/me/contacts/{contact}").json()

    assert len(listed["personalNotes"]) == len(rows[0]["personalNotes"]) == 256
    assert len(single["personalNotes"]) == 300


def test_the_etag_is_the_change_key_and_changes_with_each_write(graph, mailbox):
    contact = mailbox.put({"givenName": "P"})
    before = graph.get(f"/me/contacts/{contact}").json()

    after = graph.patch(f"/me/contacts/{contact}", {"jobTitle": "Clerk"}).json()

    assert before["@odata.etag"] == f'W/"{before["changeKey"]}"'
    assert after["@odata.etag"] == f'W/"{after["changeKey"]}"' != before["@odata.etag"]


def test_ids_come_in_two_forms_and_moves_change_only_the_long_one(graph, mailbox):
    immutable = mailbox.put({"givenName": "P"})
    long_id = graph.get(f"/me/contacts/{immutable}", headers={"Prefer": ""}).json()["id"]

    mailbox.move(immutable, "Private")

    assert len(immutable) == 72 and len(long_id) >= 140
    assert immutable.endswith("=") and long_id.endswith("=")
    assert {"-", "_"} <= set(immutable)
    assert graph.get(f"/me/contacts/{immutable}").json()["id"] == immutable
    gone = graph.get(f"/me/contacts/{long_id}")
    assert (gone.status_code, gone.json()["error"]["code"]) == (404, "ErrorItemNotFound")
    now = graph.get(f"/me/contacts/{immutable}", headers={"Prefer": ""}).json()["id"]
    assert now != long_id
    assert graph.get(f"/me/contacts/{now}").json()["id"] == immutable


def test_ids_are_case_sensitive_and_some_differ_by_case_only(graph, mailbox):
    ids = [mailbox.put({"givenName": f"P{number}"}) for number in range(4)]

    assert len({text.lower() for text in ids}) < len(set(ids)) == 4
    for number, remote_id in enumerate(ids):
        assert graph.get(f"/me/contacts/{remote_id}").json()["givenName"] == f"P{number}"


def test_the_preference_is_echoed(graph, mailbox):
    answer = graph.get("/me/contacts", headers={"Prefer": 'IdType="ImmutableId"'})

    assert answer.headers["Preference-Applied"] == 'IdType="ImmutableId"'
    assert "Preference-Applied" not in graph.get("/me/contacts", headers={"Prefer": ""}).headers


def test_nonsense_ids_are_malformed_and_unknown_ones_not_found(graph):
    nonsense = graph.get("/me/contacts/abc")
    unknown = graph.get(f"/me/contacts/{'A' * 71}=")

    assert (nonsense.status_code, nonsense.json()["error"]["code"]) == (
        400,
        "ErrorInvalidIdMalformed",
    )
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, "ErrorItemNotFound")


def test_every_answer_carries_request_ids_and_a_date(graph):
    fine = graph.get("/me", headers={"client-request-id": "mine"})
    wrong = graph.get("/me/contacts/abc", headers={"client-request-id": "mine"})

    for answer in (fine, wrong):
        assert answer.headers["client-request-id"] == "mine"
        assert len(answer.headers["request-id"]) == 36
        assert answer.headers["Date"].endswith("GMT")
    assert wrong.json()["error"]["innerError"]["client-request-id"] == "mine"


def test_a_percent_encoded_equals_sign_may_get_lost(sim, graph, mailbox):
    encoded = mailbox.put({"givenName": "P"}).replace("=", "%3D")
    assert graph.get(f"/me/contacts/{encoded}").status_code == 200

    sim.behaviour.encoded_equals_lost = True

    assert graph.get(f"/me/contacts/{encoded}").status_code == 404


def test_a_contact_in_deleted_items_is_found_there_by_its_immutable_id(sim, graph, mailbox):
    contact = mailbox.put({"givenName": "P"})
    before = graph.get(f"/me/contacts/{contact}").json()["parentFolderId"]

    mailbox.remove(contact)

    assert graph.get(f"/me/contacts/{contact}").json()["parentFolderId"] != before
    sim.behaviour.deleted_readable = False
    assert graph.get(f"/me/contacts/{contact}").status_code == 404


def test_an_account_without_a_mailbox_is_told_so_until_it_gets_one(sim, session):
    account = sim.add_account("new@firm.example", mailbox=False)
    graph = Graph(session, sim.access_token("new@firm.example"))

    refused = graph.get("/me/contacts")
    account.mailbox = True

    assert (refused.status_code, refused.json()["error"]["code"]) == (
        404,
        "MailboxNotEnabledForRESTAPI",
    )
    assert graph.get("/me/contacts").status_code == 200


def test_tokens_are_checked(sim, session, graph, clock):
    nothing = session.get("https://graph.microsoft.com/v1.0/me")
    nonsense = Graph(session, "nonsense").get("/me")
    reading = Graph(session, sim.access_token(ANNA, "Contacts.Read"))
    clock.sleep(3601)
    expired = graph.get("/me")

    assert nothing.json()["error"]["code"] == "InvalidAuthenticationToken"
    assert nonsense.status_code == expired.status_code == 401
    assert "expired" in expired.json()["error"]["message"]
    clock.sleep(-3601)
    assert reading.get("/me/contacts").status_code == 200
    assert reading.post("/me/contacts", {"givenName": "P"}).status_code == 403


def test_unknown_addresses_and_methods_are_not_supported(graph, mailbox):
    contact = mailbox.put({"givenName": "P"})

    for method, path in [
        ("PATCH", "/me/contacts"),
        ("PUT", f"/me/contacts/{contact}"),
        ("GET", "/me/messages"),
        ("GET", f"/me/contacts/{contact}/photo/$value"),
    ]:
        answer = graph.call(method, path, {} if method != "GET" else None)
        assert answer.status_code == 405, path
        assert answer.json()["error"]["code"] == "ErrorInvalidRequest"
