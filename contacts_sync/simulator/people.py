"""Pages on which a person uses a mailbox like in Outlook."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contacts_sync.simulator.messages import Answer, Request

if TYPE_CHECKING:
    from contacts_sync.simulator.microsoft365 import Microsoft365


def answer(sim: Microsoft365, request: Request) -> Answer | None:
    return None
