"""The syntax of vCards 2.1 to 4.0: cards, lines, parameters, escapes. Nothing is refused."""

from __future__ import annotations

import binascii
import quopri
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from contacts_sync.files import text
from contacts_sync.files.draft import Source

_LINE = re.compile(rb"([^\r\n]*)(\r*\n|\r+|\Z)")
_BEGIN = re.compile(rb"(?i)(?:\xef\xbb\xbf|[-+*.]){0,8}BEGIN[ \t]*:[ \t]*VCARD\s*")
_END = re.compile(rb"(?i)[-+*.]{0,8}END[ \t]*:[ \t]*VCARD\s*")
_ANY_BEGIN = re.compile(rb"(?im)^\W{0,8}BEGIN[ \t]*:[ \t]*VCARD[ \t\r]*$")
_ANY_END = re.compile(rb"(?im)^\W{0,8}END[ \t]*:[ \t]*VCARD[ \t\r]*$")
_AGENT = re.compile(rb"(?i)AGENT[^:]*:\s*")
_VERSION = re.compile(rb"(?i)VERSION[^:]*:\s*(\d)")
_PROPERTY = re.compile(rb"[-+*]{0,8}([A-Za-z0-9_./-]+)[ \t]*([;:])")
_QUOTED_PRINTABLE = re.compile(rb"(?i)[;=\"]\s*\"?(?:QUOTED-PRINTABLE|ENCODING=Q\b)")
_BASE64 = re.compile(rb"(?i)[;=\"]\s*\"?(?:BASE64\b|B[;,\"]|B$)")
_SOFT = re.compile(rb"=[ \t]*\Z")
_CHARSET_WORD = re.compile(r"(?i)utf-?8|us-ascii|iso-8859-\d+|windows-\d+|shift_jis")
_ANDROID = re.compile(r"(?is)X-CUSTOM\(CHARSET=([^,]*),ENCODING=QUOTED-PRINTABLE,(.*)\)")
"""How Android 4 writes the user's own label into a vCard 2.1."""

CUT_OFF = "has no END:VCARD; what stands before the next card or the end of the file was read"


@dataclass(frozen=True, slots=True)
class Line:
    """One property: `group.NAME;params:raw`. Name and parameter names are in capitals."""

    name: str
    raw: bytes
    group: str = ""
    params: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def param(self, name: str) -> str:
        """Give the first value of a parameter, or ""."""
        return next(iter(self.params.get(name, ())), "")

    def octets(self) -> bytes:
        """Undo quoted-printable and base 64."""
        if "ENCODING" not in self.params:
            return self.raw
        encoding = self.param("ENCODING").upper()
        if encoding in {"QUOTED-PRINTABLE", "Q"}:
            return quopri.decodestring(self.raw)
        return _from_base64(self.raw) if encoding in {"BASE64", "B"} else self.raw

    def text(self, fallback: str = "") -> tuple[str, str]:
        """Decode the value, escapes still in it; give it and what was odd about it."""
        raw = self.octets()
        if len(raw) > text.LIMIT:
            return "", text.TOO_LONG
        found, odd = text.decode(raw, self.param("CHARSET"), fallback)
        kept = text.clean(found)
        return kept, odd or (text.DROPPED if kept != found else "")


@dataclass(frozen=True, slots=True)
class Card:
    """The properties of one card, and the lines that were none."""

    source: Source
    version: str
    lines: tuple[Line, ...]
    stray: tuple[bytes, ...] = ()
    nested: int = 0
    cut_off: bool = False


@dataclass(frozen=True, slots=True)
class Outside:
    """Text that stands outside of all cards."""

    source: Source


def cards(data: bytes) -> Iterator[Card | Outside]:
    """Split a file into cards, one at a time.

    A BEGIN inside of a card is a card within it (2.1 allows that) if every BEGIN of the file has
    its END, or behind AGENT; else it shows that the card before was cut off.
    """
    data = text.plain_bytes(data)
    balanced = _count(_ANY_BEGIN, data) == _count(_ANY_END, data)
    lines: list[bytes] = []
    number = start = depth = nested = outside = 0
    for at, line in enumerate(_physical(data), 1):
        if _BEGIN.fullmatch(line):
            if depth and (balanced or _AGENT.fullmatch(lines[-1] if lines else b"")):
                depth, nested = depth + 1, nested + 1
                continue
            if depth:
                yield _card(Source("card", number, start), lines, nested, cut_off=True)
            number, start, depth, nested, lines = number + 1, at, 1, 0, []
        elif depth and _END.fullmatch(line):
            depth -= 1
            if not depth:
                yield _card(Source("card", number, start), lines, nested)
                lines, outside = [], 0
        elif depth == 1:
            lines.append(line)
        elif not depth and not outside and line.strip(b"\x00\x1a\xef\xbb\xbf \t"):
            outside = at
            yield Outside(Source("text after card", number, at))
    if depth:
        yield _card(Source("card", number, start), lines, nested, cut_off=True)


def _count(pattern: re.Pattern[bytes], data: bytes) -> int:
    return sum(
        1 for _ in pattern.finditer(data.replace(b"\r", b"\n") if b"\n" not in data else data)
    )


def _physical(data: bytes) -> Iterator[bytes]:
    for match in _LINE.finditer(data):
        if match.start() < len(data):
            yield match[1]


def _card(source: Source, physical: list[bytes], nested: int, *, cut_off: bool = False) -> Card:
    version = next((found[1].decode() for line in physical if (found := _VERSION.match(line))), "3")
    lines: list[Line] = []
    stray: list[bytes] = []
    for logical in _logical(physical, version):
        if line := _parse(logical):
            lines.append(line)
        elif logical.strip():
            stray.append(logical)
    return Card(source, version, tuple(lines), tuple(stray), nested, cut_off)


def _logical(physical: list[bytes], version: str) -> Iterator[bytes]:
    """Unfold. Five ways in which a line goes on in the next one, in the order of their weight."""
    pieces: list[bytes] = []
    quoted = base64 = waiting = False
    for line in physical:
        last = pieces[-1] if pieces else b""
        if quoted and _SOFT.search(last):
            if waiting and not line.startswith((b"=", b" ", b"\t")):
                pieces[-1] = _SOFT.sub(b"", last)  # nothing came behind the empty line
            elif not line:
                waiting = True  # some programs put an empty line behind each soft line break
                continue
            else:
                pieces[-1] = _SOFT.sub(b"", last)
                pieces.append(line)
                waiting = False
                continue
        waiting = False
        if line[:1] in {b" ", b"\t"} and pieces:
            # 2.1 keeps the white space at which it folds, 3.0 and 4.0 put one there.
            pieces.append(line if version == "2" and not base64 else line[1:])
        elif _PROPERTY.match(line) or not pieces:
            if pieces:
                yield b"".join(pieces)
            pieces = [line]
            header = line.partition(b":")[0]
            quoted = bool(_QUOTED_PRINTABLE.search(header))
            base64 = bool(_BASE64.search(header))
        elif base64 and line:
            pieces.append(line)
        elif last.endswith(b"\\") and line:
            pieces[-1] = last[:-1]
            pieces.append(b"\\n" + line)
        elif line:
            yield line
    if pieces:
        yield _SOFT.sub(b"", b"".join(pieces)) if quoted else b"".join(pieces)


def _parse(logical: bytes) -> Line | None:
    match = _PROPERTY.match(logical)
    colon = _colon(logical, match.end(1)) if match else -1
    if match is None or colon < 0:
        return None
    group, _, name = match[1].decode("ascii").upper().rpartition(".")
    header = logical[match.end(1) : colon].strip()
    return Line(name, logical[colon + 1 :], group, _params(header) if header else {})


def _colon(logical: bytes, start: int) -> int:
    """Find the colon behind the parameters: the first one outside of quotation marks."""
    at = logical.find(b":", start)
    while at >= 0 and logical.count(b'"', start, at) % 2:
        at = logical.find(b":", at + 1)
        if at - start > 10_000:
            break
    return at if 0 <= at - start <= 10_000 else logical.find(b":", start)


def _params(header: bytes) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for part in _split_outside_quotes(text.decode(header)[0]):
        name, equals, value = part.partition("=")
        if custom := _ANDROID.fullmatch(part):
            word = text.decode(quopri.decodestring(custom[2].encode()), custom[1])[0]
            name, value = "TYPE", word.replace(",", " ")
        elif equals:
            name = name.strip().upper()
        else:  # 2.1 writes the value alone (TEL;WORK;FAX)
            name, value = _implied(part.strip()), part.strip()
        values = [value] if name not in {"TYPE", "ENCODING"} else value.replace('"', "").split(",")
        values = [_uncaret(text.clean(item).strip(' "')) for item in values]
        found.setdefault(name, []).extend(item for item in values if item)
    return {name: tuple(values) for name, values in found.items()}


def _split_outside_quotes(header: str) -> list[str]:
    if '"' not in header or header.count('"') % 2:
        return header.split(";")[1:]
    pieces = re.findall(r';((?:[^";]|"[^"]*")*)', header)
    return [str(piece) for piece in pieces]


def _implied(value: str) -> str:
    if value.upper() in {"QUOTED-PRINTABLE", "BASE64", "B", "Q", "8BIT", "7BIT"}:
        return "ENCODING"
    return "CHARSET" if _CHARSET_WORD.fullmatch(value) else "TYPE"


def _uncaret(value: str) -> str:
    """Undo RFC 6868, which writes what a parameter cannot hold with a caret."""
    if "^" not in value:
        return value
    return re.sub(r"\^([n'^])", lambda found: {"n": "\n", "'": '"', "^": "^"}[found[1]], value)


def _from_base64(raw: bytes) -> bytes:
    try:
        return binascii.a2b_base64(b"".join(raw.split()))
    except binascii.Error:
        return raw


_ESCAPE = re.compile(r"\\([\\,;:nN\"])")


def unescape(value: str) -> str:
    """Undo the escapes of a text (RFC 6350 3.4, RFC 2426 5)."""
    return _ESCAPE.sub(lambda found: "\n" if found[1] in "nN" else found[1], value)


def split(value: str) -> list[str]:
    """Split a structured value at its semicolons and undo the escapes of each part."""
    parts: list[str] = []
    start = at = 0
    while at < len(value):
        if value[at] == "\\":
            at += 2
            continue
        if value[at] == ";":
            parts.append(value[start:at])
            start = at + 1
        at += 1
    return [unescape(part) for part in (*parts, value[start:])]
