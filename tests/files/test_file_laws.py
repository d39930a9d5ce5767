"""Laws of reading and writing files, whatever is in them."""

from __future__ import annotations

import csv
import io
import json
import re

import openpyxl
from hypothesis import given, settings
from hypothesis import strategies as st

from contacts_sync import contact
from contacts_sync.files import (
    EXPORTS,
    TITLES,
    BadCard,
    BadRow,
    Draft,
    NeedsMapping,
    Refused,
    UnknownFormat,
    look,
    outlook_csv,
    read,
    read_table,
    vcard,
)
from contacts_sync.files.csv_write import ignore, row_of
from contacts_sync.files.draft import sets_of
from contacts_sync.files.formats import DIALECTS
from tests.files.drafts import drafts, told

TABLES = [export for export in EXPORTS if export.suffix == ".csv"]


def _workbook():
    made, out = openpyxl.Workbook(), io.BytesIO()
    made.active.append(["First Name", "E-mail Address", "Birthday"])
    made.active.append(["Anna", "a@x.example", "1/2/1980"])
    made.save(out)
    return out.getvalue()


WORKBOOK = _workbook()
SCRAPS = st.sampled_from(
    [
        b"BEGIN:VCARD\r\n", b"END:VCARD\r\n", b"VERSION:2.1\n", b"VERSION:4.0\r", b"N:", b"FN;",
        b"TEL;TYPE=", b"item1.", b"X-ABLabel:", b"ENCODING=QUOTED-PRINTABLE:", b"=C3=\r\n", b"=\n",
        b"BASE64:", b"CHARSET=", b"UTF-16", b"SHIFT_JIS:", b"\\", b";", b":", b'"', b"\xff\xfe", b"\x00",
        b"\r\n ", b"\r\n\r\n", b"EMAIL:<a@b>", b"BDAY:16040229", b"ADR:;;;", b"ORG:", b"AGENT:\r\n",
        b"First Name,E-mail Address,Birthday,Business Phone\r\n", b",", b"'=", b"0/0/00", b"1/2/34",
    ]
)  # fmt: skip
MESSES = st.lists(SCRAPS | st.binary(max_size=12), max_size=40).map(b"".join)


def assert_sound(results):
    for result in results:
        assert isinstance(result, Draft | BadCard | BadRow)
        assert result.source is not None
        if not isinstance(result, Draft):
            assert result.reason.endswith(".")
            continue
        for text in result.scalars.values():
            assert text == text.strip() != ""
            text.encode()
            assert "\0" not in text
        for entries in sets_of(result).values():
            assert sum(entry.primary for entry in entries) <= 1


@given(MESSES)
@settings(max_examples=300, deadline=None)
def test_no_bytes_make_the_vcard_reader_fail(data):
    assert_sound(vcard.read(data))
    assert_sound(vcard.read(b"BEGIN:VCARD\r\n" + data + b"\r\nEND:VCARD\r\n"))


@given(MESSES)
@settings(max_examples=150, deadline=None)
def test_no_bytes_make_the_csv_reader_fail_after_its_headings(data):
    assert_sound(outlook_csv.read(b"First Name,E-mail Address,Birthday,Business Phone\r\n" + data))


HEADINGS = st.sampled_from(
    [
        ",".join(column.heading.replace("{n}", "1") for column in dialect.columns)
        for dialect in DIALECTS
    ]
)


@given(HEADINGS, MESSES, st.sampled_from(["utf-8", "utf-16", "cp1252"]))
@settings(max_examples=300, deadline=None)
def test_no_bytes_make_the_reader_of_any_table_fail_after_its_headings(headings, data, codec):
    try:
        found = read("x.csv", headings.encode(codec, "replace") + "\r\n".encode(codec) + data)
    except Refused:
        return  # bytes that change what the encoding seems to be spoil the headings: that is told
    assert_sound(found)


CELLS = st.sampled_from(
    ["", " ::: ", "a@x.example ::: b", "* Work", "*", ":::", "0/0/00", "1604-02-29", "'=1", "IM: a: b",
     "12345678", "Anna Berg", "/o=x/cn=y", "sip:a", "E-mail Address: a@b", "\x00", "\n", "Berg Ltd"]
) | st.text(max_size=12)  # fmt: skip


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_no_cells_make_the_reader_of_any_table_fail(data):
    dialect = data.draw(st.sampled_from(DIALECTS))
    headings = [
        column.heading.replace("{n}", data.draw(st.sampled_from("12")))
        for column in dialect.columns
    ]
    row = data.draw(st.lists(CELLS, min_size=len(headings), max_size=len(headings) + 2))

    assert_sound(read("x.csv", "".join(map(row_of, (headings, row))).encode("utf-8", "replace")))


@given(st.binary(max_size=300) | MESSES)
@settings(max_examples=150, deadline=None)
def test_a_file_is_read_or_refused_with_a_sentence(data):
    try:
        assert_sound(read("contacts", data))
    except NeedsMapping as error:
        assert str(error).endswith("Say what its columns hold.")
        assert_sound(read_table(data, error.mapping))
    except UnknownFormat as error:
        assert "Expected was" in str(error)


@given(
    st.lists(st.lists(CELLS, max_size=5), max_size=5),
    st.lists(st.sampled_from([*TITLES, "?"]), max_size=6),
)
@settings(max_examples=200, deadline=None)
def test_any_table_is_read_by_any_mapping(rows, roles):
    data = "".join(map(row_of, rows)).encode("utf-8", "replace")
    try:
        shown = look(data)
    except Refused:
        return
    mapping = {
        name: {"role": role, "certainty": 1}
        for name, role in zip(shown.headings, roles, strict=False)
    }

    assert set(shown.mapping) == set(shown.headings)
    assert json.loads(json.dumps(shown.mapping)) == shown.mapping
    assert_sound(read_table(data, mapping))


@given(st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 255)), max_size=8))
@settings(max_examples=60, deadline=None)
def test_a_damaged_workbook_is_read_or_refused(changes):
    data = bytearray(WORKBOOK)
    for at, value in changes:
        data[at % len(data)] = value
    try:
        assert_sound(read("x.xlsx", bytes(data)))
    except Refused as error:
        assert str(error).endswith(".")


@given(st.lists(drafts(), max_size=2), st.sampled_from([vcard.V3, vcard.V4]))
@settings(deadline=None)
def test_a_written_vcard_reads_as_the_same_contacts(contacts, version):
    data = b"".join(vcard.write(contacts, version))

    assert [told(draft) for draft in vcard.read(data)] == contacts


@given(drafts(), st.sampled_from([vcard.V3, vcard.V4]))
@settings(max_examples=50, deadline=None)
def test_a_written_vcard_is_folded_at_75_octets_between_characters(contact_, version):
    data = b"".join(vcard.write([contact_], version))

    assert data.endswith(b"END:VCARD\r\n")
    for line in data.split(b"\r\n"):
        assert len(line) <= 75
        assert b"\n" not in line and b"\r" not in line
        line.decode()


@given(st.lists(drafts(), min_size=1, max_size=2), st.sampled_from(TABLES))
@settings(deadline=None)
def test_what_a_csv_has_columns_for_comes_back_and_the_rest_is_reported(contacts, export):
    left = []

    data = b"".join(export.write(contacts, lambda draft, item: left.append((draft, item))))

    back = [draft for draft in read("x.csv", data) if isinstance(draft, Draft)]
    for draft in contacts:
        reported = [item for about, item in left if about is draft]
        if not {"Kind"} <= {item.what for item in reported}:
            assert any(is_covered(draft, other, reported) for other in back) or not holds(
                draft, export.name
            )


@given(st.lists(drafts(), max_size=2), st.sampled_from(TABLES))
@settings(deadline=None)
def test_no_cell_of_a_table_starts_as_a_formula(contacts, export):
    data = b"".join(export.write(contacts, ignore)).decode("utf-8-sig")

    for row in list(csv.reader(io.StringIO(data, newline="")))[1:]:
        for cell in row:
            assert not cell.startswith(("=", "@", "\t", "\r"))
            assert not cell.startswith(("+", "-")) or not re.search(r"[A-Za-z!|]", cell)


def is_covered(draft, other, reported):
    """Every text came back or was reported, and as many values as were not reported."""
    told = {item.what for item in reported}
    kept = {name: text for name, text in draft.scalars.items() if name not in told}
    if kept != dict(other.scalars) or draft.kind != other.kind:
        return False
    lost = 0
    for name, entries in sets_of(draft).items():
        back = {entry.value for entry in sets_of(other)[name]}
        if name == contact.ADDRESSES and any("), " in what for what in told):
            continue  # parts of an address were reported
        if not back <= {entry.value for entry in entries}:
            return False
        lost += sum(entry.value not in back for entry in entries)
    return lost <= len(reported)


def holds(draft, name):
    """Say whether the row of a draft holds anything: one with nothing but a Skype name is blank."""
    if name == "google-csv":
        return bool(draft.scalars or any(sets_of(draft).values()))
    clio = {"middle_name", "suffix", "department", "birthday"} if name == "clio-csv" else set()
    scalars = set(draft.scalars) - clio
    labels = {"Fax", "Pager", "Skype", "Billing"} if clio else {"Skype", "Billing"}
    fits = any(entry.label not in labels for entry in draft.phones)
    fits |= any(
        entry.label not in labels and (not clio or (entry.label == "Work" and any(entry.value[:4])))
        for entry in draft.addresses
    )
    websites = draft.websites if not clio else ()
    messengers = draft.messengers if name == "outlook-web-csv" else ()
    return bool(scalars or draft.emails or websites or fits or messengers)


@given(st.sampled_from(contact.PHONE_LABELS), st.integers(10**6, 10**14).map("+{}".format))
@settings(max_examples=30, deadline=None)
def test_a_number_with_a_plus_goes_to_outlook_and_comes_back_as_it_is(label, number):
    from contacts_sync.files import DraftValue

    draft = Draft("person", {"last_name": "A"}, phones=(DraftValue(label, number),))

    data = b"".join(outlook_csv.write([draft]))

    assert b"'" not in data.partition(b"\r\n")[2]
    (back,) = outlook_csv.read(data)
    assert back.phones == (draft.phones if label != "Skype" else ())
