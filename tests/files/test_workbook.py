"""Excel workbooks."""

from __future__ import annotations

import datetime
import io
import zipfile

import openpyxl
import pytest

from contacts_sync.files import (
    BadRow,
    Limits,
    NeedsMapping,
    TooLarge,
    UnknownFormat,
    detect,
    read,
    read_table,
    workbook,
)
from contacts_sync.files.limits import Refused

HEADING = ["First Name", "Last Name", "E-mail Address", "Business Phone", "Birthday"]


def book(*rows, others=()):
    made = openpyxl.Workbook()
    for row in rows:
        made.active.append(row)
    for name in others:
        made.create_sheet(name).append(["x"])
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def rezip(data, change):
    """Write an archive again; `change` gives the new bytes of a part."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for part in old.namelist():
            new.writestr(part, change(part, old.read(part)))
    return out.getvalue()


def test_a_workbook_feeds_the_same_tables():
    data = book(HEADING, ["Anna", "Berg", "a@x.example", 6045550100, datetime.date(1980, 2, 29)])

    (draft,) = read("contacts.xlsx", data)

    assert detect("whatever", data).name == "outlook-csv"
    assert draft.scalars["birthday"] == "1980-02-29"
    assert draft.phones[0].value == "6045550100"
    assert str(draft.source) == "row 2 (line 2)"


def test_a_formula_is_read_as_the_value_that_was_shown():
    def shown(part, content):
        bare, value = b'<c r="B2"><f>1+1</f><v />', b'<c r="B2" t="str"><f>1+1</f><v>Berg</v>'
        return content.replace(bare, value)

    (draft,) = read("x.xlsx", rezip(book(HEADING, ["Anna", "=1+1", "a@x.example"]), shown))

    assert draft.scalars == {"first_name": "Anna", "last_name": "Berg"}


def test_a_formula_that_was_never_computed_is_told():
    draft, bad = read("x.xlsx", book(HEADING, ["Anna", "=1+1", "a@x.example"]))

    assert draft.scalars == {"first_name": "Anna"}
    assert bad.reason.startswith(
        "Formulas whose values were never computed were read as blank (1)."
    )


def test_any_other_sheet_is_named_and_not_passed_over_in_silence():
    draft, bad = read("x.xlsx", book(HEADING, ["A", "B"], others=["More", "Even more"]))

    assert draft.scalars["first_name"] == "A"
    assert isinstance(bad, BadRow)
    assert bad.reason == (
        "Only the first sheet of a workbook is read; these were not read: More, Even more."
    )


def test_a_workbook_of_another_kind_needs_a_mapping():
    data = book(["Mandant", "Mail", "PLZ"], ["Anna Berg", "a@x.example", "01067"])

    with pytest.raises(NeedsMapping) as caught:
        detect("x.xlsx", data)
    (draft,) = read_table(data, caught.value.mapping)

    assert draft.scalars == {"first_name": "Anna", "last_name": "Berg"}
    assert draft.addresses[0].value == ("", "", "", "01067", "")


def test_an_archive_that_unfolds_to_too_much_is_refused(monkeypatch):
    monkeypatch.setattr(workbook, "UNPACKED", 2_000_000)
    bomb = rezip(
        book(HEADING),
        lambda part, content: content + b" " * 3_000_000 if "styles" in part else content,
    )

    assert len(bomb) < 20_000
    with pytest.raises(TooLarge, match="unfolds to more than 2 MB"):
        detect("x.xlsx", bomb)


def test_a_workbook_with_entities_is_refused():
    def evil(part, content):
        return b'<!DOCTYPE x [<!ENTITY a "aaaa">]>' + content if "sheet1" in part else content

    with pytest.raises(Refused, match="damaged, or protected"):
        detect("x.xlsx", rezip(book(HEADING, ["A"]), evil))


def test_a_workbook_with_too_many_rows_is_refused():
    data = book(HEADING, *[["A", "B"]] * 12)

    with pytest.raises(TooLarge, match="holds 12 contacts; at most 10"):
        detect("x.xlsx", data, Limits(rows=10))


@pytest.mark.parametrize("cut", [40, 600, 2000])
def test_a_workbook_that_was_cut_off_is_refused_with_a_sentence(cut):
    data = book(HEADING, ["A", "B"])

    with pytest.raises(Refused, match=r"damaged, or protected|ZIP archive"):
        detect("x.xlsx", data[: len(data) - cut])


def test_a_sheet_that_breaks_off_keeps_the_rows_before():
    def torn(part, content):
        at = content.rfind(b"<row")
        return content[:at] + b"<row r='3'><c r=" if "sheet1" in part else content

    found = list(read("x.xlsx", rezip(book(HEADING, ["A", "B"], ["C", "D"]), torn)))

    assert found[0].scalars["first_name"] == "A"
    assert "cannot be read from here on" in found[1].reason


def test_a_row_far_below_does_not_make_the_reader_count_to_it():
    def far(part, content):
        return content.replace(b'r="2"', b'r="99999999999"') if "sheet1" in part else content

    found = list(read("x.xlsx", rezip(book(HEADING, ["A", "B"]), far)))

    assert len(found) <= 1


def test_another_archive_is_no_workbook():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("contacts.vcf", "BEGIN:VCARD\nEND:VCARD\n")

    with pytest.raises(UnknownFormat, match="a ZIP archive"):
        detect("x.zip", out.getvalue())
