"""What a change does to a contact, how far it came, and the values before and after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from contacts_sync.models import SyncChange
from contacts_sync.wording.guards import GUARDS
from contacts_sync.wording.names import MICROSOFT, firm_list
from contacts_sync.wording.texts import isolated, shortened

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
    (Action.MERGE, Side.HERE): (
        gettext_lazy("Merge with another contact"),
        gettext_lazy("Merged with another contact"),
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
            return _("Look alike") if change.guard == "near" else _("Takes no part")
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
    "removed in Outlook": gettext_lazy("Was removed from the Contacts folder in Outlook."),
    "same e-mail": gettext_lazy("They have the same e-mail address, and other names."),
    "same name": gettext_lazy("They have the same name, and no e-mail address in common."),
    "same phone and last name": gettext_lazy("They have the same last name and phone number."),
    "told apart": gettext_lazy("Somebody said that they are not the same."),
    "linked by a person": gettext_lazy("Somebody linked the two."),
    "takes part again": gettext_lazy("Somebody took the contact back in."),
    "put back in Outlook": gettext_lazy("Somebody put the contact back in Outlook."),
    "merged with another": gettext_lazy("Took the values of another contact that is the same."),
    "merged into another": gettext_lazy("Was merged into another contact."),
    "undone": gettext_lazy("Somebody undid an earlier change."),
    "the other value of a conflict": gettext_lazy(
        "Somebody chose the other value of a field that both sides had edited."
    ),
    "no longer due": gettext_lazy("Was settled before anybody decided."),
    **{name: title for name, (title, *_others) in GUARDS.items()},
    "company of a person": gettext_lazy("Is named as the company of a person in Outlook."),
}
"""The plan's own reasons; any other is a sentence already."""

PLAIN_REASONS: dict[tuple[str, str], Any] = {
    (Action.UPDATE, Side.HERE): gettext_lazy("Has newer values in Outlook."),
    (Action.UPDATE, Side.THERE): gettext_lazy("Has newer values in {firm}."),
    (Action.UPDATE, Side.BOTH): gettext_lazy("Has newer values on both sides."),
    (Action.DELETE, Side.THERE): gettext_lazy("Was deleted in {firm}."),
    (Action.GONE, Side.THERE): gettext_lazy("Was removed from the Contacts folder in Outlook."),
}
"""Why something is done for which the plan needs no reason."""


def why(reason: str) -> str:
    """Say why something is done, or waits."""
    if reason in REASONS:
        return str(REASONS[reason]).format(firm=firm_list())
    return capfirst(reason)


def why_of(change: SyncChange) -> str:
    """Say why a change is made, or waits."""
    if change.reason:
        return why(change.reason)
    return str(PLAIN_REASONS.get((change.action, change.side), "")).format(firm=firm_list())


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


SETS = frozenset({"emails", "phones", "messengers", "addresses", "websites"})
"""Fields with many values: lists of [label, value] or [label, value, primary]."""


LABELS = (
    gettext_noop("Work"),
    gettext_noop("Home"),
    gettext_noop("Mobile"),
    gettext_noop("Fax"),
    gettext_noop("Pager"),
    gettext_noop("Skype"),
    gettext_noop("Billing"),
    gettext_noop("Other"),
)
"""The labels of values, named here so that they are translated."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One field of a change, before and after."""

    field: str
    before: str
    after: str


def field_name(name: str) -> str:
    """Say what a field is called."""
    return str(FIELDS.get(name) or capfirst(name.replace("_", " ")))


def differences(change: SyncChange) -> list[Difference]:
    """List what a change does to each field, in the order in which people read a contact."""
    before, after = change.before or {}, change.after or {}
    known = [name for name in FIELDS if name in before or name in after]
    others = [name for name in {**before, **after} if name not in FIELDS]
    return [
        Difference(
            field_name(name), *(shortened(_say_field(name, values)) for values in (before, after))
        )
        for name in (*known, *others)
    ]


def _say_field(name: str, values: Mapping[str, Any]) -> str:
    value = values.get(name)
    if name in SETS and isinstance(value, list | tuple):
        return "; ".join(filter(None, map(say_entry, value)))
    return say(value)


def summed(texts: Sequence[str], limit: int = 10) -> str:
    """Write a list in one line, its end as a number."""
    line = "; ".join(texts[:limit])
    if len(texts) > limit:
        line += "; " + _("and %(n)s more") % {"n": f"{len(texts) - limit:,}"}
    return line


def say(value: Any) -> str:
    """Write a stored value the way a person would."""
    if not value:
        return ""
    match value:
        case str():
            return value
        case Mapping():
            return ", ".join(filter(None, map(say, value.values())))
        case list() | tuple():
            return ", ".join(filter(None, map(say, value)))
        case _:
            return str(value)


def say_entry(entry: Any) -> str:
    """Write one of many values with its label. `any` is the label of sets that know none."""
    match entry:
        case [str(label), value, *rest]:
            return _labelled(say(value), label, bool(rest and rest[0]))
        case _:
            return say(entry)


def _labelled(text: str, label: str, primary: bool) -> str:
    notes = [_(label) if label not in ("any", "") else "", _("primary") if primary else ""]
    said = ", ".join(filter(None, notes))
    return f"{text} ({said})" if text and said else text


@dataclass(frozen=True, slots=True)
class Dispute:
    """A field that both sides had changed: the value that stayed, and the one that gave way."""

    field: str
    stays: str
    gave_way: str
    from_outlook: bool
    """Whether the value that gave way is the one of Outlook."""


def disputes(change: SyncChange) -> list[Dispute]:
    """List the conflicts of a change, in the order of its record."""
    return [_dispute(each) for each in change.conflict or ()]


def _dispute(conflict: Mapping[str, Any]) -> Dispute:
    name = str(conflict.get("field", ""))
    here, there = (
        shortened(_say_field(name, {name: conflict.get(side)})) for side in ("here", "there")
    )
    if conflict.get("winner") == Side.THERE:
        return Dispute(field_name(name), there, here, from_outlook=False)
    return Dispute(field_name(name), here, there, from_outlook=True)


def conflicts(change: SyncChange) -> list[str]:
    """Tell which fields both sides had changed, with both values and the one that stays."""
    return [_say_conflict(each) for each in change.conflict or ()]


def _say_conflict(conflict: Mapping[str, Any]) -> str:
    name, firm = str(conflict.get("field", "")), firm_list()
    text = _(
        "Both sides changed %(field)s: “%(here)s” in %(firm)s, “%(there)s” in Outlook. The one in"
        " %(winner)s stays."
    )
    return text % {
        "field": field_name(name),
        "here": _in_a_sentence(name, conflict.get("here")),
        "there": _in_a_sentence(name, conflict.get("there")),
        "firm": firm,
        "winner": "Outlook" if conflict.get("winner") == Side.THERE else firm,
    }


def _in_a_sentence(name: str, value: Any) -> str:
    return isolated(shortened(_say_field(name, {name: value})))
