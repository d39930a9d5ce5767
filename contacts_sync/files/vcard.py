"""vCard files: 2.1, 3.0 (RFC 2425, 2426) and 4.0 (RFC 6350) read, 3.0 and 4.0 written.

The parser is our own, in `vcard_lines`, and refuses nothing. vobject, which the project knew
before, raises an error on 10 of the 124 sample files and skips lines in 8 more: it decodes while it
parses, so that one CHARSET nobody knows, or one quoted-printable character cut in half, costs the
card. Splitting the cards before it would have left those 18 files to a second parser, which then
reads the others as well: it reads all 124, and one way of reading is easier to trust than two.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from contacts_sync.files import vcard_read, vcard_write
from contacts_sync.files.draft import BadCard, Draft
from contacts_sync.files.vcard_write import V3, V4

__all__ = ["V3", "V4", "read", "write"]


def read(data: bytes) -> Iterator[Draft | BadCard]:
    """Read the cards of a file in its order, holding one card at a time.

    Never raises, whatever the bytes are. A card that is no contact (a group, nothing inside, text
    outside of cards) becomes a `BadCard`, and reading goes on. Every property is either part of the
    draft or listed in its `unread`; properties about the card itself (REV, PRODID, ...) are not.
    Guesses are listed there too, such as a name that came as one text.
    """
    return vcard_read.read(data)


def write(contacts: Iterable[Draft], version: str = V3) -> Iterator[bytes]:
    """Write each contact as one UTF-8 chunk of vCard 3.0 or 4.0, folded at 75 octets, with CRLF.

    `read` gives back what was written: all scalars, values, labels and primaries. Labels are types
    of the RFC; *Skype* and *Billing*, which it does not know, are X- types with an X-ABLabel
    beside. Companies carry X-ABShowAs:COMPANY in 3.0, as Apple's programs write them, and KIND:org
    in 4.0. `source` and `unread` are about the file that was read and are not written.
    """
    return vcard_write.write(contacts, version)
