"""What a guard held back, and what the two answers to it do (DESIGN.md, R15)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy

from contacts_sync.wording.names import firm_list


@dataclass(frozen=True, slots=True)
class Guarded:
    """Why these changes wait, and the words on the two buttons."""

    title: str
    text: str
    approve: str
    dismiss: str


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


def guarded(name: str) -> Guarded:
    """Say what a guard asks."""
    firm = firm_list()
    return Guarded(*(str(text).format(firm=firm) for text in GUARDS.get(name, OTHER)))
