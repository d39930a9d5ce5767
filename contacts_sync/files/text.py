"""From bytes to text, whatever the file says about its encoding."""

from __future__ import annotations

import codecs
import re

LIMIT = 10_000_000
"""The longest text of one field. Longer ones are left out with a note."""

_ALLOWED = re.compile(
    r"utf-8|ascii|iso8859-\d+|cp\d+|koi8-[rtu]|mac-\w+|shift_jis\w*|euc_\w+|gb\w+|big5\w*|"
    r"iso2022_\w+|johab|hz|tis-620|ptcp154|kz1048"
)
"""Python's names of the character sets that a line may name. Not the others: `codecs` also offers
transformations (`zip`, `punycode`, `unicode_escape`) that are no character sets."""

_ONE_BYTE = re.compile(r"ascii|iso8859-\d+|cp(?!932|936|949|950|65001)\d+|koi8-[rtu]|mac-\w+")
_UNWANTED = re.compile("[\x00\ud800-\udfff]")

UNDECODABLE = "some bytes are no text in the encoding of the file; a � stands for them"
MISDECLARED = "is not in the encoding that the file names for it; read as {}"
UNKNOWN_CHARSET = "names the encoding “{}”, which is not known; read as {}"
DROPPED = "held characters that are no text (NUL or half a character); they were dropped"
TOO_LONG = "is longer than 10 MB and was left out"


def clean(text: str) -> str:
    """Drop NUL and lone surrogates, which no database and no mailbox takes."""
    return _UNWANTED.sub("", text)


def plain_bytes(data: bytes) -> bytes:
    """Give a file's bytes without byte order mark, UTF-16 and UTF-32 turned into UTF-8.

    UTF-16 without a mark is recognised by its zero bytes: text of Western programs has one in
    every second place.
    """
    for mark, name in (
        (codecs.BOM_UTF8, ""),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        if data.startswith(mark):
            rest = data[len(mark) :]
            return _recode(rest, name) if name else rest
    name = _unmarked_utf16(data[:200])
    return _recode(data, name) if name else data


def _recode(data: bytes, name: str) -> bytes:
    return data.decode(name, "replace").encode("utf-8", "replace")


def _unmarked_utf16(head: bytes) -> str:
    half = len(head) // 2
    if half < 4:
        return ""
    if head[1::2].count(0) > half * 0.7 and head[::2].count(0) < half * 0.1:
        return "utf-16-le"
    if head[::2].count(0) > half * 0.7 and head[1::2].count(0) < half * 0.1:
        return "utf-16-be"
    return ""


def decode(raw: bytes, charset: str = "", fallback: str = "") -> tuple[str, str]:
    """Decode the bytes of one field; give the text and what was odd about it ("" for nothing).

    Declarations are believed as far as they fit the bytes. Where UTF-8 fits bytes above 127, it is
    UTF-8: text of another encoding does not look like it by accident (files converted by a server
    keep the old CHARSET). What fits nothing is the `fallback` that the neighbours name, else Windows-1252,
    as old Outlook writes.
    """
    if raw.isascii() and not charset.upper().startswith(("ISO-2022", "HZ")):
        return raw.decode("ascii"), ""
    codec = known_codec(charset) if charset else ""
    if not charset or codec == "utf-8":
        text, name = _guess(raw, fallback)
        odd = MISDECLARED.format(name) if charset and name != "UTF-8" else ""
        return text, UNDECODABLE if "\ufffd" in text else odd
    if not codec:
        text, name = _guess(raw, fallback)
        return text, UNKNOWN_CHARSET.format(charset[:30], name)
    return _declared(raw, codec)


def known_codec(charset: str) -> str:
    """Give Python's name of a character set, or "" if it is none that a file may name."""
    try:
        name = codecs.lookup(charset.strip()).name
    except (LookupError, ValueError):
        return ""
    return name if _ALLOWED.fullmatch(name) else ""


def _declared(raw: bytes, codec: str) -> tuple[str, str]:
    if _ONE_BYTE.fullmatch(codec):
        try:
            return raw.decode("utf-8"), MISDECLARED.format("UTF-8")
        except UnicodeDecodeError:
            pass
    try:
        return raw.decode(codec), ""
    except UnicodeError:
        text, name = _guess(raw)
        return text, MISDECLARED.format(name)


def _guess(raw: bytes, fallback: str = "") -> tuple[str, str]:
    try:
        return raw.decode("utf-8"), "UTF-8"
    except UnicodeDecodeError as error:
        if error.reason == "unexpected end of data":
            return raw[: error.start].decode("utf-8") + "\ufffd", "UTF-8"
    damaged = raw.decode("utf-8", "replace")
    # A few broken characters among many good ones: damaged UTF-8, not another encoding.
    if sum(sign > "\x7f" and sign != "\ufffd" for sign in damaged) > damaged.count("\ufffd"):
        return damaged, "UTF-8"
    if codec := known_codec(fallback):
        try:
            return raw.decode(codec), fallback
        except UnicodeError:
            pass
    return raw.decode("cp1252", "replace"), "Windows-1252"
