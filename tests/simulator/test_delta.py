"""Delta rounds: pages, opaque links, tombstones, and everything that goes wrong with them."""

from __future__ import annotations

import pytest

from contacts_sync.simulator import Microsoft365, SimulatorAdapter
from tests.simulator.conftest import ANNA, Graph


def people(mailbox, count):
    return [mailbox.put({"givenName": f"P{number}"}) for number in range(count)]


def ids(rows):
    return [row["id"] for row in rows]


def test_a_first_round_lists_everything_by_pages(graph, mailbox, sim):
    known = people(mailbox, 25)

    rows, _ = graph.round(size=10)

    assert ids(rows) == known
    assert all(row["@odata.type"] == "#microsoft.graph.contact" for row in rows)
    assert len(sim.requests("GET", "delta")) == 3


def test_a_quiet_round_is_one_empty_page(graph, mailbox, sim):
    people(mailbox, 25)
    _, link = graph.round()
    sim.forget_requests()

    rows, again = graph.round(link)

    assert rows == []
    assert len(sim.requests()) == 1
    assert graph.round(again)[0] == []


def test_changes_new_contacts_and_removals_come_in_the_next_round(graph, mailbox):
    first, second, third = people(mailbox, 3)
    _, link = graph.round()

    mailbox.put({"jobTitle": "Judge"}, first)
    mailbox.remove(second)
    mailbox.move(third, "Private")
    new = mailbox.put({"givenName": "New"})
    rows, link = graph.round(link)

    by_id = {row["id"]: row for row in rows}
    assert by_id[first]["jobTitle"] == "Judge"
    assert by_id[second]["@removed"] == {"reason": "deleted"}
    assert by_id[third]["@removed"] == {"reason": "changed"}
    assert set(by_id[third]) == {"@odata.type", "id", "@removed"}
    assert "givenName" in by_id[new]
    assert graph.round(link)[0] == []


def test_a_contact_changed_twice_comes_once(graph, mailbox):
    contact = people(mailbox, 1)[0]
    _, link = graph.round()

    mailbox.put({"jobTitle": "A"}, contact)
    mailbox.put({"jobTitle": "B"}, contact)

    assert [row["jobTitle"] for row in graph.round(link)[0]] == ["B"]


def test_our_own_writes_come_back(graph):
    _, link = graph.round()

    created = graph.post("/me/contacts", {"givenName": "P"}).json()["id"]

    assert ids(graph.round(link)[0]) == [created]


def test_a_contact_changed_during_a_round_is_not_missed(graph, mailbox):
    known = people(mailbox, 6)
    page = graph.get("/me/contacts/delta", headers={"Prefer": "odata.maxpagesize=2"}).json()

    mailbox.put({"jobTitle": "Judge"}, known[4])
    mailbox.put({"jobTitle": "Judge"}, known[0])
    rest, _ = graph.round(page["@odata.nextLink"], size=2)

    assert {row["givenName"] for row in [*page["value"], *rest]} == {f"P{n}" for n in range(6)}
    assert [row["givenName"] for row in rest] == ["P2", "P3", "P5", "P4", "P0"]


def test_a_contact_removed_during_a_first_round_is_reported_in_it_or_after(graph, mailbox):
    known = people(mailbox, 5)
    page = graph.get(
        "/me/contacts/delta",
        headers={"Prefer": 'IdType="ImmutableId", odata.maxpagesize=2'},
    ).json()

    mailbox.remove(known[0])
    rest, _ = graph.round(page["@odata.nextLink"])

    assert ids(rest) == [*known[2:], known[0]]
    assert rest[-1]["@removed"] == {"reason": "deleted"}


def test_a_round_from_a_removal_to_a_return(graph, mailbox):
    contact = people(mailbox, 1)[0]
    _, link = graph.round()

    mailbox.move(contact, "Private")
    mailbox.move(contact, "Contacts")
    rows, _ = graph.round(link)

    assert ids(rows) == [contact]
    assert "@removed" not in rows[0]


def test_with_long_ids_a_return_is_a_removal_and_another_contact(graph, mailbox):
    contact = people(mailbox, 1)[0]
    rows, link = graph.round(prefer="")
    before = rows[0]["id"]

    mailbox.move(contact, "Private")
    mailbox.move(contact, "Contacts")
    rows, _ = graph.round(link, prefer="")

    assert rows[0]["id"] == before and "@removed" in rows[0]
    assert rows[1]["id"] != before and rows[1]["givenName"] == "P0"


def test_the_immutable_id_bug_reports_a_return_as_a_removal(sim, graph, mailbox):
    sim.behaviour.immutable_id_bug = True
    contact = people(mailbox, 1)[0]
    _, link = graph.round()

    mailbox.move(contact, "Private")
    mailbox.move(contact, "Contacts")
    rows, link = graph.round(link)
    mailbox.put({"jobTitle": "Judge"}, contact)

    assert [row["@removed"] for row in rows] == [{"reason": "changed"}]
    assert graph.get(f"/me/contacts/{contact}").status_code == 200
    assert ids(graph.round(link)[0]) == [contact]


def test_a_new_listing_names_no_tombstones(graph, mailbox):
    first, second = people(mailbox, 2)
    mailbox.remove(first)

    assert ids(graph.round()[0]) == [second]


def test_select_narrows_rows_and_stays_with_the_link(graph, mailbox):
    people(mailbox, 3)

    rows, link = graph.round("/me/contacts/delta?$select=givenName", size=2)
    mailbox.put({"givenName": "New"})
    later, _ = graph.round(link)

    expected = {"@odata.type", "@odata.etag", "id", "givenName"}
    assert all(set(row) == expected for row in [*rows, *later])


@pytest.mark.parametrize(
    "option",
    ["$top=5", "$filter=givenName eq 'A'", "$orderby=surname", "$expand=photo", "$search=A"],
)
def test_other_query_options_are_refused(graph, option):
    answer = graph.get(f"/me/contacts/delta?{option}")

    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (400, "ErrorInvalidUrlQuery")
    assert error["message"] == (
        "The following parameters are not supported with change tracking over the 'Contacts' "
        "resource: '$orderby, $filter, $select, $expand, $search, $top'."
    )


def test_a_page_never_holds_more_than_two_hundred(graph, mailbox):
    people(mailbox, 201)

    page = graph.get("/me/contacts/delta", headers={"Prefer": "odata.maxpagesize=999"}).json()

    assert len(page["value"]) == 200


def test_the_default_page_is_a_switch(sim, graph, mailbox):
    people(mailbox, 3)
    sim.behaviour.delta_page_size = 2

    assert len(graph.get("/me/contacts/delta").json()["value"]) == 2


def test_empty_pages_go_on(sim, graph, mailbox):
    sim.behaviour.empty_pages = True
    known = people(mailbox, 5)

    first = graph.get("/me/contacts/delta").json()
    rows, link = graph.round(size=2)

    assert first["value"] == [] and "@odata.nextLink" in first
    assert ids(rows) == known
    assert graph.round(link)[0] == []


def test_rows_may_repeat_between_pages(sim, graph, mailbox):
    sim.behaviour.repeated_rows = True
    known = people(mailbox, 4)

    rows, _ = graph.round(size=2)

    assert ids(rows) == [known[0], known[1], known[1], known[2], known[3]]


def test_earlier_rows_may_be_replayed_with_older_content(sim, graph, mailbox):
    _, second = people(mailbox, 2)
    mailbox.put({"jobTitle": "Judge"}, second)
    _, link = graph.round()

    sim.behaviour.replayed_rows = 1
    current, _ = graph.round(link)
    sim.behaviour.replayed_stale = True
    stale, _ = graph.round(link)

    assert [(row["id"], row["jobTitle"]) for row in current] == [(second, "Judge")]
    assert stale[0]["id"] == second and not stale[0]["jobTitle"]
    assert stale[0]["changeKey"] != current[0]["changeKey"]


def test_changes_may_show_late(sim, graph, mailbox, clock):
    sim.behaviour.delta_lag_seconds = 60
    contact = people(mailbox, 1)[0]
    clock.sleep(61)
    _, link = graph.round()

    mailbox.put({"jobTitle": "Judge"}, contact)
    too_early, link = graph.round(link)
    listing, _ = graph.round()
    clock.sleep(61)

    assert too_early == []
    assert [row["jobTitle"] for row in listing] != ["Judge"]
    assert [row["jobTitle"] for row in graph.round(link)[0]] == ["Judge"]


@pytest.mark.parametrize(
    ("spelling", "status", "code"),
    [
        ("410", 410, "SyncStateNotFound"),
        ("ResyncRequired", 410, "resyncRequired"),
        ("Location", 410, "syncStateNotFound"),
        ("400 malformed", 400, "ErrorInvalidIdMalformed"),
        ("403 quota", 403, "ErrorQuotaExceeded"),
    ],
)
def test_a_dead_token_has_many_spellings(sim, graph, mailbox, spelling, status, code):
    known = people(mailbox, 2)
    _, link = graph.round()
    sim.behaviour.dead_token = spelling

    sim.expire_delta_tokens(ANNA)
    answer = graph.get(link)

    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    if "Location" in answer.headers:
        assert ids(graph.round(answer.headers["Location"])[0]) == known
    assert ids(graph.round()[0]) == known


def test_a_next_link_dies_too(sim, graph, mailbox):
    people(mailbox, 4)
    page = graph.get("/me/contacts/delta", headers={"Prefer": "odata.maxpagesize=2"}).json()

    sim.expire_delta_tokens(ANNA)

    assert graph.get(page["@odata.nextLink"]).status_code == 410


def test_a_nonsense_token_and_one_of_another_folder_are_refused(graph, mailbox):
    folder = mailbox.folder("Private").id
    _, link = graph.round(f"/me/contactFolders/{folder}/contacts/delta")

    nonsense = graph.get("/me/contacts/delta?$deltatoken=abc")
    other = graph.get(f"/me/contacts/delta?{link.partition('?')[2]}")

    assert nonsense.status_code == 400
    assert other.json()["error"]["code"] == "ErrorSyncFolderNotFound"


def test_a_full_mailbox_answers_no_delta_but_plain_reads(sim, graph, mailbox):
    sim.behaviour.mailbox_full = True

    answer = graph.get("/me/contacts/delta")

    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "ErrorQuotaExceeded")
    assert graph.get("/me/contacts").status_code == 200


def test_the_main_folder_has_a_well_known_name_and_links_name_its_id(graph, mailbox):
    known = people(mailbox, 1)

    rows, link = graph.round("/me/contactFolders/contacts/contacts/delta")

    assert ids(rows) == known
    assert link.startswith("https://graph.microsoft.com/v1.0/me/contactFolders('")


def test_links_of_one_id_form_work_with_the_other(graph, mailbox):
    people(mailbox, 1)
    _, link = graph.round()

    contact = mailbox.put({"givenName": "New"})
    rows, _ = graph.round(link, prefer="")

    assert rows[0]["id"] != contact and rows[0]["givenName"] == "New"


def test_many_edits_do_not_make_rounds_slow(sim, graph, mailbox, clock):
    known = people(mailbox, 20)
    for number in range(5000):
        clock.sleep(1)
        mailbox.put({"jobTitle": str(number)}, known[number % 20])

    graph.headers["Authorization"] = f"Bearer {sim.access_token(ANNA)}"
    rows, _ = graph.round()

    assert sorted(ids(rows)) == sorted(known)
    assert sum(1 for _ in mailbox.folder("contacts").log.after(0)) < 2500


def test_a_round_goes_on_over_a_restart(tmp_path, clock):
    path = str(tmp_path / "state.sqlite3")
    graph, mailbox, sim = opened(path, clock)
    known = people(mailbox, 5)
    mailbox.remove(known.pop(0))
    page = graph.get("/me/contacts/delta", headers={"Prefer": "odata.maxpagesize=2"}).json()
    token = graph.headers["Authorization"]
    sim.close()

    graph, mailbox, sim = opened(path, clock)
    graph.headers["Authorization"] = token
    mailbox.remove(known[0])
    rest, link = graph.round(page["@odata.nextLink"], size=2, prefer='IdType="ImmutableId"')
    mailbox.put({"givenName": "New"})

    assert [row.get("givenName") for row in rest] == ["P3", "P4", None]
    assert "@removed" in rest[-1]
    assert [row["givenName"] for row in graph.round(link)[0]] == ["New"]


def opened(path, clock):
    import requests

    sim = Microsoft365(path, clock=clock, sleep=clock.sleep)
    sim.add_account(ANNA, "Anna Berg")
    session = SimulatorAdapter(sim).mount_on(requests.Session())
    return Graph(session, sim.access_token(ANNA)), sim.mailbox(ANNA), sim
