"""How the letters of a whole file are written: what it says, what it looks like, what a person says."""

from __future__ import annotations

from dataclasses import dataclass

from contacts_sync.files import charset, text, workbook

CHOICES = {
    "utf-8": "UTF-8",
    "cp1252": "Windows-1252 (Western European)",
    "cp1250": "Windows-1250 (Central European)",
    "cp1251": "Windows-1251 (Cyrillic)",
    "cp1253": "Windows-1253 (Greek)",
    "cp1254": "Windows-1254 (Turkish)",
    "cp1255": "Windows-1255 (Hebrew)",
    "cp1256": "Windows-1256 (Arabic)",
    "cp1257": "Windows-1257 (Baltic)",
    "cp850": "DOS 850 (Western European)",
    "mac-roman": "Mac Roman",
    "cp932": "Shift-JIS (Japanese)",
    "gb18030": "GB 18030 (Chinese)",
    "big5": "Big5 (Chinese)",
    "cp949": "CP949 (Korean)",
}
"""What a person can choose where the bytes do not say it."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """What a file is read as. `sure` is False where it was guessed by the look of its words."""

    title: str = "UTF-8"
    sure: bool = True


def encoding_of(data: bytes) -> Encoding:
    """Say how a file is read. A workbook, UTF-8 and UTF-16 say it themselves."""
    if workbook.is_workbook(data):
        return Encoding()
    plain = text.plain_bytes(data)
    if charset.is_utf8(plain):
        return Encoding()
    return Encoding(charset.TITLES.get(text.codec_of(plain)[0], "UTF-8"), sure=False)


def recode(data: bytes, codec: str) -> bytes:
    """Give a file that is read as a person says. A workbook and unknown codecs stay as they are."""
    if codec not in CHOICES or workbook.is_workbook(data):
        return data
    return data.decode(codec, "replace").encode()


def rough_count(data: bytes) -> int:
    """Say about how many contacts a file holds: cards, or lines of a table."""
    if workbook.is_workbook(data):
        return max(workbook.measure(data).rows - 1, 0)
    plain = text.plain_bytes(data)
    cards = plain.upper().count(b"BEGIN:VCARD")
    return cards or max(plain.count(b"\n") or plain.count(b"\r"), 0)
