"""What a guard held back, and what the two answers to it do (DESIGN.md, R15)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy

from contacts_sync.wording.names import firm_list


@dataclass(frozen=True, slots=True)
class Effect:
    """What an answer does to each of the contacts, in the firm's list and in Outlook."""

    here: str
    there: str


@dataclass(frozen=True, slots=True)
class Guarded:
    """Why these changes wait, the words on the two buttons, and what each of them does."""

    title: str
    text: str
    approve: str
    dismiss: str
    approved: Effect
    dismissed: Effect


GUARDS: dict[str, tuple[Any, Any, Any, Any]] = {
    "deletions": (
        gettext_lazy("Unusually many contacts are to be deleted in Outlook"),
        gettext_lazy(
            "They were deleted in {firm}. If that was on purpose, delete them in Outlook too. If it"
            " was not, bring them back from the trash of {firm}."
        ),
        gettext_lazy("Delete them in Outlook"),
        gettext_lazy("Restore them in {firm}"),
    ),
    "vanished": (
        gettext_lazy("Unusually many contacts vanished from Outlook"),
        gettext_lazy(
            "Nothing was deleted in {firm}. If you removed them on purpose, {firm} keeps them and"
            " Outlook stays without them. If not, they are written to Outlook again. Should they"
            " come back by themselves, this question goes away."
        ),
        gettext_lazy("I removed them"),
        gettext_lazy("Put them back in Outlook"),
    ),
    "growth": (
        gettext_lazy("The first sync would create more contacts than its preview showed"),
        gettext_lazy(
            "Either list has grown since you looked at the preview. Create these contacts too, or"
            " leave them out."
        ),
        gettext_lazy("Create them"),
        gettext_lazy("Leave them out"),
    ),
    "arrivals": (
        gettext_lazy("Unusually many new contacts arrived from Outlook"),
        gettext_lazy(
            "An import into Outlook, or a shared list, may be the cause. Add them to {firm}, or"
            " leave them out: they then stay in Outlook only."
        ),
        gettext_lazy("Add them to {firm}"),
        gettext_lazy("Leave them out"),
    ),
    "blanked": (
        gettext_lazy("Everything was cleared from a contact in Outlook"),
        gettext_lazy(
            "Nothing is left of it in Outlook, not even a name. That looks like an accident, so {firm}"
            " still has all of it. Put the values of {firm} back in Outlook, or clear them in {firm} too."
        ),
        gettext_lazy("Clear them in {firm} too"),
        gettext_lazy("Put the values back in Outlook"),
    ),
    "changed_there": (
        gettext_lazy("Nearly all contacts were changed in Outlook at once"),
        gettext_lazy(
            "Another program may have done this. Take the changes into {firm}, or write the values"
            " of {firm} back to Outlook."
        ),
        gettext_lazy("Take the changes"),
        gettext_lazy("Write the values of {firm} back"),
    ),
    "changed_here": (
        gettext_lazy("Unusually many contacts are to be changed in Outlook"),
        gettext_lazy(
            "An import or a change to many contacts of {firm} may be the cause. Send the changes to"
            " Outlook, or take the values that Outlook has."
        ),
        gettext_lazy("Send the changes"),
        gettext_lazy("Take the values from Outlook"),
    ),
}
"""Title, explanation, what approving does, what dismissing does; by the guard's name."""

OTHER: tuple[Any, Any, Any, Any] = (
    gettext_lazy("These changes wait for your decision"),
    gettext_lazy("They were held back because they are unusually many."),
    gettext_lazy("Go ahead"),
    gettext_lazy("Do not do this"),
)


EFFECTS: dict[str, tuple[Any, Any, Any, Any]] = {
    "deletions": (
        gettext_lazy("Each stays in the trash, where it can be restored for some time."),
        gettext_lazy("Each is deleted with the next run, and is then in Deleted Items."),
        gettext_lazy("Each comes back from the trash now."),
        gettext_lazy("Each stays as it is, and is in sync again."),
    ),
    "vanished": (
        gettext_lazy("Each stays."),
        gettext_lazy(
            "Each stays removed, also when it is edited in {firm} later. You can put back one by one"
            " under “Removed in Outlook”."
        ),
        gettext_lazy("Each stays."),
        gettext_lazy("Each is created again with the next run."),
    ),
    "growth": (
        gettext_lazy("Those that are in Outlook only are added with the next run."),
        gettext_lazy("Those that are in {firm} only are added with the next run."),
        gettext_lazy("Nothing is added. Those that are in {firm} stay, and are left out."),
        gettext_lazy("Nothing is added. Those that are in Outlook stay, and are left out."),
    ),
    "arrivals": (
        gettext_lazy("Each is added with the next run."),
        gettext_lazy("Each stays, and is in sync from then on."),
        gettext_lazy("None is added."),
        gettext_lazy("Each stays, and is left out until you take it back in."),
    ),
    "blanked": (
        gettext_lazy("Each is emptied with the next run. Values that Outlook never held stay."),
        gettext_lazy("Each stays empty."),
        gettext_lazy("Each stays as it is."),
        gettext_lazy("Each gets the values of {firm} back with the next run."),
    ),
    "changed_there": (
        gettext_lazy("Each gets the values of Outlook with the next run."),
        gettext_lazy("Each stays as it is."),
        gettext_lazy("Each stays as it is."),
        gettext_lazy("Each gets the values of {firm} back with the next run."),
    ),
    "changed_here": (
        gettext_lazy("Each stays as it is."),
        gettext_lazy("Each gets the values of {firm} with the next run."),
        gettext_lazy("Each gets the values of Outlook back with the next run."),
        gettext_lazy("Each stays as it is."),
    ),
}
"""What approving does here and there, what dismissing does here and there; by the guard's name."""

UNKNOWN_EFFECTS: tuple[Any, Any, Any, Any] = (
    gettext_lazy("The change is made with the next run."),
    gettext_lazy("The change is made with the next run."),
    gettext_lazy("Each stays as it is."),
    gettext_lazy("Each stays as it is."),
)


def guarded(name: str) -> Guarded:
    """Say what a guard asks."""
    firm = firm_list()
    words = [str(text).format(firm=firm) for text in GUARDS.get(name, OTHER)]
    told = [str(text).format(firm=firm) for text in EFFECTS.get(name, UNKNOWN_EFFECTS)]
    title, text, approve, dismiss = words
    return Guarded(title, text, approve, dismiss, Effect(*told[:2]), Effect(*told[2:]))
