"""Values that a program put into the notes, because its table has no column left for them.

Google's "Outlook CSV" writes a fourth e-mail as a line "E-mail Address: …", a second private number
as "Home Phone: …", a messenger as "IM: SKYPE: …".
"""

from __future__ import annotations

import re

from contacts_sync.contact import EMAILS, MESSENGERS, OTHER, PHONES
from contacts_sync.files import values
from contacts_sync.files.labels import label_of

FROM_NOTES = "stood in the notes; it was taken from there"

_LINE = re.compile(r"(?m)^(E-mail Address|IM|[A-Z][\w ]{0,30} (?:Phone|Fax)|Pager): *(\S.{0,300})$")


def noted_values(notes: str) -> list[tuple[str, str, str]]:
    """Give set, label and value of each line that is a value and not something that was noted."""
    found = []
    for name, value in _LINE.findall(notes):
        if name == "E-mail Address" and "@" in value:
            found.append((EMAILS, OTHER, value))
        elif name == "IM":
            service, colon, address = value.partition(": ")
            found.append(
                (MESSENGERS, OTHER, values.messenger(address or service, colon and service))
            )
        elif name != "E-mail Address":
            label = label_of(PHONES, (), name.removesuffix(" Phone"))[0]
            found.append((PHONES, label, value))
    return found
