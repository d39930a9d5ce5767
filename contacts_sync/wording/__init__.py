"""The words for people, in one place: what a status, a problem, a change or a guard is called."""

from contacts_sync.wording import texts, undoing
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
from contacts_sync.wording.guards import Effect, Guarded, guarded
from contacts_sync.wording.names import MICROSOFT, firm_list
from contacts_sync.wording.problems import Notice, problem_of
from contacts_sync.wording.rooms import why_home
from contacts_sync.wording.runs import Progress, kind_of_run, lasts, progress, tally, until
from contacts_sync.wording.standing import alone, coming, standing_of
from contacts_sync.wording.texts import isolated, named, shortened

__all__ = [
    "MICROSOFT",
    "Difference",
    "Dispute",
    "Effect",
    "Guarded",
    "Notice",
    "Progress",
    "alone",
    "coming",
    "conflicts",
    "differences",
    "disputes",
    "firm_list",
    "guarded",
    "isolated",
    "kind_of_run",
    "lasts",
    "named",
    "outcome",
    "problem_of",
    "progress",
    "say",
    "shortened",
    "standing_of",
    "summed",
    "tally",
    "texts",
    "undoing",
    "until",
    "what",
    "why",
    "why_home",
    "why_of",
]
