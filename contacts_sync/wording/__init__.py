"""The words for people, in one place: what a status, a problem, a change or a guard is called."""

from contacts_sync.wording import undoing
from contacts_sync.wording.changes import (
    Difference,
    Dispute,
    conflicts,
    differences,
    disputes,
    outcome,
    say,
    summed,
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
    "Dispute",
    "Guarded",
    "Notice",
    "Progress",
    "conflicts",
    "differences",
    "disputes",
    "firm_list",
    "guarded",
    "lasts",
    "outcome",
    "problem_of",
    "progress",
    "say",
    "summed",
    "tally",
    "undoing",
    "until",
    "what",
    "why",
    "why_of",
]
