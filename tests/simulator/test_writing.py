"""Contacts are written, refused, composed and cleared like on the real service."""

from __future__ import annotations

import pytest

from tests.simulator.conftest import ANNA


@pytest.fixture
def pavel(graph):
    body = {"givenName": "Pavel", "surname": "Bansky", "jobTitle": "Clerk", "mobilePhone": "1"}
    return graph.post("/me/contacts", body).json()


def test_creating_answers_the_whole_contact(graph, mailbox):
    answer = graph.post("/me/contacts", {"givenName": "Pavel", "surname": "Bansky"})

    contact = answer.json()
    assert answer.status_code == 201
    assert answer.headers["Location"].endswith(contact["id"])
    assert (contact["displayName"], contact["fileAs"]) == ("Pavel Bansky", "Bansky, Pavel")
    assert mailbox.contacts[contact["id"]]["surname"] == "Bansky"


@pytest.mark.parametrize(
    ("name", "property_name", "most"),
    [
        ("businessPhones", "BusinessPhones", 2),
        ("homePhones", "HomePhones", 2),
        ("imAddresses", "ImAddresses", 3),
    ],
)
def test_more_values_than_slots_are_refused(graph, mailbox, name, property_name, most):
    answer = graph.post("/me/contacts", {"givenName": "P", name: ["1"] * (most + 1)})

    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (400, "ErrorInvalidProperty")
    assert error["message"] == (
        f"The multi value property {property_name} has {most + 1} entries, "
        f"that exceeds the max allowed value of {most}."
    )
    assert len(mailbox.contacts) == 0


def test_a_fourth_email_address_is_refused(graph, pavel):
    emails = [{"address": f"p{number}@x.example"} for number in range(4)]

    answer = graph.patch(f"/me/contacts/{pavel['id']}", {"emailAddresses": emails})

    assert answer.json()["error"]["message"] == (
        "The multi value property EmailAddresses has 4 entries, "
        "that exceeds the max allowed value of 3."
    )


@pytest.mark.parametrize(
    "body",
    [
        {"faxNumber": "1"},
        {"gender": "x"},
        {"homeAddress": {"poBox": "1"}},
        {"emailAddresses": [{"address": "a@x.example", "type": "work"}]},
        {"jobTitle": 5},
        {"businessPhones": "1"},
        {"emailAddresses": ["a@x.example"]},
        {"birthday": "soon"},
    ],
)
def test_unknown_names_and_wrong_types_are_not_read(graph, body):
    answer = graph.post("/me/contacts", {"givenName": "P", **body})

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "RequestBodyRead")


def test_an_unknown_name_is_named(graph):
    message = graph.post("/me/contacts", {"pager": "1"}).json()["error"]["message"]

    assert message.startswith(
        "The property 'pager' does not exist on type 'Microsoft.OutlookServices.Contact'."
    )


def test_broken_json_is_refused(graph, session):
    answer = session.post(
        "https://graph.microsoft.com/v1.0/me/contacts", data="{", headers=graph.headers
    )

    assert answer.status_code == 400


def test_what_is_omitted_stays_and_null_clears(graph, pavel):
    after = graph.patch(f"/me/contacts/{pavel['id']}", {"mobilePhone": None}).json()

    assert not after["mobilePhone"]
    assert after["jobTitle"] == "Clerk"


def test_collections_and_addresses_are_replaced_whole(graph, pavel):
    path = f"/me/contacts/{pavel['id']}"
    graph.patch(path, {"businessPhones": ["1", "2"], "homeAddress": {"street": "S", "city": "C"}})

    after = graph.patch(path, {"businessPhones": ["3"], "homeAddress": {"city": "D"}}).json()
    cleared = graph.patch(path, {"businessPhones": [], "homeAddress": {}}).json()
    graph.patch(path, {"homeAddress": {"city": "D"}})

    assert (after["businessPhones"], after["homeAddress"]) == (["3"], {"city": "D"})
    assert (cleared["businessPhones"], cleared["homeAddress"]) == ([], {})
    assert graph.patch(path, {"homeAddress": None}).json()["homeAddress"] == {}


def test_a_display_name_not_sent_follows_the_name_and_file_as_does_not(graph, pavel):
    path = f"/me/contacts/{pavel['id']}"
    graph.patch(path, {"displayName": "The Boss"})

    other = graph.patch(path, {"jobTitle": "Judge"}).json()
    renamed = graph.patch(path, {"surname": "Novak"}).json()
    kept = graph.patch(path, {"surname": "Kral", "displayName": "The Boss"}).json()

    assert other["displayName"] == "The Boss"
    assert (renamed["displayName"], renamed["fileAs"]) == ("Pavel Novak", "Bansky, Pavel")
    assert kept["displayName"] == "The Boss"


def test_a_company_alone_is_shown_by_its_name(graph):
    contact = graph.post("/me/contacts", {"companyName": "Acme"}).json()

    assert (contact["displayName"], contact["fileAs"]) == ("Acme", "Acme")


def test_the_email_slots_are_named_and_can_be_written_alone(graph, pavel):
    path = f"/me/contacts/{pavel['id']}"
    graph.patch(path, {"emailAddresses": [{"address": "a@x.example"}, {"address": "b@x.example"}]})

    third = graph.patch(path, {"tertiaryEmailAddress": {"address": "c@x.example"}}).json()
    gap = graph.patch(path, {"primaryEmailAddress": None}).json()

    assert [e["address"][0] for e in third["emailAddresses"]] == ["a", "b", "c"]
    assert third["primaryEmailAddress"]["address"] == "a@x.example"
    assert [e["address"][0] for e in gap["emailAddresses"]] == ["b", "c"]
    assert "primaryEmailAddress" not in gap
    assert gap["secondaryEmailAddress"]["address"] == "b@x.example"


@pytest.mark.parametrize("text", ["a@x.example,", "not an address", "a@x.example; b@x.example"])
def test_a_malformed_address_survives_as_a_name_only(graph, text):
    contact = graph.post("/me/contacts", {"emailAddresses": [{"address": text}]}).json()

    assert contact["emailAddresses"] == [{"name": text}]


def test_an_address_without_a_name_is_its_own_name(graph):
    body = {"emailAddresses": [{"address": "a@x.example"}, {"address": "/o=ExchangeLabs/cn=1"}]}

    contact = graph.post("/me/contacts", body).json()

    assert contact["emailAddresses"][0] == {"name": "a@x.example", "address": "a@x.example"}
    assert contact["emailAddresses"][1]["address"] == "/o=ExchangeLabs/cn=1"


def test_the_directory_may_override_an_email_name(sim, graph):
    sim.behaviour.email_names_overridden = True

    body = {"emailAddresses": [{"address": ANNA.upper(), "name": "Somebody"}]}

    assert graph.post("/me/contacts", body).json()["emailAddresses"][0]["name"] == "Anna Berg"


def test_text_may_be_trimmed_and_line_breaks_changed(sim, graph):
    plain = graph.post("/me/contacts", {"givenName": " P ", "personalNotes": "a\nb"}).json()
    sim.behaviour.strip_whitespace = sim.behaviour.crlf = True
    changed = graph.post("/me/contacts", {"givenName": " P ", "personalNotes": "a\nb"}).json()

    assert (plain["givenName"], plain["personalNotes"]) == (" P ", "a\nb")
    assert (changed["givenName"], changed["personalNotes"]) == ("P", "a\r\nb")


def test_a_given_name_may_be_required(sim, graph):
    sim.behaviour.given_name_required = True

    answer = graph.post("/me/contacts", {"surname": "Bansky"})

    assert answer.status_code == 400
    assert answer.json()["error"]["message"] == (
        "The property 'GivenName' is required when creating the entity."
    )


def test_if_match_is_enforced_or_ignored(sim, graph, pavel):
    path, old = f"/me/contacts/{pavel['id']}", {"If-Match": pavel["@odata.etag"]}
    first = graph.patch(path, {"jobTitle": "Judge"}, headers=old)

    stale = graph.patch(path, {"jobTitle": "Clerk"}, headers=old)
    stale_delete = graph.delete(path, headers=old)
    sim.behaviour.if_match = "ignored"
    ignored = graph.patch(path, {"jobTitle": "Clerk"}, headers=old)

    assert first.status_code == ignored.status_code == 200
    assert stale.status_code == stale_delete.status_code == 412
    assert stale.json()["error"]["code"] == "ErrorIrresolvableConflict"


def test_another_version_may_follow_a_write_without_a_change(sim, graph, pavel):
    sim.behaviour.extra_version_bump = True
    path = f"/me/contacts/{pavel['id']}"

    answered = graph.patch(path, {"jobTitle": "Judge"}).json()
    read = graph.get(path).json()

    assert answered["changeKey"] != read["changeKey"]
    assert read["jobTitle"] == "Judge"
    assert graph.get(path).json()["changeKey"] == read["changeKey"]


def test_deleting_moves_to_deleted_items_and_permanent_deletion_does_not(graph, mailbox):
    kept, purged = mailbox.put({"givenName": "A"}), mailbox.put({"givenName": "B"})

    assert graph.delete(f"/me/contacts/{kept}").status_code == 204
    assert graph.post(f"/me/contacts/{purged}/permanentDelete", None).status_code == 204

    assert list(mailbox.deleted) == [kept]
    assert graph.get(f"/me/contacts/{purged}").status_code == 404
    assert graph.delete(f"/me/contacts/{purged}").json()["error"]["code"] == "ErrorItemNotFound"


def test_a_minimal_answer_may_be_preferred(graph, pavel):
    prefer = {"Prefer": 'IdType="ImmutableId", return=minimal'}

    answer = graph.patch(f"/me/contacts/{pavel['id']}", {"jobTitle": "Judge"}, headers=prefer)

    assert (answer.status_code, answer.content) == (204, b"")


def test_writing_the_parent_folder_is_ignored_or_moves(sim, graph, mailbox, pavel):
    folder, path = mailbox.folder("Private").id, f"/me/contacts/{pavel['id']}"

    ignored = graph.patch(path, {"parentFolderId": folder}).json()
    sim.behaviour.parent_folder_writable = True
    moved = graph.patch(path, {"parentFolderId": folder}).json()

    assert ignored["parentFolderId"] == pavel["parentFolderId"]
    assert moved["parentFolderId"] == folder


def test_half_a_surrogate_pair_survives_the_round_trip(graph, mailbox):
    contact = mailbox.put({"givenName": "P\ud800"})

    assert graph.get(f"/me/contacts/{contact}").json()["givenName"] == "P\ud800"


def test_contacts_are_created_in_folders_and_found_there_only(graph, mailbox):
    folder = graph.post("/me/contactFolders", {"displayName": "Private"}).json()["id"]

    contact = graph.post(f"/me/contactFolders/{folder}/contacts", {"givenName": "P"}).json()["id"]

    assert graph.get(f"/me/contactFolders/{folder}/contacts/{contact}").status_code == 200
    assert graph.get(f"/me/contactFolders/contacts/contacts/{contact}").status_code == 404
    assert graph.get(f"/me/contactFolders('{folder}')/contacts('{contact}')").status_code == 200
    assert graph.get("/me/contacts").json()["value"] == []


def test_folders_are_listed_without_the_default_one_and_names_are_unique(graph, mailbox):
    made = graph.post("/me/contactFolders", {"displayName": "Private"})
    taken = graph.post("/me/contactFolders", {"displayName": "private"})
    child = graph.post(
        f"/me/contactFolders/{made.json()['id']}/childFolders", {"displayName": "Inner"}
    ).json()

    listed = graph.get("/me/contactFolders").json()["value"]
    inner = graph.get(f"/me/contactFolders/{made.json()['id']}/childFolders").json()["value"]
    default = graph.get("/me/contactFolders/contacts").json()

    assert made.status_code == 201
    assert (taken.status_code, taken.json()["error"]["code"]) == (409, "ErrorFolderExists")
    assert [folder["displayName"] for folder in listed] == ["Private"]
    assert [folder["id"] for folder in inner] == [child["id"]]
    assert default["displayName"] == "Contacts"
    assert graph.delete(f"/me/contactFolders/{default['id']}").status_code == 403


def test_a_folder_can_be_renamed_and_deleted_with_its_contacts(graph, mailbox):
    folder = graph.post("/me/contactFolders", {"displayName": "Private"}).json()["id"]
    contact = mailbox.put({"givenName": "P"}, folder="Private")

    renamed = graph.patch(f"/me/contactFolders/{folder}", {"displayName": "Family"})
    deleted = graph.delete(f"/me/contactFolders/{folder}")

    assert renamed.json()["displayName"] == "Family"
    assert deleted.status_code == 204
    assert list(mailbox.deleted) == [contact]
    assert graph.get(f"/me/contactFolders/{folder}").status_code == 404
