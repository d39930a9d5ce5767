"""Requests that wait, give up, and never take the token elsewhere."""

from __future__ import annotations

import base64
import logging
from datetime import UTC, datetime, timedelta

import pytest
import requests
import urllib3

from contacts_sync.providers.errors import Throttled, Unavailable
from contacts_sync.providers.http import (
    OutcomeUnknown,
    Session,
    claims_challenge,
    plain_path,
    retry_after,
)
from tests.providers.script import GRAPH, Say, Script, Tokens, api, refusal

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
FINE = Say(200, {"value": []})


def never_connected():
    pool = urllib3.HTTPSConnectionPool("graph.microsoft.com")
    reason = urllib3.exceptions.NewConnectionError(pool, "refused")
    return requests.ConnectionError(urllib3.exceptions.MaxRetryError(pool, "/", reason))


# --- The session --------------------------------------------------------------------------------


@pytest.fixture
def settings_seen(monkeypatch):
    """Run a session against an adapter that says with which settings it was called."""

    def run(session):
        seen = {}
        script = Script(FINE)
        inner = script.send

        def send(request, **options):
            seen.update(options, headers=request.headers)
            return inner(request)

        script.send = send
        session.mount("https://", script)
        session.get("https://graph.microsoft.com/v1.0/me", headers={"Authorization": "Bearer t"})
        return seen

    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "HTTPS_PROXY", "https_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    return run


def test_a_session_never_waits_for_ever(settings_seen):
    assert settings_seen(Session())["timeout"] == (5.0, 30.0)


def test_the_environment_does_not_override_a_chosen_authority(settings_seen, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/env.pem")

    assert settings_seen(Session(verify="/ours.pem"))["verify"] == "/ours.pem"


def test_without_a_choice_the_bundle_of_the_environment_is_used(settings_seen, monkeypatch):
    assert settings_seen(Session())["verify"] is True

    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/env.pem")

    assert settings_seen(Session())["verify"] == "/env.pem"


def test_proxies_of_the_environment_are_used(settings_seen, monkeypatch):
    monkeypatch.setenv("https_proxy", "http://proxy.example:3128")

    assert settings_seen(Session())["proxies"]["https"] == "http://proxy.example:3128"


def test_a_netrc_file_does_not_replace_our_token(settings_seen, monkeypatch, tmp_path):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine graph.microsoft.com login a password b\n")
    monkeypatch.setenv("NETRC", str(netrc))

    assert settings_seen(Session())["headers"]["Authorization"] == "Bearer t"


def test_a_redirect_is_not_followed():
    script = Script(Say(302, None, {"Location": "https://elsewhere.example/"}))

    answer = script.session().post("https://login.microsoftonline.com/t/token", {"secret": "x"})

    assert answer.status_code == 302
    assert len(script.asked) == 1


# --- Links --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/v1.0/me",
        "https://graph.microsoft.com.evil.example/v1.0/me",
        "https://graph.microsoft.com@evil.example/v1.0/me",
        "https://graph.microsoft.com\\@evil.example/v1.0/me",
        "https://graph.microsoft.com:444/v1.0/me",
        "https://user@graph.microsoft.com/v1.0/me",
        "http://graph.microsoft.com/v1.0/me",
        "https:///v1.0/me",
        " https://graph.microsoft.com/v1.0/me",
        "ftp://graph.microsoft.com/",
        "v1.0/me",
        "",
    ],
)
def test_a_link_to_elsewhere_is_refused_before_anything_is_sent(link):
    script = Script()

    with pytest.raises(Unavailable, match="another host"):
        api(script).send("GET", link)

    assert script.asked == []


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("/me", f"{GRAPH}/me"),
        ("//evil.example/x", f"{GRAPH}//evil.example/x"),
        (f"{GRAPH}/me?$skiptoken=a%3D", f"{GRAPH}/me?$skiptoken=a%3D"),
        ("HTTPS://Graph.Microsoft.com/v1.0/me", "https://graph.microsoft.com/v1.0/me"),
    ],
)
def test_a_link_on_the_host_is_followed(given, sent):
    script = Script(FINE)

    api(script).send("GET", given)

    assert script.asked[0].url == sent
    assert script.asked[0].headers["Authorization"] == "Bearer token-1"


# --- Waiting ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("5", 5.0),
        ("2.128", 2.128),
        ("0", 0.0),
        ("-3", 0.0),
        ("86400", 86400.0),
        ("Tue, 24 Nov 2026 12:00:30 GMT", 30.0),
        ("Tue, 24 Nov 2026 11:00:00 GMT", 0.0),
        ("Tue, 24 Nov 2026 12:00:30 -0000", 30.0),
        ("soon", None),
        ("nan", None),
        ("inf", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_is_read_in_every_form(header, seconds):
    assert retry_after(header, NOW) == seconds


def test_a_throttled_request_waits_as_long_as_asked():
    sleeps = []
    script = Script(refusal(429, "TooManyRequests", Retry_After="2.128"), FINE)

    assert api(script, sleeps).send("GET", "/me").ok
    assert sleeps == [2.128]


def test_without_retry_after_the_waits_double():
    sleeps = []
    script = Script(*[Say(503)] * 4, FINE)

    assert api(script, sleeps).send("GET", "/me").ok
    assert sleeps == [1.0, 2.0, 4.0, 8.0]


def test_a_date_is_waited_for():
    sleeps = []
    answer = Say(503, None, {"Retry-After": "Tue, 24 Nov 2026 12:00:30 GMT"})

    api(Script(answer, FINE), sleeps, now=lambda: NOW).send("GET", "/me")

    assert sleeps == [30.0]


def test_a_long_wait_is_left_to_the_caller():
    sleeps = []
    script = Script(refusal(429, "TooManyRequests", Retry_After="3600"))

    with pytest.raises(Throttled) as caught:
        api(script, sleeps).send("GET", "/me")

    assert caught.value.retry_after == 3600
    assert sleeps == []


def test_many_short_waits_do_not_add_up_to_a_long_one():
    sleeps = []
    script = Script(*[refusal(429, "TooManyRequests", Retry_After="25")] * 5)

    with pytest.raises(Throttled):
        api(script, sleeps).send("GET", "/me")

    assert sum(sleeps) <= 60


def test_patience_ends_after_five_requests():
    script = Script(*[Say(500)] * 9)

    with pytest.raises(Unavailable):
        api(script).send("GET", "/me")

    assert len(script.asked) == 5


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_passing_trouble_is_waited_out(status):
    assert api(Script(Say(status, b"<html>"), FINE)).send("GET", "/me").ok


@pytest.mark.parametrize("status", [400, 403, 404, 405, 409, 410, 412, 418, 501, 507])
def test_other_refusals_are_answers(status):
    script = Script(refusal(status, "Code", "Text"))

    reply = api(script).send("GET", "/me")

    assert (reply.status, reply.body["error"]["code"]) == (status, "Code")


# --- What may be repeated -----------------------------------------------------------------------

TROUBLES = [
    Say(500),
    Say(502, b"<html>"),
    Say(503),
    Say(504),
    requests.ReadTimeout(),
    requests.ConnectionError("reset"),
    requests.exceptions.ChunkedEncodingError(),
    Say(200, b"<html>Sign in to the network"),
    Say(200, b'{"responses": ['),
    Say(200, b""),
    Say(302),
]


@pytest.mark.parametrize("trouble", TROUBLES, ids=repr)
@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_what_can_be_repeated_is_repeated(method, trouble):
    if method != "GET" and isinstance(trouble, Say) and trouble.body == b"":
        return  # an empty answer is a fine one to these
    script = Script(trouble, FINE)

    assert api(script).send(method, "/me/contacts/x").ok
    assert len(script.asked) == 2


@pytest.mark.parametrize("trouble", TROUBLES, ids=repr)
def test_a_post_whose_outcome_is_unknown_is_never_repeated(trouble):
    script = Script(trouble)

    with pytest.raises(OutcomeUnknown):
        api(script).send("POST", "/$batch", body={})

    assert len(script.asked) == 1


@pytest.mark.parametrize("trouble", TROUBLES, ids=repr)
def test_a_post_that_only_reads_is_repeated(trouble):
    script = Script(trouble, FINE)

    assert api(script).send("POST", "/$batch", body={}, repeatable=True).ok


@pytest.mark.parametrize(
    "trouble",
    [refusal(429, "TooManyRequests"), never_connected(), requests.ConnectTimeout()],
    ids=["throttled", "no connection", "no connection in time"],
)
def test_a_post_that_was_certainly_not_carried_out_is_repeated(trouble):
    script = Script(trouble, FINE)

    assert api(script).send("POST", "/$batch", body={"a": 1}).ok
    assert script.bodies == [{"a": 1}, {"a": 1}]


def test_a_post_that_never_found_a_connection_is_not_unknown():
    with pytest.raises(Unavailable) as caught:
        api(Script(*[never_connected()] * 5)).send("POST", "/$batch", body={})

    assert not isinstance(caught.value, OutcomeUnknown)


# --- Answers that are none ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "body", [b"<html>Sign in</html>", b"", b'{"value": [', b"[]", b"null", b'"text"', b"[" * 99_999]
)
def test_an_answer_that_is_no_json_object_is_unavailable(body):
    with pytest.raises(Unavailable, match="sensibly"):
        api(Script(*[Say(200, body)] * 5)).send("GET", "/me")


def test_an_html_page_with_404_is_not_taken_for_an_answer_of_the_service():
    reply = api(Script(Say(404, b"<html>Not found</html>"))).send("GET", "/me")

    assert (reply.status, reply.body) == (404, None)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (requests.exceptions.SSLError("x"), "certificate"),
        (requests.exceptions.ProxyError("x"), "proxy"),
        (requests.ReadTimeout("x"), "in time"),
        (requests.ConnectionError("https://graph.microsoft.com/secret"), "could not be reached"),
    ],
)
def test_trouble_is_told_in_words_without_addresses(error, words):
    with pytest.raises(Unavailable, match=words) as caught:
        api(Script(*[error] * 5)).send("GET", "/me")

    assert "secret" not in str(caught.value)


# --- Tokens -------------------------------------------------------------------------------------


def test_a_refused_token_is_renewed_once():
    tokens = Tokens()
    script = Script(refusal(401, "InvalidAuthenticationToken"), FINE)

    assert api(script, tokens=tokens).send("POST", "/$batch", body={}).ok
    assert tokens.asked == [(True, "")]
    assert script.asked[1].headers["Authorization"] == "Bearer token-2"


def test_a_token_refused_twice_is_an_answer():
    script = Script(*[refusal(401, "InvalidAuthenticationToken")] * 2)

    assert api(script).send("GET", "/me").status == 401
    assert len(script.asked) == 2


def test_a_claims_challenge_is_passed_on():
    tokens = Tokens()
    asked = '{"access_token":{"nbf":{"essential":true,"value":"1"}}}'
    header = f'Bearer realm="", error="insufficient_claims", claims="{base64.b64encode(asked.encode()).decode()}"'
    script = Script(refusal(401, "InvalidAuthenticationToken", WWW_Authenticate=header), FINE)

    api(script, tokens=tokens).send("GET", "/me")

    assert tokens.asked == [(True, asked)]


@pytest.mark.parametrize(
    ("header", "claims"),
    [
        ("", ""),
        ('Bearer realm=""', ""),
        ('Bearer claims="eyJhIjoxfQ"', '{"a":1}'),
        ('Bearer claims="eyJhIjoxfQ=="', '{"a":1}'),
        ('Bearer claims="!"', ""),
        ('Bearer claims="//79"', ""),
        ('Bearer claims="{}"', "{}"),
    ],
)
def test_claims_are_read_from_the_header(header, claims):
    assert claims_challenge(header) == claims


# --- Being a good guest -------------------------------------------------------------------------


def test_requests_are_counted_with_every_repetition():
    client = api(Script(Say(503), FINE, FINE))
    client.send("GET", "/me")
    client.send("GET", "/me")

    assert client.requests == 3


def test_a_run_can_stop_between_requests():
    class Stopped(Exception):
        pass

    def stop():
        raise Stopped

    script = Script()
    with pytest.raises(Stopped):
        api(script, before_request=stop).send("POST", "/$batch", body={})

    assert script.asked == []


def test_the_log_holds_neither_ids_nor_tokens_nor_contents(caplog):
    caplog.set_level(logging.DEBUG)
    script = Script(
        Say(503, {"error": {"message": "Ada Ash"}}, {"request-id": "guid-1"}),
        requests.ConnectionError("url: /v1.0/me/contacts/AAkALgAAAAAAHYQDEapmEc2byACqAC"),
        Say(200, {"displayName": "Ada Ash"}, {"request-id": "guid-2"}),
    )

    api(script).send(
        "PATCH", "/me/contacts/AAkALgAAAAAAHYQDEapmEc2byACqAC-EWg0=?x=y", body={"givenName": "Ada"}
    )

    text = caplog.text
    assert "PATCH /v1.0/me/contacts/{id} 503 guid-1" in text
    assert "PATCH /v1.0/me/contacts/{id} 200 guid-2" in text
    for secret in ("Ada", "AAkALg", "token-1", "Bearer", "x=y"):
        assert secret not in text


@pytest.mark.parametrize(
    ("address", "path"),
    [
        (f"{GRAPH}/$batch", "/v1.0/$batch"),
        (
            f"{GRAPH}/me/contactFolders/contacts/contacts/delta?$deltatoken=x",
            "/v1.0/me/contactFolders/contacts/contacts/delta",
        ),
        (f"{GRAPH}/me/contactFolders('AQMk')/contacts/delta", "/v1.0/me/{id}/contacts/delta"),
        (f"{GRAPH}/users/anna@firm.example", "/v1.0/users/{id}"),
    ],
)
def test_paths_are_logged_without_ids(address, path):
    assert plain_path(address) == path


# --- The service's clock ------------------------------------------------------------------------


@pytest.mark.parametrize("date", ["", "yesterday", "Tue, 24 Nov 2026 12:00:00 GMT"])
def test_the_time_there_is_what_the_service_says_and_goes_on_by_our_clock(date):
    ours = [NOW - timedelta(days=1, hours=3)]
    there = NOW if "GMT" in date else ours[0]
    client = api(Script(Say(200, {"value": []}, {"Date": date})), now=lambda: ours[0])

    client.send("GET", "/me")

    assert client.time_there() == there
    ours[0] += timedelta(minutes=2)
    assert client.time_there() == there + timedelta(minutes=2)


def test_a_clock_that_is_set_back_does_not_take_the_time_there_back():
    ours = [NOW]
    answer = Say(200, {"value": []}, {"Date": "Tue, 24 Nov 2026 12:00:00 GMT"})
    client = api(Script(answer), now=lambda: ours[0])
    client.send("GET", "/me")

    ours[0] -= timedelta(days=1)

    assert client.time_there() == NOW
