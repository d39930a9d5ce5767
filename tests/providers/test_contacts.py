"""What Microsoft 365 does that other providers may not, with the simulator in trouble."""

from __future__ import annotations

import pytest

from contacts_sync.engine.records import RemoteRecord, RemoteValue
from contacts_sync.providers.account import Account
from contacts_sync.providers.base import Create, Delete, RemoteContact, Result, Update
from contacts_sync.providers.errors import AuthRequired, NoMailbox, Throttled, Unavailable
from contacts_sync.providers.microsoft365.client import GraphClient
from contacts_sync.providers.microsoft365.contacts import Microsoft365Contacts
from contacts_sync.simulator import Fault
from tests.providers.conftest import USERNAME
from tests.providers.script import Say, Script, api, refusal

ADA = RemoteRecord({"first_name": "Ada", "last_name": "Ash"}, {})
WELL_KNOWN = r"contactFolders/contacts"


def scripted(*answers, folder_id="folder"):
    script = Script(*answers)
    return Microsoft365Contacts(GraphClient(api(script)), lambda: "tenant", folder_id), script


def batch(*parts):
    return Say(200, {"responses": [{"id": str(n + 1), **p} for n, p in enumerate(parts)]})


def refused(status, code, message="", **headers):
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return {
        "status": status,
        "headers": named,
        "body": {"error": {"code": code, "message": message}},
    }


def update(remote_id="a", version="v", **scalars):
    after = RemoteRecord({**ADA.scalars, "job_title": "Judge", **scalars}, {})
    return Update(remote_id, version, "k", ADA, after, {"displayName": "Ada Ash"})


# --- Account and folder -------------------------------------------------------------------------


def test_the_account_is_the_signed_in_one(sim, provider):
    account = sim.accounts[USERNAME]

    assert provider.account() == Account(account.tenant_id, account.object_id, USERNAME, "Anna Ash")


def test_an_account_without_a_mailbox_is_refused_with_a_sentence(sim, provider):
    sim.accounts[USERNAME].mailbox = False

    for ask in (
        provider.folder_id,
        lambda: list(provider.changes("")),
        lambda: provider.read(["A"]),
    ):
        with pytest.raises(NoMailbox, match="15 minutes"):
            ask()


def test_the_folder_is_asked_for_once(sim, provider):
    assert provider.folder_id() == provider.folder_id()
    assert len(sim.graph_requests()) == 1


@pytest.mark.parametrize(
    ("status", "code"), [(400, "ErrorInvalidIdMalformed"), (404, "ErrorItemNotFound")]
)
def test_without_the_well_known_name_the_documented_ways_are_taken(
    sim, box, provider, status, code
):
    body = {"error": {"code": code, "message": ""}}
    sim.faults = [Fault(path=WELL_KNOWN, status=status, body=body, times=None)]
    remote_id = box.put({"givenName": "Ada"})

    assert provider.folder_id() == box.folder("contacts").id
    assert [c.remote_id for page in provider.changes("") for c in page.changes] == [remote_id]


def test_an_empty_folder_without_the_well_known_name_asks_for_a_contact(sim, provider):
    body = {"error": {"code": "ErrorInvalidIdMalformed", "message": ""}}
    sim.faults = [Fault(path=WELL_KNOWN, status=400, body=body, times=None)]

    with pytest.raises(Unavailable, match="create a contact"):
        provider.folder_id()


# --- Changes ------------------------------------------------------------------------------------


def test_a_row_without_an_id_is_not_passed_over():
    provider, _ = scripted(Say(200, {"value": [{"givenName": "Ada"}], "@odata.deltaLink": "/x"}))

    with pytest.raises(Unavailable, match="without an id"):
        list(provider.changes(""))


def test_a_round_that_ends_without_a_link_is_not_taken_for_complete():
    provider, _ = scripted(Say(200, {"value": []}))

    with pytest.raises(Unavailable, match="without a link"):
        list(provider.changes(""))


def test_trouble_in_the_middle_of_a_first_round_does_not_begin_it_anew():
    provider, script = scripted(
        Say(
            200, {"value": [], "@odata.nextLink": "https://graph.microsoft.com/v1.0/x?$skiptoken=1"}
        ),
        refusal(404, "ErrorItemNotFound"),
    )
    pages = provider.changes("")
    next(pages)

    with pytest.raises(Unavailable):
        next(pages)
    assert len(script.asked) == 2


def test_both_reasons_of_a_removal_are_tombstones(box, provider):
    ids = [box.put({"givenName": name}) for name in ("Ada", "Bo")]
    cursor = list(provider.changes(""))[-1].cursor
    box.remove(ids[0])
    box.move(ids[1], "Private")

    changes = [change for page in provider.changes(cursor) for change in page.changes]

    assert {change.remote_id for change in changes} == set(ids)
    assert not any(isinstance(change, RemoteContact) for change in changes)


@pytest.mark.parametrize("switch", ["empty_pages", "repeated_rows"])
def test_oddities_of_a_round_are_passed_on_as_they_are(sim, box, provider, switch):
    setattr(sim.behaviour, switch, True)
    sim.behaviour.delta_page_size = 3
    ids = {box.put({"givenName": f"P{number}"}) for number in range(8)}

    pages = list(provider.changes(""))

    assert {change.remote_id for page in pages for change in page.changes} == ids
    assert [page.last for page in pages].count(True) == 1


def test_every_request_asks_for_immutable_ids(sim, box, provider):
    box.put({"givenName": "Ada"})
    provider.account()
    provider.folder_id()
    list(provider.changes(""))
    list(provider.keyed())
    provider.find(["k"])
    provider.write([Create("k", ADA)])

    assert all('IdType="ImmutableId"' in entry.prefer for entry in sim.graph_requests())


def test_ids_differ_by_case_alone(box, provider):
    first = box.put({"givenName": "Ada"}, "AAkALgAAabc=")
    second = box.put({"givenName": "Bo"}, "AAkALgAAABC=")

    outcomes = provider.read([first, second])

    names = [outcomes[one].contact.record.scalars["first_name"] for one in (first, second)]
    assert names == ["Ada", "Bo"]


# --- Reading by id ------------------------------------------------------------------------------


def test_only_a_certain_answer_says_gone():
    provider, _ = scripted(
        batch(
            refused(404, "ErrorItemNotFound"),
            {"status": 404, "body": None},
            {"status": 404, "body": "PGh0bWw+"},
            refused(400, "ErrorInvalidIdMalformed"),
            {"status": 200, "body": {"id": "e", "givenName": "Ada"}},
            {"status": 200, "body": None},
        )
    )

    outcomes = provider.read(list("abcdef"))

    assert [outcome.result for outcome in outcomes.values()] == [
        Result.GONE,
        Result.UNKNOWN,
        Result.UNKNOWN,
        Result.REJECTED,
        Result.DONE,
        Result.UNKNOWN,
    ]


def test_a_contact_in_deleted_items_is_read_with_its_folder(box, provider):
    remote_id = box.put({"givenName": "Ada"})
    box.remove(remote_id)

    outcome = provider.read([remote_id])[remote_id]

    assert outcome.result is Result.DONE
    assert outcome.contact.folder_id != provider.folder_id()


def test_an_id_with_an_equals_sign_is_sent_as_it_is(sim, box, provider):
    sim.behaviour.encoded_equals_lost = True
    remote_id = box.put({"givenName": "Ada"})
    assert remote_id.endswith("=")

    assert provider.read([remote_id])[remote_id].result is Result.DONE


def test_throttled_reads_are_repeated_then_raised(sim, box, provider, sleeps):
    ids = [box.put({"givenName": name}) for name in ("Ada", "Bo")]
    busy = {"error": {"code": "ApplicationThrottled", "message": ""}}
    sim.faults = [
        Fault(
            "reply",
            "GET",
            status=429,
            body=busy,
            headers={"Retry-After": "2"},
            times=1,
            where="item",
        )
    ]
    assert {o.result for o in provider.read(ids).values()} == {Result.DONE}
    assert sleeps == [2.0]

    sim.faults = [
        Fault(
            "reply",
            "GET",
            status=429,
            body=busy,
            headers={"Retry-After": "99"},
            times=None,
            where="item",
        )
    ]
    with pytest.raises(Throttled) as caught:
        provider.read(ids)
    assert caught.value.retry_after == 99


# --- Keys ---------------------------------------------------------------------------------------


def test_a_hit_that_does_not_show_its_key_is_loud():
    provider, _ = scripted(
        batch({"status": 200, "body": {"value": [{"id": "a", "parentFolderId": "folder"}]}})
    )

    with pytest.raises(Unavailable, match="does not show the key"):
        provider.find(["k"])


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 200, "body": {}},
        {"status": 503},
        {"status": 404, "body": None},
        refused(400, "ErrorInvalidUrlQuery"),
    ],
)
def test_a_search_that_failed_never_says_not_there(answer):
    provider, _ = scripted(*[batch(answer)] * 5)

    with pytest.raises(Unavailable):
        provider.find(["k"])


def test_a_missing_answer_to_a_search_never_says_not_there():
    provider, _ = scripted(*[Say(200, {"responses": []})] * 5)

    with pytest.raises(Unavailable):
        provider.find(["k"])


def test_keys_are_compared_with_their_case(provider):
    provider.write([Create("Key", ADA)])

    assert set(provider.find(["key", "Key"])) == {"Key"}


def test_all_keyed_contacts_are_listed_over_many_pages(provider, box):
    expected = {}
    for start in range(0, 260, 20):
        keys = [f"k{number}" for number in range(start, start + 20)]
        for key, outcome in zip(
            keys, provider.write([Create(key, ADA) for key in keys]), strict=True
        ):
            expected[outcome.contact.remote_id] = key
        box.put({"givenName": "Unkeyed"})

    assert dict(provider.keyed()) == expected


def test_keyed_works_without_a_filter_for_any_value(sim, box, provider):
    provider.write([Create("k1", ADA)])
    box.put({"givenName": "Unkeyed"})
    body = {"error": {"code": "ErrorInvalidUrlQueryFilter", "message": ""}}
    sim.faults = [Fault(path=r"\$filter=singleValue.*null", status=400, body=body, times=None)]

    assert [key for _, key in provider.keyed()] == ["k1"]


# --- Writing ------------------------------------------------------------------------------------


def test_each_answer_means_one_thing():
    writes = [
        (Create("k", ADA), {"status": 201, "body": {"id": "a"}}, Result.DONE),
        (Create("k", ADA), {"status": 200, "body": {"id": "a"}}, Result.DONE),
        (Create("k", ADA), {"status": 201, "body": None}, Result.UNKNOWN),
        (Create("k", ADA), {"status": 201, "body": {"no": "id"}}, Result.UNKNOWN),
        (Create("k", ADA), {"status": 500}, Result.UNKNOWN),
        (Create("k", ADA), {"status": 504}, Result.UNKNOWN),
        (Create("k", ADA), refused(503, "ErrorMailboxStoreUnavailable"), Result.UNKNOWN),
        (Create("k", ADA), refused(429, "ApplicationThrottled"), Result.LATER),
        (Create("k", ADA), refused(507, "ErrorQuotaExceeded"), Result.LATER),
        (Create("k", ADA), refused(400, "ErrorInvalidProperty"), Result.REJECTED),
        (Create("k", ADA), refused(409, "Strange"), Result.UNKNOWN),
        (update(), {"status": 200, "body": {"id": "a"}}, Result.DONE),
        (update(), {"status": 204, "body": None}, Result.DONE),
        (update(), refused(404, "ErrorItemNotFound"), Result.GONE),
        (update(), refused(412, "ErrorIrresolvableConflict"), Result.CHANGED),
        (update(), {"status": 503}, Result.UNKNOWN),
        (update(), refused(429, "ApplicationThrottled"), Result.LATER),
        (update(), refused(403, "ErrorAccessDenied"), Result.REJECTED),
        (Delete("a", "v"), {"status": 204}, Result.DONE),
        (Delete("a", "v"), refused(404, "ErrorItemNotFound"), Result.DONE),
        (Delete("a", "v"), {"status": 404, "body": None}, Result.UNKNOWN),
        (Delete("a", "v"), {"status": 504}, Result.UNKNOWN),
    ]
    provider, script = scripted(batch(*[answer for _, answer, _ in writes]))

    outcomes = provider.write([write for write, _, _ in writes])

    assert [outcome.result for outcome in outcomes] == [result for _, _, result in writes]
    assert all(outcome.reason for outcome in outcomes if outcome.result is not Result.DONE)
    assert len(script.asked) == 1


def test_the_contact_of_an_answer_is_given_and_none_without_a_body():
    provider, _ = scripted(
        batch(
            {"status": 200, "body": {"id": "a", "givenName": "Ada"}}, {"status": 204, "body": None}
        )
    )

    with_body, without = provider.write([update("a"), update("b")])

    assert with_body.contact.record.scalars == {"first_name": "Ada"}
    assert without.contact is None


def test_an_item_says_how_long_to_wait():
    provider, _ = scripted(
        batch({"status": 204}, refused(429, "ApplicationThrottled", Retry_After="2.5"))
    )

    outcomes = provider.write([Delete("a", ""), Delete("b", "")])

    assert [(o.result, o.retry_after) for o in outcomes] == [
        (Result.DONE, None),
        (Result.LATER, 2.5),
    ]


@pytest.mark.parametrize(
    ("parts", "error"),
    [
        ([refused(429, "A", Retry_After="5"), refused(429, "A", Retry_After="9")], Throttled),
        ([refused(404, "MailboxNotEnabledForRESTAPI")] * 2, NoMailbox),
        ([refused(403, "ErrorAccessDenied"), refused(429, "A")], AuthRequired),
        ([refused(507, "ErrorQuotaExceeded")] * 2, Unavailable),
    ],
)
def test_what_concerns_all_is_raised_when_nothing_was_carried_out(parts, error):
    provider, _ = scripted(batch(*parts))

    with pytest.raises(error) as caught:
        provider.write([Create("k", ADA), Create("l", ADA)])

    if error is Throttled:
        assert caught.value.retry_after == 9


def test_what_concerns_all_is_not_raised_over_something_that_was_carried_out():
    provider, _ = scripted(batch({"status": 204}, refused(404, "MailboxNotEnabledForRESTAPI")))

    outcomes = provider.write([Delete("a", ""), Delete("b", "")])

    assert [outcome.result for outcome in outcomes] == [Result.DONE, Result.LATER]


def test_versions_are_sent_and_blank_ones_are_not():
    provider, script = scripted(batch({"status": 204}, {"status": 204}, {"status": 204}))

    provider.write([update("a", "v1"), Delete("b", "v2"), Delete("c", "")])

    headers = [member["headers"].get("If-Match") for member in script.bodies[0]["requests"]]
    assert headers == ["v1", "v2", None]


def test_a_write_without_effect_keeps_its_place():
    provider, script = scripted(batch({"status": 204}, {"status": 412}))
    nothing = Update("b", "v", "k", ADA, ADA, {})

    outcomes = provider.write([Delete("a", ""), nothing, Delete("c", "")])

    assert [o.result for o in outcomes] == [Result.DONE, Result.DONE, Result.CHANGED]
    assert len(script.bodies[0]["requests"]) == 2


def test_a_batch_refused_as_a_whole_is_halved_until_the_culprit_stands_alone():
    malformed = refusal(400, "BadRequest", "Invalid batch payload format.")
    provider, script = scripted(
        malformed,  # a b c d
        batch({"status": 204}, {"status": 204}),  # a b
        malformed,  # c d
        malformed,  # c
        batch({"status": 204}),  # d
    )

    outcomes = provider.write([Delete(one, "") for one in "abcd"])

    assert [o.result for o in outcomes] == [Result.DONE, Result.DONE, Result.REJECTED, Result.DONE]
    assert "Invalid batch payload" in outcomes[2].reason
    assert len(script.asked) == 5


def test_trouble_while_halving_loses_no_outcome():
    malformed = refusal(400, "BadRequest", "Invalid batch payload format.")
    provider, _ = scripted(
        malformed,
        batch({"status": 201, "body": {"id": "a"}}),
        refusal(429, "TooManyRequests", Retry_After="600"),
    )

    done, later = provider.write([Create("k", ADA), Create("l", ADA)])

    assert done.result is Result.DONE
    assert (later.result, later.retry_after) == (Result.LATER, 600)


def test_a_service_that_ignores_versions_overwrites(sim, box, provider):
    sim.behaviour.if_match = "ignored"
    remote_id = box.put({"givenName": "Ada", "surname": "Ash"})
    old = provider.read([remote_id])[remote_id].contact
    box.put({"surname": "Elm"}, remote_id)

    (outcome,) = provider.write([update(remote_id, old.version)])

    assert outcome.result is Result.DONE
    assert box.get(remote_id)["surname"] == "Elm"
    assert box.get(remote_id)["jobTitle"] == "Judge"


def test_only_what_changed_is_sent(sim, box, provider):
    notes = "A long note. " * 100
    remote_id = box.put(
        {"givenName": "Ada", "surname": "Ash", "personalNotes": notes, "categories": ["Red"]}
    )
    old = provider.read([remote_id])[remote_id].contact
    after = RemoteRecord(old.record.scalars, {"phones": (RemoteValue("Work", "1"),)})

    provider.write([Update(remote_id, old.version, "k", old.record, after, old.extras)])

    stored = box.get(remote_id)
    assert stored["businessPhones"] == ["1"]
    assert (stored["personalNotes"], stored["categories"]) == (notes, ["Red"])
    assert (stored["displayName"], stored["fileAs"]) == ("Ada Ash", "Ash, Ada")


def test_a_cleared_address_is_cleared(box, provider):
    place = {"street": "1 Way", "city": "Town"}
    remote_id = box.put({"givenName": "Ada", "businessAddress": place, "homeAddress": place})
    old = provider.read([remote_id])[remote_id].contact
    kept = tuple(entry for entry in old.record.sets["addresses"] if entry.room == "Home")
    after = RemoteRecord(old.record.scalars, {"addresses": kept})

    provider.write([Update(remote_id, old.version, "k", old.record, after, old.extras)])

    assert box.get(remote_id)["businessAddress"] == {}
    assert box.get(remote_id)["homeAddress"] == place


def test_an_address_that_exchange_does_not_accept_comes_back_as_taken_room(provider):
    record = RemoteRecord(
        {"first_name": "Ada"}, {"emails": (RemoteValue("any", "not an address"),)}
    )

    (outcome,) = provider.write([Create("k", record)])

    assert "emails" not in outcome.contact.record.sets
    assert outcome.contact.record.taken == {"emails": {"any": 1}}
