"""What the readers of files say, in the language of whoever looks at it.

They know no Django and write English, and their sentences are stored with the rows: so they are
translated when they are shown.
"""

from __future__ import annotations

import re
from functools import cache

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

SENTENCES = (
    gettext_noop("It stopped half-way, and can be continued. What was done until then stays."),
    gettext_noop("It stopped half-way, and can be continued. What was done until then stays. ({})"),
    gettext_noop("the list has no field for it"),
    gettext_noop("the list has room for one; this is another"),
    gettext_noop("the list has no such label; it became {}"),
    gettext_noop("the parts of the name say something else; they were taken"),
    gettext_noop("looks like a company, and was taken as one"),
    gettext_noop("is no name but another value again; it was left out"),
    gettext_noop("stands behind the five parts of a name"),
    gettext_noop("stands behind the seven parts of an address"),
    gettext_noop("is one text; it was split into “{}”, please check"),
    gettext_noop("is too long to be taken apart"),
    gettext_noop("has no year; the list holds whole dates only"),
    gettext_noop("is only part of a date; the list holds whole dates only"),
    gettext_noop("is not a date"),
    gettext_noop("has a year of two digits, which could be of either century"),
    gettext_noop("could be two dates; it was read with the month first"),
    gettext_noop("could be two dates; it was read with the day first"),
    gettext_noop("stood in the notes; it was taken from there"),
    gettext_noop("is a column that {} does not have"),
    gettext_noop("some bytes are no text in the encoding of the file; a � stands for them"),
    gettext_noop("is not in the encoding that the file names for it; read as {}"),
    gettext_noop("names the encoding “{}”, which is not known; read as {}"),
    gettext_noop("held characters that are no text (NUL or half a character); they were dropped"),
    gettext_noop("is longer than 100,000 characters and was left out"),
    gettext_noop("holds more than one; they were taken one by one"),
    gettext_noop("is not an e-mail address"),
    gettext_noop("is an address inside of an Exchange organisation, not an e-mail address"),
    gettext_noop("came as printed lines only; all of them became the street"),
    gettext_noop("came with a name; only the address was taken"),
    gettext_noop(
        "has no END:VCARD; what stands before the next card or the end of the file was read"
    ),
    gettext_noop("holds {} other cards, which were left out"),
    gettext_noop("is no property of a vCard"),
    gettext_noop("The row holds nothing that the list could hold."),
    gettext_noop("The card holds nothing that the list could hold."),
    gettext_noop("This text belongs to no card (no BEGIN:VCARD before it)."),
    gettext_noop("“{}” is a group (a list of contacts), not a contact."),
    gettext_noop("The row cannot be read ({})."),
    gettext_noop("A quotation mark in this row is never closed."),
    gettext_noop("The sheet cannot be read from here on; the file is damaged."),
    gettext_noop(
        "Formulas whose values were never computed were read as blank ({}). Open the workbook"
        " in Excel, save it, and import again."
    ),
    gettext_noop("Only the first sheet of a workbook is read; this was not read: {}."),
    gettext_noop("Only the first sheet of a workbook is read; these were not read: {}."),
    gettext_noop("The file is empty. Choose the file that holds your contacts."),
    gettext_noop("The file is not here any more. Upload it again."),
    gettext_noop("The file was encrypted with a key that is not in use any more. Upload it again."),
    gettext_noop(
        "The file has {} MB; at most {} MB are read at once. Export the contacts in several "
        "files, without pictures, and import one by one."
    ),
    gettext_noop(
        "The file holds {} contacts; at most {} are read at once. Split it into several files"
        " and import one by one."
    ),
    gettext_noop(
        "This Excel workbook is damaged, or protected with a password. Save it as CSV and try"
        " again."
    ),
    gettext_noop(
        "This Excel workbook unfolds to more than {} MB, which is not read. Save it as CSV."
    ),
    gettext_noop(
        "“{}” holds no table of contacts. Expected was a vCard file, a CSV file or an Excel "
        "workbook (.xlsx) of contacts."
    ),
    gettext_noop(
        "“{}” cannot be read. The file is empty. Expected was a vCard file, a CSV file or an "
        "Excel workbook (.xlsx) of contacts."
    ),
    gettext_noop(
        "“{}” cannot be read. This is not a text file. Expected was a vCard file, a CSV file "
        "or an Excel workbook (.xlsx) of contacts."
    ),
    gettext_noop(
        "“{}” cannot be read. This is a ZIP archive. Expected was a vCard file, a CSV file or"
        " an Excel workbook (.xlsx) of contacts."
    ),
    gettext_noop(
        "“{}” cannot be read. This is a PDF file. Expected was a vCard file, a CSV file or an"
        " Excel workbook (.xlsx) of contacts."
    ),
    gettext_noop(
        "“{}” cannot be read. This is a JSON, XML or HTML file. Expected was a vCard file, a "
        "CSV file or an Excel workbook (.xlsx) of contacts."
    ),
    gettext_noop(
        "“{}” cannot be read. This is an old Office file (save it as .xlsx or CSV). Expected "
        "was a vCard file, a CSV file or an Excel workbook (.xlsx) of contacts."
    ),
    gettext_noop(
        "“{}” cannot be read. This is an Outlook data file (export a CSV file from it). "
        "Expected was a vCard file, a CSV file or an Excel workbook (.xlsx) of contacts."
    ),
    gettext_noop("row {}"),
    gettext_noop("card {}"),
    gettext_noop("row {} (line {})"),
    gettext_noop("card {} (line {})"),
    gettext_noop("text after card {} (line {})"),
)
"""Everything that `files` and `importing` say; {} stands for what they fill in."""


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple(
        (one, re.compile("(.*)".join(map(re.escape, one.split("{}"))), re.DOTALL))
        for one in SENTENCES
        if "{}" in one
    )


def said(sentence: str) -> str:
    """Translate what a reader said. What is none of its sentences stays as it is."""
    if sentence in SENTENCES:
        return _(sentence)
    for template, pattern in _patterns():
        if match := pattern.fullmatch(sentence):
            return _(template).format(*match.groups())
    return sentence


def place(text: str) -> str:
    """Say where in a file something stands; the line only where it is another number."""
    match = re.fullmatch(r"(row|card) (\d+) \(line \2\)", text)
    return said(f"{match[1]} {match[2]}" if match else text)
