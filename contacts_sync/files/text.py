"""From bytes to text, whatever the file says about its encoding."""

from __future__ import annotations

import codecs
import re

from contacts_sync.files import charset as pages

LIMIT = 100_000
"""The longest text of one field, in bytes or characters. Longer ones are left out with a note."""

_ALLOWED = re.compile(
    r"utf-8|ascii|iso8859-\d+|cp\d+|koi8-[rtu]|mac-\w+|shift_jis\w*|euc_\w+|gb\w+|big5\w*|"
    r"iso2022_\w+|johab|hz|tis-620|ptcp154|kz1048"
)
"""Python's names of the character sets that a line may name. Not the others: `codecs` also offers
transformations (`zip`, `punycode`, `unicode_escape`) that are no character sets."""

_BREAKS = frozenset(b"\t\r\n")
_ONE_BYTE = re.compile(r"ascii|iso8859-\d+|cp(?!932|936|949|950|65001)\d+|koi8-[rtu]|mac-\w+")
_UNWANTED = re.compile("[\x00\ud800-\udfff]")

UNDECODABLE = "some bytes are no text in the encoding of the file; a � stands for them"
MISDECLARED = "is not in the encoding that the file names for it; read as {}"
UNKNOWN_CHARSET = "names the encoding “{}”, which is not known; read as {}"
DROPPED = "held characters that are no text (NUL or half a character); they were dropped"
TOO_LONG = f"is longer than {LIMIT:,} characters and was left out"


def clean(text: str) -> str:
    """Drop NUL and lone surrogates, which no database and no mailbox takes."""
    return _UNWANTED.sub("", text)


def plain_bytes(data: bytes) -> bytes:
    """Give a file's bytes without byte order mark, UTF-16 and UTF-32 turned into UTF-8.

    UTF-16 without a mark is recognised by its zero bytes: every second one in Western text, and
    one beside each line break in any text.
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
    name = _unmarked_utf16(data[:20_000])
    return _recode(data, name) if name else data


def _recode(data: bytes, name: str) -> bytes:
    return data.decode(name, "replace").encode("utf-8", "replace")


def _unmarked_utf16(head: bytes) -> str:
    head = head[: len(head) // 2 * 2]
    even, odd = head[::2], head[1::2]
    for name, low, high in (("utf-16-le", even, odd), ("utf-16-be", odd, even)):
        beside = [after for sign, after in zip(low, high, strict=True) if sign in _BREAKS]
        broken = beside.count(0) > 1 and beside.count(0) > 0.8 * len(beside)
        western = len(head) > 6 and high.count(0) > 0.7 * len(high)
        if (broken or western) and low.count(0) <= 0.1 * high.count(0):
            return name
    return ""


def decode(raw: bytes, charset: str = "", fallback: str = "") -> tuple[str, str]:
    """Decode the bytes of one field; give the text and what was odd about it ("" for nothing).

    Declarations are believed as far as they fit the bytes. Where UTF-8 fits bytes above 127, it is
    UTF-8: text of another encoding does not look like it by accident (files converted by a server
    keep the old CHARSET). What fits nothing is the `fallback` that the neighbours name, else the code
    page in which it looks most like words.
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
    if codec == "iso8859-1":
        codec = pages.WESTERN  # as every browser reads it: its upper control characters are no text
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


def codec_of(data: bytes) -> tuple[str, str]:
    """Find out the encoding of a whole file without decoding it; give it and what was odd."""
    if pages.is_utf8(data):
        return "utf-8", ""
    text, name = _guess(pages.words_of(data))
    if name == "UTF-8":
        return "utf-8", UNDECODABLE
    codec = next(codec for codec, title in pages.TITLES.items() if title == name)
    return codec, UNDECODABLE if "\ufffd" in text else ""


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
            return raw.decode(codec), pages.TITLES.get(codec, fallback)
        except UnicodeError:
            pass
    codec = pages.guess(raw)
    return raw.decode(codec, "replace"), pages.TITLES[codec]
