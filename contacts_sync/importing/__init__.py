"""Import and export: what files tell becomes contacts of the firm's list, and back."""

from contacts_sync.importing.creating import create
from contacts_sync.importing.drafts import all_drafts
from contacts_sync.importing.reading import Entry, Told, Verdict, bring_in

__all__ = ["Entry", "Told", "Verdict", "all_drafts", "bring_in", "create"]
