"""Graph's refusals row by row, its pages, and its batches."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
import requests

from contacts_sync.providers.errors import (
    AuthRequired,
    CursorExpired,
    NoMailbox,
    Rejected,
    Throttled,
    Unavailable,
)
from contacts_sync.providers.microsoft365.client import (
    BATCH_SIZE,
    PREFER,
    REFUSALS,
    Changed,
    GraphClient,
    NotThere,
    Request,
    Unlisted,
)
from tests.providers.script import GRAPH, Say, Script, Tokens, api, refusal

EXAMPLES = Path(__file__).parent.parent / "data" / "graph" / "examples"
DELTA = f"{GRAPH}/me/contactFolders('A')/contacts/delta"


def client(*answers, sleeps=None, tokens=None):
    script = Script(*answers)
    return GraphClient(api(script, sleeps, tokens)), script


def answers(*parts):
    return Say(200, {"responses": list(parts)})


def part(number, status, body=None, **headers):
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return {"id": str(number), "status": status, "headers": named, "body": body}


def error(code, message=""):
    return {"error": {"code": code, "message": message}}


GETS = [Request("GET", f"/me/contacts/{number}") for number in range(3)]
POSTS = [Request("POST", "/me/contacts", {"givenName": str(number)}) for number in range(3)]


# --- The closed list ----------------------------------------------------------------------------

EXPECTED = {
    (401, "InvalidAuthenticationToken"): AuthRequired,
    (401, "TokenCreatedWithOutdatedPolicies"): AuthRequired,
    (401, "AuthenticationError"): AuthRequired,
    (403, "AuthenticationError"): AuthRequired,
    (403, "ErrorAccessDenied"): AuthRequired,
    (403, "Authorization_RequestDenied"): AuthRequired,
    (0, "MailboxNotEnabledForRESTAPI"): NoMailbox,
    (0, "MailboxNotSupportedForRESTAPI"): NoMailbox,
    (0, "ErrorNonExistentMailbox"): NoMailbox,
    (404, "ResourceNotFound"): NoMailbox,
    (404, "ErrorInvalidUser"): AuthRequired,
    (404, "Request_ResourceNotFound"): AuthRequired,
    (0, "SyncStateNotFound"): CursorExpired,
    (0, "SyncStateInvalid"): CursorExpired,
    (0, "ResyncRequired"): CursorExpired,
    (0, "ErrorSyncFolderNotFound"): CursorExpired,
    (410, ""): CursorExpired,
    (0, "ErrorQuotaExceeded"): Unavailable,
    (507, ""): Unavailable,
    (0, "ErrorMailboxMoveInProgress"): Unavailable,
    (0, "ErrorMailboxStoreUnavailable"): Unavailable,
    (429, ""): Throttled,
    (500, ""): Unavailable,
    (502, ""): Unavailable,
    (503, ""): Unavailable,
    (504, ""): Unavailable,
    (404, "ErrorItemNotFound"): NotThere,
    (412, ""): Changed,
    (0, "ErrorIrresolvableConflict"): Changed,
    (400, "ErrorInvalidProperty"): Rejected,
    (400, "RequestBodyRead"): Rejected,
    (400, ""): Rejected,
}


def refused(status, code):
    graph, _ = client(answers(part(1, status, error(code) if code else None)))
    (reply,) = graph.batch([Request("DELETE", "/me/contacts/x")])
    return graph.refusal(reply)


def test_the_list_is_closed():
    assert {(row.status, row.code): row.error for row in REFUSALS} == EXPECTED
    assert all(row.source and row.says for row in REFUSALS)


@pytest.mark.parametrize(("status", "code"), [key for key in EXPECTED if key[0] != 401])
def test_each_row_of_the_list(status, code):
    for spelling in (code, code.lower(), code.upper()):
        found = refused(status or 404, spelling or "Whatever")

        assert type(found) is EXPECTED[(status, code)]


def test_a_refused_token_twice_asks_for_a_person():
    graph, _ = client(*[refusal(401, "InvalidAuthenticationToken")] * 2)

    with pytest.raises(AuthRequired, match="Sign in again"):
        graph.get("/me")


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (404, ""),
        (404, "Whatever"),
        (400, ""),
        (403, "Whatever"),
        (403, ""),
        (405, "X"),
        (409, "X"),
        (418, ""),
        (501, "X"),
    ],
)
def test_what_is_not_on_the_list_is_loud(status, code):
    graph, _ = client(
        refusal(status, code, "text", request_id="guid-7")
        if code
        else Say(status, b"<html>", {"request-id": "guid-7"})
    )

    with pytest.raises(Unlisted) as caught:
        graph.get("/me")

    assert str(status) in str(caught.value)
    assert (code or "no code") in str(caught.value)
    assert "guid-7" in str(caught.value)


def test_a_missing_mailbox_says_which_plan_and_how_long():
    graph, _ = client(refusal(404, "MailboxNotEnabledForRESTAPI"))

    with pytest.raises(NoMailbox) as caught:
        graph.get("/me/contactFolders/contacts")

    assert "Exchange Online" in str(caught.value)
    assert "15 minutes" in str(caught.value)


def test_a_refused_property_is_told_in_graphs_own_words():
    found = refused(400, "ErrorInvalidProperty")
    assert isinstance(found, Rejected)

    items = json.loads((EXAMPLES.parent / "contacts" / "refusals.json").read_text())["items"]
    for item in items:
        graph, _ = client(refusal(item["status"], item["code"], item["message"]))
        with pytest.raises(Rejected) as caught:
            graph.get("/me")
        assert item["message"] in str(caught.value)


def test_the_documented_429_is_throttling():
    sample = json.loads((EXAMPLES / "error-429.response.json").read_text())
    graph, _ = client(Say(429, sample, {"Retry-After": "90"}))

    with pytest.raises(Throttled) as caught:
        graph.get("/me")

    assert caught.value.retry_after == 90


def test_a_401_of_something_in_between_signs_nobody_out():
    graph, _ = client(*[Say(401, b"<html>Proxy</html>")] * 2)

    with pytest.raises(Unlisted):
        graph.get("/me")


# --- Pages --------------------------------------------------------------------------------------


def test_pages_are_followed_to_the_end_with_our_headers_on_each():
    graph, script = client(
        Say(200, {"value": [{"id": "1"}], "@odata.nextLink": f"{DELTA}?$skiptoken=a"}),
        Say(200, {"value": [], "@odata.nextLink": f"{DELTA}?$skiptoken=b"}),
        Say(200, {"value": [{"id": "2"}], "@odata.deltaLink": f"{DELTA}?$deltatoken=c"}),
    )

    pages = list(graph.pages("/me/contactFolders/contacts/contacts/delta"))

    assert [len(page.rows) for page in pages] == [1, 0, 1]
    assert pages[-1].delta_link == f"{DELTA}?$deltatoken=c"
    assert [request.headers["Prefer"] for request in script.asked] == [PREFER["Prefer"]] * 3
    assert 'IdType="ImmutableId"' in PREFER["Prefer"]
    assert "odata.maxpagesize=200" in PREFER["Prefer"]


@pytest.mark.parametrize("name", ["@odata.nextLink", "@odata.deltaLink"])
@pytest.mark.parametrize(
    "link", ["https://evil.example/v1.0/delta", "http://graph.microsoft.com/", 7]
)
def test_a_page_with_a_link_to_elsewhere_is_not_given_out(name, link):
    graph, script = client(Say(200, {"value": [], name: link}))

    with pytest.raises(Unavailable, match="another host"):
        list(graph.pages("/me/contacts/delta"))
    assert len(script.asked) == 1


@pytest.mark.parametrize("body", [{}, {"value": None}, {"value": {}}, {"value": ["x"]}])
def test_a_list_without_rows_is_unavailable(body):
    graph, _ = client(Say(200, body))

    with pytest.raises(Unavailable, match="cannot be read"):
        list(graph.pages("/me/contacts/delta"))


@pytest.mark.parametrize(
    "name", ["delta-round1-page1", "delta-round1-page2", "delta-round1-final", "delta-round2"]
)
def test_documented_delta_pages_are_read(name):
    sample = json.loads((EXAMPLES / f"{name}.response.json").read_text())
    graph, _ = client(Say(200, sample))

    page = next(graph.pages("/me/contacts/delta"))

    assert len(page.rows) == len(sample["value"])
    assert bool(page.next_link) != bool(page.delta_link)


CURSOR = f"{DELTA}?$deltatoken=abc"


@pytest.mark.parametrize(
    "answer",
    [
        refusal(410, "SyncStateNotFound"),
        refusal(410, "syncStateNotFound"),
        refusal(410, "SyncStateInvalid"),
        refusal(410, "resyncRequired"),
        refusal(404, "SyncStateNotFound"),
        refusal(400, "SyncStateInvalid"),
        refusal(404, "ErrorSyncFolderNotFound"),
        refusal(400, "ErrorInvalidIdMalformed", "Id is malformed."),
        refusal(400, "BadRequest", "Badly formed token."),
        refusal(
            400, "ErrorInvalidUrlQuery", "Parameter 'DeltaToken' not supported for this request."
        ),
        Say(410, None),
        Say(410, None, {"Location": f"{DELTA}?$deltatoken="}),
        refusal(410, "Gone", "", Location="https://evil.example/"),
    ],
    ids=lambda answer: f"{answer.status} {answer.body}",
)
@pytest.mark.parametrize("cursor", [CURSOR, f"{DELTA}?%24skiptoken=abc", f"{DELTA}?$DeltaToken=x"])
def test_a_dead_cursor_asks_to_read_everything_again(answer, cursor):
    graph, script = client(answer)

    with pytest.raises(CursorExpired):
        list(graph.pages(cursor))
    assert len(script.asked) == 1


def test_a_cursor_may_die_in_the_middle_of_a_round():
    graph, _ = client(
        Say(200, {"value": [], "@odata.nextLink": f"{DELTA}?$skiptoken=a"}),
        refusal(410, "SyncStateNotFound"),
    )
    pages = graph.pages("/me/contacts/delta")
    next(pages)

    with pytest.raises(CursorExpired):
        next(pages)


@pytest.mark.parametrize(
    "answer", [Say(400, b"<html>"), Say(404, b"<html>"), refusal(403, "ErrorQuotaExceeded")]
)
def test_a_cursor_is_not_given_up_for_a_page_of_a_proxy_or_a_full_mailbox(answer):
    graph, _ = client(answer)

    with pytest.raises(Unavailable):
        list(graph.pages(CURSOR))


def test_a_full_mailbox_is_called_full():
    graph, _ = client(refusal(403, "ErrorQuotaExceeded"))

    with pytest.raises(Unavailable, match="full"):
        list(graph.pages(CURSOR))


# --- Batches ------------------------------------------------------------------------------------


def test_a_batch_is_one_request_with_our_headers_in_each_member():
    graph, script = client(answers(part(1, 201, {"id": "a"}), part(2, 204)))

    graph.batch(
        [
            Request("POST", "/me/contacts", {"givenName": "Ada"}),
            Request("DELETE", "/me/contacts/b", headers={"If-Match": "v"}),
        ]
    )

    assert graph.requests == 1
    assert script.asked[0].url == f"{GRAPH}/$batch"
    assert script.bodies == [
        {
            "requests": [
                {
                    "id": "1",
                    "method": "POST",
                    "url": "/me/contacts",
                    "headers": {**PREFER, "Content-Type": "application/json"},
                    "body": {"givenName": "Ada"},
                },
                {
                    "id": "2",
                    "method": "DELETE",
                    "url": "/me/contacts/b",
                    "headers": {**PREFER, "If-Match": "v"},
                },
            ]
        }
    ]


def test_answers_are_matched_by_id_in_any_order():
    graph, _ = client(answers(part(3, 204), part(1, 201, {"id": "a"}), part(2, 412, error("X"))))

    assert [reply.status for reply in graph.batch(POSTS)] == [201, 412, 204]


def test_the_documented_batch_answer_is_read():
    sample = json.loads((EXAMPLES / "batch.response.json").read_text())
    graph, _ = client(Say(200, sample), answers(part(1, 200, {})))

    replies = graph.batch([Request("GET", f"/{number}") for number in range(4)])

    assert [reply.status for reply in replies] == [302, 200, 200, 204]


def test_a_missing_answer_is_unknown():
    graph, _ = client(answers(part(1, 201, {"id": "a"}), part(3, 201, {"id": "c"})))

    assert [reply and reply.status for reply in graph.batch(POSTS)] == [201, None, 201]


@pytest.mark.parametrize(
    "odd",
    [
        {"id": "1"},
        {"id": "1", "status": "two hundred"},
        {"id": "1", "status": None},
        {"id": "1", "status": [200]},
        "text",
        None,
        {"status": 200},
        {"id": "9", "status": 200},
    ],
)
def test_an_odd_answer_is_unknown(odd):
    graph, _ = client(answers(odd))

    assert graph.batch(POSTS[:1]) == [None]


def test_two_answers_to_one_request_are_as_good_as_none():
    graph, _ = client(answers(part(1, 201, {"id": "a"}), part(1, 500)))

    assert graph.batch(POSTS[:1]) == [None]


@pytest.mark.parametrize(
    "loss",
    [
        Say(504),
        Say(503, None, {"Retry-After": "5"}),
        Say(200, b""),
        Say(200, b'{"responses": [{"id": "1", "status"'),
        Say(200, b"<html>"),
        requests.ReadTimeout(),
        requests.ConnectionError(),
        Say(200, {"responses": None}),
        Say(200, {"error": "odd"}),
    ],
    ids=repr,
)
def test_a_lost_batch_is_unknown_and_not_repeated(loss):
    graph, script = client(loss)

    assert graph.batch(POSTS) == [None, None, None]
    assert len(script.asked) == 1


def test_a_batch_that_only_reads_is_repeated_when_lost():
    fine = answers(part(1, 200, {"id": "a"}))
    graph, _ = client(requests.ReadTimeout(), fine)

    assert graph.batch(GETS[:1])[0].status == 200


def test_a_throttled_batch_raises_when_the_wait_is_long():
    graph, _ = client(refusal(429, "TooManyRequests", Retry_After="600"))

    with pytest.raises(Throttled) as caught:
        graph.batch(POSTS)

    assert caught.value.retry_after == 600


def test_members_refused_with_401_are_sent_once_more_with_the_claims_they_ask_for():
    claims = base64.b64encode(b'{"access_token":{}}').decode()
    tokens = Tokens()
    graph, script = client(
        answers(
            part(1, 201, {"id": "a"}),
            part(
                2,
                401,
                error("InvalidAuthenticationToken"),
                WWW_Authenticate=f'Bearer claims="{claims}"',
            ),
            part(3, 401, error("InvalidAuthenticationToken")),
        ),
        answers(part(1, 201, {"id": "b"}), part(2, 401, error("InvalidAuthenticationToken"))),
        tokens=tokens,
    )

    replies = graph.batch(POSTS)

    assert [reply.status for reply in replies] == [201, 201, 401]
    assert tokens.asked == [(True, '{"access_token":{}}')]
    assert [member["body"] for member in script.bodies[1]["requests"]] == [
        {"givenName": "1"},
        {"givenName": "2"},
    ]


class NoMoreTokens:
    def __call__(self, refresh=False, claims=""):
        if refresh:
            raise Unavailable("The sign-in is down.")
        return "token"


def test_trouble_with_a_new_token_loses_no_answer_of_the_others():
    refused = part(2, 401, error("InvalidAuthenticationToken"))
    graph, _ = client(answers(part(1, 201, {"id": "a"}), refused), tokens=NoMoreTokens())

    assert [reply.status for reply in graph.batch(POSTS[:2])] == [201, 401]


def test_trouble_with_a_new_token_is_raised_when_nothing_was_carried_out():
    refused = part(1, 401, error("InvalidAuthenticationToken"))
    graph, _ = client(answers(refused), tokens=NoMoreTokens())

    with pytest.raises(Unavailable, match="down"):
        graph.batch(POSTS[:1])


# --- Look-ups -----------------------------------------------------------------------------------


def test_many_look_ups_go_out_in_batches_one_after_the_other():
    wanted = [Request("GET", f"/me/contacts/{number}") for number in range(45)]
    sizes = [20, 20, 5]
    graph, script = client(
        *[answers(*[part(n + 1, 200, {}) for n in range(size)]) for size in sizes]
    )

    replies = graph.look_up(wanted)

    assert [reply.status for reply in replies] == [200] * 45
    assert [len(body["requests"]) for body in script.bodies] == sizes
    assert BATCH_SIZE == 20


def test_throttled_look_ups_are_asked_again_after_their_own_wait():
    sleeps = []
    graph, script = client(
        answers(
            part(1, 200, {"id": "a"}),
            part(2, 429, error("ApplicationThrottled"), Retry_After="2.5"),
            part(3, 503, None, Retry_After="1"),
        ),
        answers(part(1, 200, {"id": "b"}), part(2, 404, error("ErrorItemNotFound"))),
        sleeps=sleeps,
    )

    replies = graph.look_up(GETS)

    assert [reply.status for reply in replies] == [200, 200, 404]
    assert sleeps == [2.5]
    assert [member["url"] for member in script.bodies[1]["requests"]] == [GETS[1].url, GETS[2].url]


def test_look_ups_do_not_wait_for_ever():
    sleeps = []
    busy = answers(part(1, 429, error("ApplicationThrottled"), Retry_After="600"))
    graph, _ = client(busy, sleeps=sleeps)

    with pytest.raises(Throttled):
        graph.look_up(GETS[:1])
    assert sleeps == []


def test_look_ups_are_not_asked_for_ever():
    graph, script = client(*[answers(part(1, 503))] * 9)

    assert graph.look_up(GETS[:1])[0].status == 503
    assert len(script.asked) == 5
