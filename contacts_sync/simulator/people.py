"""Pages on which a person uses a mailbox like in Outlook."""
from __future__ import annotations
from typing import TYPE_CHECKING
from .messages import Answer, Request
if TYPE_CHECKING:
    from .microsoft365 import Microsoft365
def answer(sim: Microsoft365, request: Request) -> Answer | None:
    return None
