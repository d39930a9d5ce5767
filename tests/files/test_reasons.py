"""Every sentence of the readers is one that the pages can translate."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.utils.translation import override

from contacts_sync import files
from contacts_sync.files import Draft
from contacts_sync.wording import file_reasons

DATA = Path(__file__).parent.parent / "data"
SAMPLES = sorted(
    path for path in DATA.rglob("*") if path.suffix in {".vcf", ".csv"} and path.is_file()
)
HOSTILE = {
    "nothing.csv": b"\n\n",
    "noise.csv": b"\x01\x02" * 500,
    "archive.csv": b"PK\x03\x04 zip",
    "old.xls": b"\xd0\xcf\x11\xe0 old",
    "mail.pst": b"!BDN",
    "page.csv": b"<html>",
    "letter.csv": b"%PDF",
    "words.csv": b"words",
    "broken.xlsx": b"PK\x03\x04 xl/workbook.xml",
    "open.csv": b'First Name,Last Name,Company,E-mail Address\n"Anna,Ash,,a@x.example\nBen,B,,b@x.example\n',
    "nul.csv": b"First Name,Last Name,Company,E-mail Address\nA\x00,Ash,,a@x.example\n",
    "long.csv": b"First Name,Last Name,Company,E-mail Address\n" + b"A" * 100_001 + b",Ash,,\n",
}


def sentences(name, data):
    """Give everything that is said about a file: of the whole, of its rows, and of their values."""
    try:
        found = list(files.read(name, data))
    except files.NeedsMapping:
        return
    except files.Refused as error:
        yield str(error)
        return
    for entry in found:
        if isinstance(entry, Draft):
            yield from (one.why for one in entry.unread)
        else:
            yield entry.reason


def untranslated(name, data):
    with override("de"):
        return {one for one in sentences(name, data) if file_reasons.said(one) == one}


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_what_is_said_about_real_files_is_translated(path):
    assert untranslated(path.name, path.read_bytes()) == set()


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_said_about_broken_files_is_translated(name):
    assert untranslated(name, HOSTILE[name]) == set()
    assert list(sentences(name, HOSTILE[name]))


def test_sizes_are_filled_in():
    with pytest.raises(files.TooLarge) as refused:
        files.check_size(99_000_000, files.Limits())
    with override("de"):
        assert file_reasons.said(str(refused.value)).startswith("Die Datei hat 99.0 MB;")
