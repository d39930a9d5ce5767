"""Lists by pages, filters, orders, and the extended properties that mark contacts."""

from __future__ import annotations

import pytest

from tests.simulator.conftest import MARK


def marked(mailbox, value, **fields):
    mark = {"singleValueExtendedProperties": [{"id": MARK, "value": value}]}
    return mailbox.put({"givenName": value, **fields, **mark})


def having(value):
    return f"singleValueExtendedProperties/Any(ep: ep/id eq '{MARK}' and ep/value eq '{value}')"


HAVING_ANY = f"singleValueExtendedProperties/Any(ep: ep/id eq '{MARK}' and ep/value ne null)"
EXPAND = f"singleValueExtendedProperties($filter=id eq '{MARK}')"


def listed(graph, path="/me/contacts", **params):
    answer = graph.get(path, params=params)
    assert answer.status_code == 200, answer.text
    return [row["id"] for row in answer.json()["value"]]


def test_a_list_has_ten_a_page_and_links_with_encoded_dollars(graph, mailbox):
    known = [mailbox.put({"givenName": f"P{number}"}) for number in range(12)]

    first = graph.get("/me/contacts").json()
    second = graph.get(first["@odata.nextLink"]).json()

    assert first["@odata.nextLink"].endswith("/me/contacts?%24top=10&%24skip=10")
    assert [row["id"] for row in first["value"] + second["value"]] == known
    assert "@odata.nextLink" not in second


def test_top_count_and_page_size_preferences(graph, mailbox):
    for number in range(12):
        mailbox.put({"givenName": f"P{number}"})

    counted = graph.get("/me/contacts", params={"$top": "5", "$count": "true"}).json()
    preferred = graph.get("/me/contacts", headers={"Prefer": "odata.maxpagesize=11"}).json()

    assert (len(counted["value"]), counted["@odata.count"]) == (5, 12)
    assert len(preferred["value"]) == 11
    assert graph.get("/me/contacts", params={"$top": "2000"}).status_code == 400


def test_a_deletion_between_pages_shifts_the_next_page(graph, mailbox):
    known = [mailbox.put({"givenName": f"P{number}"}) for number in range(12)]
    first = graph.get("/me/contacts").json()

    mailbox.remove(known[0])

    assert [row["id"] for row in graph.get(first["@odata.nextLink"]).json()["value"]] == known[11:]


def test_select_keeps_id_and_etag(graph, mailbox):
    contact = mailbox.put({"givenName": "P"})

    listed_row = graph.get("/me/contacts", params={"$select": "givenName"}).json()["value"][0]
    single = graph.get(f"/me/contacts/{contact}", params={"$select": "givenName"}).json()

    assert set(listed_row) == {"@odata.etag", "id", "givenName"}
    assert set(single) == {"@odata.context", "@odata.etag", "id", "givenName"}
    assert graph.get("/me/contacts", params={"$select": "pager"}).status_code == 400


def test_contacts_are_ordered(graph, mailbox):
    beta = mailbox.put({"givenName": "beta", "surname": "A"})
    alpha = mailbox.put({"givenName": "Alpha", "surname": "B"})

    assert listed(graph, **{"$orderby": "givenName"}) == [alpha, beta]
    assert listed(graph, **{"$orderby": "givenName desc"}) == [beta, alpha]
    assert listed(graph, **{"$orderby": "surname,givenName"}) == [beta, alpha]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("emailAddresses/any(a:a/address eq 'ANNA@x.example')", True),
        ("emailAddresses/any(a:a/address eq 'other@x.example')", False),
        ("surname eq 'O''Brien'", True),
        ("surname eq 'O''Brien' and givenName eq 'Bert'", False),
        ("startswith(surname,'O')", True),
        ("contains(displayName,'brien')", True),
        ("lastModifiedDateTime ge 2020-01-01T00:00:00Z", True),
        ("jobTitle eq null", True),
        ("surname ne 'O''Brien'", False),
    ],
)
def test_filters(graph, mailbox, text, found):
    contact = mailbox.put(
        {
            "givenName": "Anna",
            "surname": "O'Brien",
            "emailAddresses": [{"address": "anna@x.example"}],
        }
    )

    assert listed(graph, **{"$filter": text}) == ([contact] if found else [])


@pytest.mark.parametrize(
    "text",
    [
        "emailAddresses/any(a:startswith(a/address,'x'))",
        "emailAddresses eq 'x'",
        "businessPhones/any(p:p eq '1')",
        "nonsense",
        "$search",
    ],
)
def test_filters_the_service_refuses(graph, text):
    answer = graph.get("/me/contacts", params={"$filter": text})

    assert answer.status_code == 400


def test_a_mark_is_taken_with_the_contact_and_not_echoed(graph, mailbox):
    body = {
        "givenName": "P",
        "singleValueExtendedProperties": [{"id": MARK, "value": "k1"}],
    }

    created = graph.post("/me/contacts", body).json()

    assert not any("ExtendedProperties" in name for name in created)
    assert mailbox.marks(created["id"]) == {MARK: "k1"}


def test_a_mark_is_shown_on_one_contact_and_on_lists_when_asked_for(graph, mailbox):
    contact = marked(mailbox, "k1")
    mailbox.put({"givenName": "Unmarked"})

    single = graph.get(f"/me/contacts/{contact}", params={"$expand": EXPAND}).json()
    rows = graph.get("/me/contacts", params={"$expand": EXPAND}).json()["value"]

    assert single["singleValueExtendedProperties"] == [{"id": MARK, "value": "k1"}]
    assert "singleValueExtendedProperties@odata.context" in single
    assert [row.get("singleValueExtendedProperties") for row in rows] == [
        [{"id": MARK, "value": "k1"}],
        None,
    ]


def test_marks_are_found_by_value_without_regard_to_case(graph, mailbox):
    first = marked(mailbox, "Key-1")
    marked(mailbox, "key-2")

    assert listed(graph, **{"$filter": having("KEY-1")}) == [first]
    assert listed(graph, **{"$filter": having("key-3")}) == []


def test_the_name_of_a_mark_has_a_case(graph, mailbox):
    marked(mailbox, "k1")

    assert listed(graph, **{"$filter": having("k1").replace("ClientKey", "clientkey")}) == []
    guid = MARK.partition("{")[2].partition("}")[0]
    assert len(listed(graph, **{"$filter": having("k1").replace(guid, guid.upper())})) == 1


def test_all_marked_contacts_of_the_folder_are_listed_by_pages(graph, mailbox):
    known = [marked(mailbox, f"k{number}") for number in range(12)]
    mailbox.put({"givenName": "Unmarked"})
    mailbox.move(known.pop(), "Private")

    first = graph.get("/me/contacts", params={"$filter": HAVING_ANY, "$expand": EXPAND}).json()
    second = graph.get(first["@odata.nextLink"]).json()

    rows = first["value"] + second["value"]
    assert [row["id"] for row in rows] == known
    assert rows[10]["singleValueExtendedProperties"][0]["value"] == "k10"


def test_a_mark_is_changed_by_patch_and_copied_with_the_contact(graph, mailbox):
    contact = marked(mailbox, "k1")
    body = {"singleValueExtendedProperties": [{"id": MARK, "value": "k2"}]}

    assert graph.patch(f"/me/contacts/{contact}", body).status_code == 200
    copy = mailbox.copy(contact)

    assert listed(graph, **{"$filter": having("k1")}) == []
    assert set(listed(graph, **{"$filter": having("k2")})) == {contact, copy}


def test_a_mark_goes_with_its_contact_and_stays_over_edits_and_moves(graph, mailbox):
    contact = marked(mailbox, "k1")
    mailbox.put({"jobTitle": "Judge"}, contact)
    folder = mailbox.folder("Private").id

    mailbox.move(contact, "Private")

    inside = f"/me/contactFolders/{folder}/contacts"
    assert listed(graph, inside, **{"$filter": having("k1")}) == [contact]
    graph.post(f"/me/contacts/{contact}/permanentDelete", None)
    assert listed(graph, inside, **{"$filter": having("k1")}) == []


def test_a_new_mark_may_be_found_late(sim, graph, mailbox, clock):
    sim.behaviour.svep_filter_lag = 30
    contact = marked(mailbox, "k1")

    assert listed(graph, **{"$filter": having("k1")}) == []
    clock.sleep(31)
    assert listed(graph, **{"$filter": having("k1")}) == [contact]


def test_a_malformed_mark_is_refused(graph):
    body = {"singleValueExtendedProperties": [{"id": "ClientKey", "value": "1"}]}

    assert graph.post("/me/contacts", body).json()["error"]["code"] == "ErrorInvalidProperty"
