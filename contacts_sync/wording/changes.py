"""What a change does to a contact, how far it came, and the values before and after."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts_sync.models import SyncChange
from contacts_sync.wording.names import MICROSOFT, firm_list

Action, Side, Status = SyncChange.Action, SyncChange.Side, SyncChange.Status

CHANGES: dict[tuple[str, str], tuple[Any, Any]] = {
    (Action.ADD, Side.HERE): (gettext_lazy("Add to {firm}"), gettext_lazy("Added to {firm}")),
    (Action.ADD, Side.THERE): (gettext_lazy("Add to {them}"), gettext_lazy("Added to {them}")),
    (Action.LINK, Side.BOTH): (gettext_lazy("Merge (link)"), gettext_lazy("Merged (linked)")),
    (Action.UPDATE, Side.HERE): (
        gettext_lazy("Update in {firm}"),
        gettext_lazy("Updated in {firm}"),
    ),
    (Action.UPDATE, Side.THERE): (
        gettext_lazy("Update in {them}"),
        gettext_lazy("Updated in {them}"),
    ),
    (Action.UPDATE, Side.BOTH): (
        gettext_lazy("Update on both sides"),
        gettext_lazy("Updated on both sides"),
    ),
    (Action.DELETE, Side.THERE): (
        gettext_lazy("Delete in Outlook"),
        gettext_lazy("Deleted in Outlook"),
    ),
    (Action.DELETE, Side.HERE): (
        gettext_lazy("Move to the trash"),
        gettext_lazy("Moved to the trash"),
    ),
}

OUTCOMES: dict[str, Any] = {
    Status.PLANNED: gettext_lazy("planned"),
    Status.SENT: gettext_lazy("sent, the answer is not known yet"),
    Status.DONE: gettext_lazy("done"),
    Status.UNKNOWN: gettext_lazy("no answer; the next run looks what became of it"),
    Status.FAILED: gettext_lazy("failed"),
    Status.HELD: gettext_lazy("waits for a decision"),
    Status.APPROVED: gettext_lazy("approved, goes out with the next run"),
    Status.DISMISSED: gettext_lazy("turned down"),
}


def what(change: SyncChange) -> str:
    """Say what a change does, or did."""
    did = change.status == Status.DONE
    action, side = change.action, change.side
    if action == Action.LINK:
        side = Side.BOTH
    if (action, side) in CHANGES:
        text = str(CHANGES[action, side][did])
        return text.format(firm=firm_list(), them=MICROSOFT)
    match action:
        case Action.GONE:
            return _("Removed in Outlook")
        case Action.HOLD:
            return _("Needs your decision")
        case Action.SKIP:
            return _("Takes no part")
        case _:
            return capfirst(change.get_action_display())


def outcome(change: SyncChange) -> str:
    """Say how far a change came; nothing to say when it is done."""
    return "" if change.status == Status.DONE else str(OUTCOMES.get(change.status, change.status))


REASONS: dict[str, Any] = {
    "match": gettext_lazy("First name, last name and an e-mail address are identical."),
    "group": gettext_lazy("More than one contact matches."),
    "copy": gettext_lazy("This Outlook contact equals one that is linked already."),
    "only there": gettext_lazy("Is in Outlook only."),
    "only here": gettext_lazy("Is in {firm} only."),
}
"""The plan's own reasons; any other is a sentence already."""


def why(reason: str) -> str:
    """Say why something is done, or waits."""
    if reason in REASONS:
        return str(REASONS[reason]).format(firm=firm_list())
    return capfirst(reason.removeprefix("near:").strip())


FIELDS: dict[str, Any] = {
    "prefix": gettext_lazy("Prefix"),
    "first_name": gettext_lazy("First name"),
    "middle_name": gettext_lazy("Middle name"),
    "last_name": gettext_lazy("Last name"),
    "suffix": gettext_lazy("Suffix"),
    "name": gettext_lazy("Company name"),
    "company": gettext_lazy("Company"),
    "job_title": gettext_lazy("Job title"),
    "department": gettext_lazy("Department"),
    "birthday": gettext_lazy("Birthday"),
    "emails": gettext_lazy("E-mail"),
    "phones": gettext_lazy("Phone"),
    "messengers": gettext_lazy("Instant messenger"),
    "addresses": gettext_lazy("Address"),
    "websites": gettext_lazy("Web site"),
    "deleted_at": gettext_lazy("In the trash since"),
}


@dataclass(frozen=True, slots=True)
class Difference:
    """One field of a change, before and after."""

    field: str
    before: str
    after: str


def differences(change: SyncChange) -> list[Difference]:
    """List what a change does to each field, in the order in which people read a contact."""
    before, after = change.before or {}, change.after or {}
    known = [name for name in FIELDS if name in before or name in after]
    others = [name for name in {**before, **after} if name not in FIELDS]
    return [
        Difference(
            str(FIELDS.get(name) or capfirst(name.replace("_", " "))),
            say(before.get(name)),
            say(after.get(name)),
        )
        for name in (*known, *others)
    ]


def say(value: Any) -> str:
    """Write a stored value the way a person would."""
    match value:
        case None | "" | [] | {}:
            return ""
        case str():
            return value
        case Mapping():
            return _say_entry(value)
        case list() | tuple():
            return "; ".join(filter(None, map(say, value)))
        case _:
            return str(value)


def _say_entry(entry: Mapping[str, Any]) -> str:
    label = entry.get("label") or entry.get("room") or ""
    if "value" not in entry:
        return ", ".join(filter(None, map(say, entry.values())))
    value = entry["value"]
    text = ", ".join(filter(None, value)) if isinstance(value, list | tuple) else say(value)
    return f"{text} ({label})" if label and label != "any" else text
