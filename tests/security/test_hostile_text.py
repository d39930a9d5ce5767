"""Text that strangers choose, wherever it can do harm: pages, spreadsheets, mails, logs, names."""

from __future__ import annotations

import csv
import io
import json
import logging
import random
import re
import string
from html.parser import HTMLParser

import pytest
from django.core import mail
from django.core.management import call_command
from django.urls import reverse

from contacts_sync import logs
from contacts_sync.models import Contact, ExternalLink, SyncChange, SyncRun
from tests.security.doors import address, table
from tests.security.people import everybody, everything

pytestmark = pytest.mark.django_db

MARKUP = (
    '"><img src=x onerror=alert(1)>',
    "<script>alert(1)</script>",
    "</textarea><svg/onload=alert(1)>",
    "{{ 7|add:7 }}{% csrf_token %}",
    "javascript:alert(1)",
    "' onmouseover='alert(1)",
)
EVIL = (
    "\u202e"
    + "".join(MARKUP)
    + "\u2066\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16")
)


class Live(HTMLParser):
    """Find what of a page would run: planted tags, handlers, and expressions the theme evaluates."""

    def __init__(self, html):
        super().__init__()
        self.found, self._script = [], False
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self._script = tag == "script"
        for name, value in attrs:
            evaluated = name.startswith(("on", "x-", "@", ":")) and "alert(1)" in (value or "")
            planted = (tag, name, value) in (("img", "src", "x"), ("svg", "onload", "alert(1)"))
            script = name in ("href", "src", "action") and re.match(
                r"\s*(javascript|data):(?!image/)", value or "", re.IGNORECASE
            )
            if evaluated or planted or script:
                self.found.append(self.get_starttag_text()[:300])

    def handle_data(self, data):
        if self._script and "alert(1)" in data:
            self.found.append(data[:300])

    def handle_endtag(self, tag):
        self._script = False


@pytest.fixture
def people():
    return everybody()


@pytest.fixture
def rows(people):
    """Everything that exists, with every text of it hostile."""
    rows = everything(people)
    for model in (Contact, ExternalLink, SyncChange, SyncRun):
        for row in model.objects.all():
            spoil(row, EVIL)
    mine = people["owner"].connections.get()
    mine.mirror.update(
        values={
            "scalars": {"first_name": EVIL, "company": EVIL, "nonsense": EVIL},
            "sets": {"emails": [["", EVIL]], "phones": [[EVIL, EVIL]]},
        },
        notes=[EVIL],
        skip=EVIL[:200],
    )
    type(mine).objects.filter(pk=mine.pk).update(
        username=EVIL[:320], account_name=EVIL[:320], problem="failing", problem_text=EVIL
    )
    type(people["owner"]).objects.update(first_name=EVIL[:150])
    return rows


def spoil(row, text):
    """Write the text into every field of a row that takes it."""
    for field in row._meta.concrete_fields:
        kind = field.get_internal_type()
        if kind == "TextField":
            setattr(row, field.name, text)
        if kind == "JSONField" and field.name in ("before", "after"):
            setattr(
                row, field.name, {"first_name": text, text: text, "emails": [[text, text, True]]}
            )
        if kind == "JSONField" and field.name == "conflict":
            conflict = {"field": text, "here": text, "there": text, "winner": "here"}
            setattr(row, field.name, [conflict])
    type(row).objects.filter(pk=row.pk).update(
        **{
            f.name: getattr(row, f.name)
            for f in row._meta.concrete_fields
            if f.get_internal_type() in ("TextField", "JSONField")
        }
    )


def pages(client, people, rows, query="", which=""):
    """Open every page that shows something, as whoever sees most of it."""
    for who, start in (("owner", "settings/"), ("superuser", "admin/")):
        client.force_login(people[who])
        for route, (letters, _) in table().items():
            shown = letters[2 if who == "owner" else 7] == "o"
            if shown and route.startswith(start) and re.match(which, route) and "_q" not in route:
                yield route, client.get(address(route, rows) + query)


def test_no_page_takes_a_text_for_markup(client, people, rows):
    Contact.objects.get().websites.create(url="javascript:alert(1)")

    seen = 0
    for route, page in pages(client, people, rows):
        text = body(page)
        seen += "alert(1)" in text
        if not route.endswith(".csv"):
            assert Live(text).found == [], route

    assert seen > 15, "the pages show what was planted"


def body(page):
    content = b"".join(page.streaming_content) if page.streaming else page.content
    return content.decode()


STRANGE = (
    "?q=\u202e%25_'%22&page=99999999999999999999&kind=-1&state__exact=-1&connection__id__exact=x",
    "?e=1&p=-1&page=²&o=-99.x&q=" + "x" * 5000,
)


@pytest.mark.parametrize("query", STRANGE)
def test_no_address_is_too_strange(client, people, rows, query):
    strange = {
        route: page.status_code
        for route, page in pages(client, people, rows, query, r"settings/|admin/\w+/\w+/(\w+/)?$")
        if page.status_code >= 500
    }

    assert strange == {}


def test_a_field_of_a_megabyte_breaks_no_page(client, people):
    rows = everything(people)
    huge = "A very long name " * 65_536
    Contact.objects.update(job_title=huge)
    ExternalLink.objects.update(name=huge)
    for change in SyncChange.objects.all():
        spoil(change, huge)

    sizes = {}
    shown = r"settings/.*(preview|history|missing)|admin/contacts_sync/(contact|externallink|sync)"
    for route, page in pages(client, people, rows, which=shown):
        assert page.status_code == 200, route
        sizes[route] = len(body(page))

    assert max(sizes.values()) < 20_000_000, sizes


def test_a_name_of_a_megabyte_is_stored():
    letters = "".join(random.Random(1).choices(string.ascii_letters, k=1_000_000))

    Contact.objects.create(first_name=letters)


def test_a_nul_in_a_form_is_refused_before_anybody_looks_it_up(client, people):
    client.force_login(people["owner"])

    answers = [
        client.get("/settings/", {"q": "a\0"}),
        client.post(reverse("office365_keep_both"), {"group": "a\0"}),
        client.post(reverse("office365_keep_both"), {"a\0": "x"}),
    ]

    assert [answer.status_code for answer in answers] == [400] * 3


# --- Spreadsheets

FORMULAS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "  =1",
    '=HYPERLINK("http://x")',
]


@pytest.mark.parametrize("formula", FORMULAS)
def test_what_is_exported_of_a_run_is_no_formula(client, people, formula):
    rows = everything(people)
    SyncChange.objects.update(name=formula, reason=formula, after={"first_name": formula})
    client.force_login(people["operator"])

    text = body(
        client.get(
            reverse("admin:contacts_sync_syncrun_export", args=[rows["contacts_sync.syncrun"]])
        )
    )

    for line in csv.reader(io.StringIO(text.lstrip("\ufeff"))):
        assert not [cell for cell in line if re.match(r"[\s\ufeff]*[=+\-@]", cell)]


def test_the_name_of_a_file_is_not_for_a_stranger_to_choose(client, people, rows):
    client.force_login(people["operator"])

    page = client.get(
        reverse("admin:contacts_sync_syncrun_export", args=[rows["contacts_sync.syncrun"]])
    )

    assert re.fullmatch(r'attachment; filename="run-\d+\.csv"', page.headers["Content-Disposition"])
    assert page.headers["X-Content-Type-Options"] == "nosniff"


# --- Mails


@pytest.mark.parametrize(
    "address",
    [
        "a@x.example\nBcc: all@x.example",
        "a@x.example\r\n\r\nhello",
        '"a\nBcc: b"@x.example',
        "a@x.example,b@x.example",
    ],
)
def test_an_invitation_goes_to_one_address(client, people, address):
    client.force_login(people["administrator"])

    client.post(reverse("admin:auth_user_add"), {"email": address, "groups": "1"})

    assert mail.outbox == []


def test_a_name_adds_no_header_to_a_mail(
    client, people, settings, django_capture_on_commit_callbacks
):
    settings.FIRM_LIST_NAME = "Clio"
    client.force_login(people["administrator"])
    type(people["administrator"]).objects.filter(username="administrator").update(
        first_name="Eve\nBcc: all@x.example", last_name="\r\nSubject: x"
    )
    group = people["member"].groups.get().pk

    with django_capture_on_commit_callbacks(execute=True):
        client.post(
            reverse("admin:auth_user_add"),
            {"email": "new@firm.example", "first_name": "Bcc: x", "groups": group},
        )

    message = mail.outbox[0].message()
    assert message["To"] == "new@firm.example"
    assert message["Bcc"] is None
    assert "\n" not in message["Subject"]


@pytest.mark.parametrize("host", ["evil.example", "testserver@evil.example", "testserver\\evil"])
def test_a_link_in_a_mail_leads_to_no_other_site(client, people, host):
    answer = client.post(
        reverse("account_reset_password"), {"email": "member@firm.example"}, headers={"Host": host}
    )

    assert answer.status_code == 400
    assert mail.outbox == []


# --- Log lines


def record(message, *args, error=None):
    info = (type(error), error, None) if error else None
    return logging.LogRecord("contacts_sync", logging.WARNING, "x.py", 1, message, args, info)


FORGED = "x\n2026-01-01 00:00:00 ERROR root: forged\r\x1b[31m\u202eevil\u2028"


def test_nobody_writes_a_log_line_of_their_own():
    plain = logs.Plain().format(record("name %s", FORGED))
    line = logs.Json().format(record("name %s", FORGED))

    assert not [one for one in plain.splitlines()[1:] if not one.startswith("    ")]
    assert not {"\r", "\x1b", "\u202e", "\u2028"} & set(plain)
    assert len(line.splitlines()) == 1
    assert json.loads(line)["message"] == f"name {FORGED}"
    assert line.isascii()


def test_no_file_steers_the_terminal_it_is_imported_in(tmp_path):
    """Found by fuzzing: what a report quotes was written as it stood in the file."""
    path = tmp_path / "evil.vcf"
    steer = "\x1b]0;title\x07\x1b[2J\x9b31m\u202e"
    path.write_text(
        f"BEGIN:VCARD\r\nVERSION:3.0\r\nN:Ash;A{steer}\r\nX{steer}-Y:1\r\nno{steer} property\r\n"
        f"NOTE:{steer}\r\nEND:VCARD\r\n"
    )
    out = io.StringIO()

    call_command("import_contacts", str(path), "--dry-run", stdout=out)

    assert "A\\x1b]0 title" in out.getvalue()
    assert [one for one in out.getvalue() if not one.isprintable() and one not in "\n\t"] == []


def test_an_exception_is_told_within_its_line():
    line = logs.Json().format(record("failed", error=ValueError("a\nb")))

    assert len(line.splitlines()) == 1
    assert json.loads(line)["exception"].startswith("ValueError: a\nb")


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (
            "GET /callback/?code=0.AX-secret&state=abc HTTP/1.1",
            "GET /callback/?code=…&state=… HTTP/1.1",
        ),
        ("Authorization: Bearer eyJ0eXAiOiJKV1Q.abc.def", "Authorization: Bearer …"),
        ("token eyJ0eXAiOiJKV1Qi.eyJhdWQi.c2ln here", "token … here"),
        ("client_secret=abc~def refresh_token='x.y'", "client_secret=… refresh_token='x.y'"),
        ("/accounts/password/reset/key/3-c0ffee/", "/accounts/password/reset/key/…/"),
        ("GET contacts/{id} 503 2f1e", "GET contacts/{id} 503 2f1e"),
    ],
)
def test_what_opens_a_door_is_taken_out_of_a_line(text, kept):
    assert logs.redact(text) == kept


def test_a_line_names_its_request_and_its_run():
    with logs.about(request="r1"), logs.about(run=7):
        line = json.loads(logs.Json().format(record("hello")))
        plain = logs.Plain().format(record("hello"))

    assert (line["request"], line["run"], line["level"]) == ("r1", 7, "WARNING")
    assert plain.endswith("hello request=r1 run=7")


def test_a_proxy_names_a_request_and_a_stranger_does_not_forge_one(client):
    good = client.get("/healthz", headers={"X-Request-ID": "abc-12345"})
    bad = client.get("/healthz", headers={"X-Request-ID": "x\ny: z" + "a" * 99})

    assert good.headers["X-Request-ID"] == "abc-12345"
    assert re.fullmatch(r"[0-9a-f]{32}", bad.headers["X-Request-ID"])
