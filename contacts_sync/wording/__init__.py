"""The words for people, in one place: what a status, a problem, a change or a guard is called."""

from contacts_sync.wording.changes import (
    Difference,
    conflicts,
    differences,
    outcome,
    say,
    what,
    why,
    why_of,
)
from contacts_sync.wording.guards import Guarded, guarded
from contacts_sync.wording.names import MICROSOFT, firm_list
from contacts_sync.wording.problems import Notice, problem_of
from contacts_sync.wording.runs import Progress, lasts, progress, tally, until

__all__ = [
    "MICROSOFT",
    "Difference",
    "Guarded",
    "Notice",
    "Progress",
    "conflicts",
    "differences",
    "firm_list",
    "guarded",
    "lasts",
    "outcome",
    "problem_of",
    "progress",
    "say",
    "tally",
    "until",
    "what",
    "why",
    "why_of",
]
