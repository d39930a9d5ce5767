"""Knock at every door of the URLconf, and say in one letter what the answer was."""

from __future__ import annotations

import re
from pathlib import Path

from django.db import transaction
from django.urls import URLPattern, get_resolver, reverse

TABLE = Path(__file__).with_name("doors.txt")
LETTERS = {200: "o", 400: "?", 401: "t", 403: "x", 404: "-", 405: "m"}
METHODS = ("GET", "POST")
# What stands for a part of an address that is not a row's key.
PARTS = {
    "<slug:name>": "arrivals",
    "<slug:about>": "groups",
    "<slug:answer>": "keep",
    "<path:content_type_id>": "1",
    "^(?P<key>[-:\\w]+)/$": "no-such-key/",
    "^(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$": "1-no-such-key/",
    "(?P<url>.*)$": "no-such-page/",
}


def doors():
    """Walk the URLconf and give each address, as it is written there."""

    def walk(patterns, before):
        for pattern in patterns:
            # The admin names its applications here: what they are is no part of the question.
            route = before + re.sub(r"\(\?P<app_label>.*\)", "<app>", str(pattern.pattern))
            if isinstance(pattern, URLPattern):
                yield route
            else:
                yield from walk(pattern.url_patterns, route)

    return list(dict.fromkeys(walk(get_resolver().url_patterns, "")))


def address(route, rows):
    """Fill in an address: with the row it is about; on our pages that is the owner's run."""
    model = re.match(r"admin/(\w+)/(\w+)/", route)
    key = str(rows.get(f"{model[1]}.{model[2]}") if model else rows["contacts_sync.syncrun"])
    if "changes/<int:pk>" in route:
        key = str(rows["contacts_sync.syncchange"])
    if "/list/<int:pk>" in route:
        key = str(rows["contacts_sync.externallink"])
    route = route.replace("^<app>/$", "contacts_sync/")
    for part, text in PARTS.items():
        route = route.replace(part.lstrip("^"), text).replace("^", "")
    return "/" + re.sub(r"<(path:object_id|int:pk|id|str:\w+)>", key, route)


def knock(client, method, url):
    """Ask, and undo what that did, so that the next door is asked by the same person."""
    session = client.cookies.get("sessionid")
    key = session.value if session else ""
    with transaction.atomic():
        response = client.generic(
            method, url, b"", "application/x-www-form-urlencoded" if method == "POST" else ""
        )
        # The admin asks at its own door, which hands over to the one sign-in.
        if response.status_code == 302 and response.url.startswith(reverse("admin:login")):
            response = client.get(response.url)
        transaction.set_rollback(True)
    client.cookies.clear()
    if key:
        client.cookies["sessionid"] = key
    return _letter(response)


def _letter(response):
    if response.status_code in (301, 302):
        return "S" if response.url.startswith(reverse("account_login")) else ">"
    return LETTERS.get(response.status_code, str(response.status_code))


def table():
    """Read the table: the letters of each method, by address."""
    lines = [line for line in TABLE.read_text().splitlines() if line and line[0] != "#"]
    rows = [line.split(maxsplit=2) for line in lines]
    return {row[2] if len(row) == 3 else "": row[:2] for row in rows}
