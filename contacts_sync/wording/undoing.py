"""What an undo will do, and what it did."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts_sync.models import SyncChange
from contacts_sync.wording.changes import field_name, what
from contacts_sync.wording.names import firm_list

Action, Side = SyncChange.Action, SyncChange.Side

FORECASTS: dict[tuple[str, str], Any] = {
    (Action.ADD, Side.HERE): gettext_lazy(
        "They go to the trash of {firm}. The originals in Outlook stay, and are left out; copies that"
        " the sync made of them in other mailboxes are deleted."
    ),
    (Action.ADD, Side.THERE): gettext_lazy(
        "Their copies in Outlook are deleted with the next run, unless somebody has edited them. In"
        " {firm} they stay, and are left out of this mailbox."
    ),
    (Action.UPDATE, Side.HERE): gettext_lazy(
        "They get the values from before, where nobody has edited them since. Every mailbox that has"
        " them follows with its next run."
    ),
    (Action.UPDATE, Side.THERE): gettext_lazy(
        "{firm} and Outlook both get the values that Outlook had before, where nobody has edited"
        " them since."
    ),
    (Action.DELETE, Side.THERE): gettext_lazy(
        "They come back from the trash of {firm}, if they are still there, and are created in"
        " Outlook again."
    ),
    (Action.GONE, Side.THERE): gettext_lazy("They are created in Outlook again."),
}


@dataclass(frozen=True, slots=True)
class Forecast:
    """What undoing all changes of one sort will do."""

    what: str
    number: int
    text: str


def forecast(action: str, side: str, number: int) -> Forecast:
    """Say what undoing all changes of one sort will do."""
    change = SyncChange(action=action, side=side, status=SyncChange.Status.DONE)
    text = FORECASTS.get((action, side), gettext_lazy("This cannot be undone, and stays."))
    return Forecast(what(change), number, str(text).format(firm=firm_list()))


EDITED_SINCE = "undone, but edited since: "
"""How the record of an undo begins that had to leave fields as they are (`run.undo`)."""


def told(record: SyncChange) -> str:
    """Say what an undo did, by its record."""
    text = _("%(name)s: put back. The next run brings it to Outlook.") % {"name": record.name}
    if not (fields := stayed(record.reason)):
        return text
    left = _("Somebody has edited this since, so it stays as it is: %(fields)s.")
    return f"{text} {left % {'fields': fields}}"


def stayed(reason: str) -> str:
    """Name the fields that an undo left as they are."""
    if not reason.startswith(EDITED_SINCE):
        return ""
    names = reason.removeprefix(EDITED_SINCE).split(", ")
    return ", ".join(map(field_name, names))
