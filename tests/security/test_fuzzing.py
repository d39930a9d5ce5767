"""Random and hostile input to what strangers reach: the callback, Graph's answers, uploaded files."""

from __future__ import annotations

import io
import json
import os
import time
import zipfile
from dataclasses import asdict
from urllib.parse import urlencode

import pytest
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contacts_sync import files
from contacts_sync.models import Connection
from contacts_sync.providers.microsoft365 import mapping
from contacts_sync.simulator import Microsoft365
from tests.security.flows import Microsoft
from tests.security.people import everybody

MORE = int(os.environ.get("FUZZ", "0"))
"""How many examples each test tries: `FUZZ=20000 pytest tests/security/test_fuzzing.py` for a night."""

FEW = settings(
    max_examples=MORE or 40,
    deadline=None,
    derandomize=not MORE,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

# Texts as they come from outside, surrogates, NUL and direction marks among them.
TEXT = st.text(max_size=60) | st.sampled_from(
    ["\0", "\ud800", "\u202e", "é" * 999, "%00", "a\r\nb", "${jndi:x}", "-" * 5000]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)


# --- The callback


@pytest.fixture
def begun(client, db, monkeypatch):
    """An owner's browser that has just pressed Authorize."""
    sim = Microsoft365(sleep=lambda seconds: None)
    microsoft = Microsoft(sim, monkeypatch)
    client.force_login(everybody()["owner"])
    yield client, microsoft
    sim.close()


NAMES = st.sampled_from(
    ["code", "state", "error", "error_description", "error_uri", "session_state", "client_info",
     "id_token", "access_token", "admin_consent", "tenant", "iss", "nonce", "next"]
)  # fmt: skip


@FEW
@given(query=st.lists(st.tuples(NAMES, TEXT), max_size=8), right=st.booleans())
def test_no_answer_to_the_sign_in_connects_anybody_or_breaks_the_page(begun, query, right):
    client, _microsoft = begun
    away = client.post(reverse("office365_authorize"))
    state = away.url.partition("state=")[2].partition("&")[0]
    pairs = [*query, *([("state", state)] if right else [])]

    answer = client.get(
        f"{reverse('office365_callback')}?{urlencode(pairs, errors='surrogatepass')}"
    )

    assert answer.status_code in (302, 400)
    assert not Connection.objects.exists()
    if answer.status_code == 302:
        assert answer.url == reverse("office365")
        assert client.get(answer.url).status_code == 200


# --- What Graph says


def shapes(text):
    """A contact as Graph describes it, with any of its properties of another shape."""
    names = [
        "id", "@odata.etag", "changeKey", "lastModifiedDateTime", "createdDateTime", "displayName",
        "fileAs", "givenName", "surname", "middleName", "title", "generation", "companyName",
        "jobTitle", "department", "birthday", "businessPhones", "homePhones", "mobilePhone",
        "emailAddresses", "imAddresses", "businessAddress", "homeAddress", "otherAddress",
        "businessHomePage", "parentFolderId", "singleValueExtendedProperties", "@removed",
        "personalNotes", "categories", "unheardOf",
    ]  # fmt: skip
    return st.dictionaries(st.sampled_from(names), text, max_size=len(names))


TEXTS = st.text(max_size=400) | st.just("") | st.none()
PART = st.dictionaries(
    st.sampled_from(["street", "city", "state", "postalCode", "countryOrRegion", "x"]), TEXTS
)
PLAUSIBLE = st.one_of(
    TEXTS, st.lists(TEXTS, max_size=9), PART,
    st.lists(st.dictionaries(st.sampled_from(["address", "name", "id", "value"]), TEXTS), max_size=9),
    st.sampled_from(["0001-01-01T00:00:00Z", "1604-02-29T11:59:00Z", "2024-02-30T00:00:00Z", "never",
                     "9999-12-31T23:59:59Z", "2024-02-29T11:59:00.0000000Z"]),
)  # fmt: skip


@settings(FEW, max_examples=MORE or 300)
@given(contact=shapes(PLAUSIBLE))
def test_a_contact_of_any_shape_is_read_or_skipped(contact):
    """What is read can be stored: texts without NUL or half characters, and JSON through and through."""
    item = {"id": "r1", **contact}
    read = mapping.read_contact(item)

    text = json.dumps(asdict(read), default=str, ensure_ascii=False)
    assert "\0" not in text
    text.encode()  # half a character cannot be


# --- Files


@FEW
@given(data=st.binary(max_size=3000), name=st.sampled_from(["x.csv", "x.vcf", "x.xlsx", "x"]))
def test_no_bytes_break_the_reader(data, name):
    assert_read_or_refused(data, name)


@FEW
@given(
    lines=st.lists(
        st.sampled_from(
            ["BEGIN:VCARD", "END:VCARD", "VERSION:2.1", "VERSION:3.0", "VERSION:4.0", "N:;;;;",
             "N;ENCODING=QUOTED-PRINTABLE:=", "=3D=", "PHOTO;ENCODING=b:" + "A" * 500, "item1.TEL:1",
             "AGENT:BEGIN:VCARD\\nEND:VCARD", " folded", "\t", "EMAIL;TYPE=" + "x," * 200 + ":a@b",
             ";" * 2000, "FN;CHARSET=utf-7:+AHg-", "BDAY:--0230", "\0", "TEL;VALUE=uri:tel:" + "9" * 999]
        ),
        max_size=60,
    )
)  # fmt: skip
def test_no_card_breaks_the_reader(lines):
    assert_read_or_refused("\r\n".join(lines).encode(), "x.vcf")


@FEW
@given(
    header=st.lists(
        st.sampled_from(["First Name", "E-mail Address", "Name", "", "=1+1", '"']), max_size=8
    ),
    rows=st.lists(st.lists(TEXT, max_size=12), max_size=8),
)
def test_no_table_breaks_the_reader(header, rows):
    text = "\n".join(
        ",".join(cell.replace("\ud800", "?") for cell in row) for row in [header, *rows]
    )
    assert_read_or_refused(text.encode(), "x.csv")


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"BEGIN:VCARD\r\nVERSION:2.1\r\nN:A;B\r\nV\x80E\xb8\0\0001\r\nEND:VCARD", "x.vcf"),
        (b"First Name,Last Name,last\x01\0_name,E-mail Address\r\nA,B,C,a@b.example", "x.csv"),
    ],
    ids=["a line that is no property", "a column that nobody knows"],
)
def test_what_is_said_of_the_rest_can_be_stored_too(data, name):
    """Found by fuzz.py: excerpts kept the NUL that the values had lost."""
    drafts = list(files.read(name, data))

    assert any(draft.unread for draft in drafts)
    assert "\\x00" not in repr(drafts)


def assert_read_or_refused(data, name):
    began = time.process_time()
    try:
        for _draft in files.read(name, data):
            pass
    except files.Refused as refused:
        assert str(refused)
    except (files.NeedsMapping, files.UnknownFormat):
        pass
    assert time.process_time() - began < 5


def workbook(sheet, coding="utf-8"):
    """A minimal Excel file around the XML of its sheet."""
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    kinds = "http://schemas.openxmlformats.org/package/2006/content-types"
    links = "http://schemas.openxmlformats.org/package/2006/relationships"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        parts = {
            "[Content_Types].xml": f'<Types xmlns="{kinds}"><Default Extension="xml" ContentType='
            '"application/xml"/><Default Extension="rels" ContentType="application/vnd.openxmlformats-'
            'package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="application/'
            'vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>',
            "_rels/.rels": f'<Relationships xmlns="{links}"><Relationship Id="r1" Type="{office}/'
            'officeDocument" Target="xl/workbook.xml"/></Relationships>',
            "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets><sheet name="A" '
            'sheetId="1" r:id="r1"/></sheets></workbook>',
            "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{links}"><Relationship Id="r1" Type='
            f'"{office}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
            "xl/worksheets/sheet1.xml": sheet.replace("MAIN", main),
        }
        for path, text in parts.items():
            sheet = path.endswith("sheet1.xml")
            archive.writestr(path, text.encode(coding if sheet else "utf-8"))
    return out.getvalue()


CELL = '<c r="A1" t="inlineStr"><is><t>{}</t></is></c>'
SHEET = '{}<worksheet xmlns="MAIN"><sheetData><row r="1">{}</row></sheetData></worksheet>'
LAUGHS = (
    "<!DOCTYPE x ["
    + '<!ENTITY l0 "ha">'
    + "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    + "]>"
)
UTF16 = '<?xml version="1.0" encoding="UTF-16"?>'
OUTSIDE = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(workbook(SHEET.format(LAUGHS, CELL.format("&l11;"))), id="billion laughs"),
        pytest.param(workbook(SHEET.format(OUTSIDE, CELL.format("&e;"))), id="external entity"),
        pytest.param(
            workbook(UTF16 + SHEET.format(LAUGHS, CELL.format("&l11;")), coding="utf-16"),
            id="billion laughs in UTF-16",
        ),
        pytest.param(
            workbook(SHEET.format("", CELL.format("x" * 3_000_000))), id="decompression bomb"
        ),
        pytest.param(
            workbook(SHEET.format("", '<c r="XFD1048576" t="inlineStr"><is><t>x</t></is></c>')),
            id="a cell at the far end",
        ),
        pytest.param(workbook("<worksheet"), id="half a sheet"),
    ],
)  # fmt: skip
def test_a_workbook_made_to_hurt_is_refused_in_time(data, monkeypatch):
    monkeypatch.setattr("contacts_sync.files.workbook.UNPACKED", 1_000_000)
    try:
        text = str([str(one)[:500] for one in files.read("x.xlsx", data)])
    except (files.Refused, files.NeedsMapping, files.UnknownFormat) as refused:
        text = str(refused)[:500]

    assert "root:" not in text
    assert "haha" not in text
