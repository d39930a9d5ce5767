"""Import and export: what files tell becomes contacts of the firm's list, and back.

`reading` brings a file in at once, for the command. A page goes another way: `uploads` keeps the file,
`slices` reads it into rows, `choosing` looks through them, `taking` makes contacts of what was chosen.
"""

from contacts_sync.importing.creating import create
from contacts_sync.importing.drafts import all_drafts
from contacts_sync.importing.reading import Entry, Told, Verdict, bring_in
from contacts_sync.importing.slices import Overtaken, read_slice
from contacts_sync.importing.taking import take_slice

__all__ = [
    "Entry",
    "Overtaken",
    "Told",
    "Verdict",
    "all_drafts",
    "bring_in",
    "create",
    "read_slice",
    "take_slice",
]
