"""What a run did, how far an open one is, and when the next one comes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from contacts_sync.models import SyncRun
from contacts_sync.wording.names import firm_list


def tally(run: SyncRun, unanswered: int = 0) -> str:
    """Say in one line what a run did, or what a preview found to do.

    `unanswered` writes went out, and what became of them is not known yet.
    """
    told = list(_counted(run))
    if unanswered:
        told.append(
            ngettext(
                "%(number)s waits for Microsoft’s answer",
                "%(number)s wait for Microsoft’s answer",
                unanswered,
            )
            % {"number": f"{unanswered:,}"}
        )
    if counted := ", ".join(told):
        preview = run.kind == SyncRun.Kind.PREVIEW
        return _("planned: %(counts)s") % {"counts": counted} if preview else counted
    if run.is_open:
        return _("nothing changed yet")
    return _("nothing to do") if run.status == SyncRun.Status.DONE else _("nothing changed")


def kind_of_run(run: SyncRun, again: bool) -> str:
    """Name what is special about a run; nothing of an ordinary one. `again`: after a Stop."""
    match run.kind:
        case SyncRun.Kind.PREVIEW:
            return _("Preview")
        case SyncRun.Kind.RESYNC:
            return _("Read everything again")
    if run.first:
        return _("Started again") if again else _("First sync")
    return ""


def _counted(run: SyncRun) -> Iterator[str]:
    firm = firm_list()
    for number, text in (
        (run.added_here, _("%(number)s added to %(firm)s")),
        (run.added_there, _("%(number)s added to Microsoft 365")),
        (run.linked, _("%(number)s linked")),
        (run.updated_here, _("%(number)s updated in %(firm)s")),
        (run.updated_there, _("%(number)s updated in Microsoft 365")),
        (run.deleted_there, _("%(number)s deleted in Outlook")),
        (run.gone, _("%(number)s removed in Outlook")),
        (run.conflicts, _("%(number)s differed on both sides")),
        (run.held, _("%(number)s held for a decision")),
        (run.problems, _("%(number)s set aside")),
    ):
        if number:
            yield text % {"number": f"{number:,}", "firm": firm}


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an open run is. `said` changes when a listener should hear the headline again."""

    headline: str
    detail: str
    done: int
    total: int
    said: str

    @property
    def percent(self) -> int:
        return min(99, 100 * self.done // self.total) if self.total else 0


PATIENCE = timedelta(minutes=2)
"""A run that nobody has begun after this long tells the reader whom to ask."""


def progress(run: SyncRun, now: datetime, resumes_at: datetime | None = None) -> Progress:
    """Say how far a run is, what is left, and how long that takes at the pace so far.

    A run between two slices may wait for `resumes_at`, because Microsoft asked for it.
    """
    seconds = max((now - run.started_at).total_seconds(), 1)
    done, total = 0, 0
    match run.step:
        case SyncRun.Step.OPEN:
            headline, detail = _("Waiting to start"), _waiting(now - run.started_at)
        case SyncRun.Step.PULL | SyncRun.Step.SETTLE:
            headline, detail = _("Reading your Outlook contacts"), _reading(run, seconds)
        case SyncRun.Step.APPLY if run.planned:
            done, total = run.done, run.planned
            headline, detail = _("Writing"), _writing(run, seconds)
        case SyncRun.Step.APPLY:
            headline, detail = _("Writing"), ""
        case _:
            headline = _("Comparing both lists")
            detail = _("%(read)s contacts read from Outlook.") % {"read": f"{run.read:,}"}
    if run.status == SyncRun.Status.CONTINUES and run.slices and resumes_at and resumes_at > now:
        pause = _("Microsoft asked for a pause. It goes on %(when)s.")
        detail = f"{detail} {pause % {'when': until(resumes_at, now)}}".strip()
    tenth = 10 * done // total if total else 0
    return Progress(headline, detail, done, total, f"{run.pk}-{run.step}-{tenth}")


def _waiting(waited: timedelta) -> str:
    if waited < PATIENCE:
        return _("This begins in a moment.")
    return _(
        "This takes longer than it should. If nothing happens, ask your administrator whether the"
        " background worker is running."
    )


def _reading(run: SyncRun, seconds: float) -> str:
    if not run.read:
        return _("Outlook does not say beforehand how many there are.")
    return _(
        "%(read)s read so far, about %(pace)s a second. Outlook does not say beforehand how many"
        " there are."
    ) % {"read": f"{run.read:,}", "pace": f"{max(run.read / seconds, 1):,.0f}"}


def _writing(run: SyncRun, seconds: float) -> str:
    left = max(run.planned - run.done, 0)
    told = _("%(done)s of %(planned)s contacts done, %(left)s left.") % {
        "done": f"{run.done:,}",
        "planned": f"{run.planned:,}",
        "left": f"{left:,}",
    }
    if seconds < 10 or run.done < 20:
        return _("%(told)s How long it takes can be told in a moment.") % {"told": told}
    pace = run.done / seconds
    return _("%(told)s About %(pace)s a minute; at this pace, %(time)s to go.") % {
        "told": told,
        "pace": f"{pace * 60:,.0f}",
        "time": lasts(left / pace),
    }


def lasts(seconds: float) -> str:
    """Say roughly how long something takes."""
    minutes = round(seconds / 60)
    if minutes < 1:
        return _("less than a minute")
    if minutes < 90:
        return ngettext("about %(n)d minute", "about %(n)d minutes", minutes) % {"n": minutes}
    hours = round(minutes / 60)
    return ngettext("about %(n)d hour", "about %(n)d hours", hours) % {"n": hours}


def until(moment: datetime | None, now: datetime) -> str:
    """Say when something planned happens: "in 40 minutes"."""
    if moment is None:
        return ""
    seconds = (moment - now).total_seconds()
    if seconds < 60:
        return _("in a moment")
    minutes = round(seconds / 60)
    if minutes < 90:
        return ngettext("in %(n)d minute", "in %(n)d minutes", minutes) % {"n": minutes}
    hours = round(minutes / 60)
    return ngettext("in %(n)d hour", "in %(n)d hours", hours) % {"n": hours}
