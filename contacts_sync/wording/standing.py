"""How one contact of a mailbox fares."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts_sync.models import ExternalLink
from contacts_sync.wording.names import firm_list

State = ExternalLink.State

ON_THEIR_WAY: dict[str, Any] = {
    "": gettext_lazy("Is new, and the next run looks at it."),
    State.CREATING: gettext_lazy("Is created in Outlook with the next run."),
    State.DELETING: gettext_lazy("Is deleted in Outlook with the next run."),
    State.HELD: gettext_lazy("You have decided; the next run follows."),
}

STATES: dict[str, Any] = {
    State.CREATING: gettext_lazy("is created in Outlook with the next run"),
    State.LINKED: gettext_lazy("in {firm} and in Outlook"),
    State.DELETING: gettext_lazy("is deleted in Outlook with the next run"),
    State.GONE: gettext_lazy("removed in Outlook; {firm} keeps it"),
    State.HELD: gettext_lazy("waits for a decision"),
    State.APART: gettext_lazy("left out"),
}


def coming(state: str) -> str:
    """Say why a contact is on its way, by the state of its link; none if it has none yet."""
    told = ON_THEIR_WAY.get(state, gettext_lazy("Has changed, and the next run brings it on."))
    return str(told)


def standing_of(link: ExternalLink) -> str:
    """Say how a contact fares in this mailbox."""
    if link.problem and link.state not in (State.GONE, State.APART):
        return _("set aside with a problem")
    return str(STATES[link.state]).format(firm=firm_list())


def alone(here: bool) -> str:
    """Say where a contact is that has no counterpart."""
    return _("In %(firm)s only") % {"firm": firm_list()} if here else _("In Outlook only")
