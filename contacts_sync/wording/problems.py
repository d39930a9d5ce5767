"""What is wrong with a connection, and what its owner can do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy

from contacts_sync.models import Connection

Problem = Connection.Problem


@dataclass(frozen=True, slots=True)
class Notice:
    """What happened, and what the reader can do. `authorize` offers the sign-in again."""

    title: str
    text: str
    authorize: bool = False
    urgent: bool = True


PROBLEMS: dict[str, tuple[Any, Any, bool, bool]] = {
    Problem.SIGN_IN: (
        gettext_lazy("Microsoft wants you to sign in again"),
        gettext_lazy(
            "The sync waits until you do, and both lists stay as they are. This happens after a"
            " password change, or when a sign-in has expired. Use the same account as before."
        ),
        True,
        True,
    ),
    Problem.CONSENT: (
        gettext_lazy("Your Microsoft 365 administrator has to agree first"),
        gettext_lazy(
            "Your organization does not let people give applications access by themselves. Ask an"
            " administrator of your Microsoft 365 to approve this one, then authorize again."
        ),
        True,
        True,
    ),
    Problem.NO_MAILBOX: (
        gettext_lazy("This account has no mailbox"),
        gettext_lazy(
            "Syncing needs a plan that includes Outlook contacts, such as Microsoft 365 Business"
            " Standard or Enterprise. A new licence takes about 15 minutes to arrive."
        ),
        False,
        True,
    ),
    Problem.WRONG_MAILBOX: (
        gettext_lazy("Another account was signed in at Microsoft"),
        gettext_lazy(
            "Nothing was read or written. Authorize again and choose the account named below; a"
            " private browser window helps when Microsoft does not ask which one."
        ),
        True,
        True,
    ),
    Problem.CONFIGURATION: (
        gettext_lazy("The connection to Microsoft 365 is not set up correctly"),
        gettext_lazy(
            "This is for the people who run this application: tell your administrator. Both lists"
            " stay as they are, and the sync goes on by itself once it is repaired."
        ),
        False,
        True,
    ),
    Problem.UNAVAILABLE: (
        gettext_lazy("Microsoft 365 cannot be reached at the moment"),
        gettext_lazy("There is nothing you need to do: it is tried again by itself."),
        False,
        False,
    ),
    Problem.FAILING: (
        gettext_lazy("The last sync failed"),
        gettext_lazy(
            "It is tried again by itself. If it keeps failing, show this message to your"
            " administrator."
        ),
        False,
        True,
    ),
}


def problem_of(connection: Connection) -> Notice | None:
    """Say what is wrong with a connection as a whole."""
    if connection.problem not in PROBLEMS:
        return None
    title, text, authorize, urgent = PROBLEMS[connection.problem]
    return Notice(str(title), str(text), authorize, urgent)
