"""Amend the preview that is shown: after a decision its rows and numbers say what will happen now."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Greatest

from contacts_sync import contact as shape
from contacts_sync.engine import plan as planner
from contacts_sync.engine.plan import Action, Do
from contacts_sync.models import Connection, ExternalLink, RemoteContact, SyncChange, SyncRun
from contacts_sync.run import preview
from contacts_sync.store import items, recording, records, search, writing

Change = SyncChange


def drop(connection: Connection, contacts: Iterable[int], remote_ids: Iterable[str]) -> None:
    """Take contacts of either side out of the preview that is shown, and out of its numbers."""
    for some in search.chunks(set(contacts)):
        _delete(_planned(connection).filter(contact__in=some))
    for named in search.chunks({one for one in remote_ids if one}):
        _delete(_planned(connection).filter(remote_id__in=named))
    _drop_companies(connection)


def answer_near(connection: Connection, contact: int, remote_id: str) -> None:
    """Take a pair that looks alike off the preview; both rows of its contacts stay."""
    rows = _planned(connection).filter(guard=preview.NEAR)
    rows.filter(contact=contact, remote_id=remote_id).delete()


def plan_again(connection: Connection, links: Sequence[ExternalLink]) -> None:
    """Plan links anew in the preview that is shown, after a decision about them."""
    run = _shown(connection)
    if run is None or not links:
        return
    pks = [link.pk for link in links]
    contacts = [link.contact_id for link in links if link.contact_id]
    remote_ids = [link.remote_id for link in links if link.remote_id]
    about = Q(link__in=pks) | Q(contact__in=contacts) | Q(remote_id__in=remote_ids)
    _delete(_planned(connection).filter(about))
    for some in search.chunks(pks):
        loaded = search.load_links(some)
        present = records.load_contacts(one.contact_id for one in loaded if one.contact_id)
        actions = []
        for link in loaded:
            view = search.view(link, present.get(link.contact_id) if link.contact_id else None)
            kept = link.decision == ExternalLink.Decision.KEEP
            action = planner.decide_answered(view, kept, agreed=link.local_shadow is not None)
            actions += [action] if action else []
        preview.keep(list(preview.rows(run, list(_summed_up(connection, actions)), {})))
        _add_companies(run, actions)
    _drop_companies(connection)


def _shown(connection: Connection) -> SyncRun | None:
    latest = connection.runs.first()
    fits = latest is not None and latest.kind == SyncRun.Kind.PREVIEW and not latest.is_open
    return latest if fits else None


def _planned(connection: Connection) -> QuerySet[SyncChange]:
    return Change.objects.filter(connection=connection, status=Change.Status.PLANNED)


def _summed_up(connection: Connection, actions: Sequence[Action]) -> Iterable[Action]:
    """Add to adoptions and updates what they will write, as a plan does."""
    merged = {
        item.action: item.merged
        for item in items.load(
            connection, [one for one in actions if one.do in (Do.ADOPT, Do.UPDATE)]
        )
    }
    for one in actions:
        if one.do not in (Do.ADOPT, Do.UPDATE):
            yield one
        elif one in merged:
            yield planner.summed_up(one, merged[one], blank=False)  # a person has decided


def _delete(rows: QuerySet[SyncChange]) -> None:
    """Delete planned rows, and lower the numbers by them."""
    counts: defaultdict[int, Counter[str]] = defaultdict(Counter)
    dropped = list(rows.values_list("pk", "run_id", "action", "side", "guard", "conflict"))
    for _pk, run, action, side, guard, conflict in dropped:
        if run and not guard:
            name = recording.TALLY.get((Change.Action(action), Change.Side(side)))
            counts[run].update([name] if name else [])
            counts[run].update(["conflicts"] if conflict else [])
    for some in search.chunks([row[0] for row in dropped]):
        Change.objects.filter(pk__in=some).delete()
    for run, lowered in counts.items():
        SyncRun.objects.filter(pk=run).update(
            **{name: Greatest(F(name) - count, 0) for name, count in lowered.items()}
        )


def _companies(connection: Connection) -> QuerySet[SyncChange]:
    return _planned(connection).filter(reason=preview.COMPANY_OF_A_PERSON)


def _drop_companies(connection: Connection) -> None:
    """Drop the companies that nobody brings along any more."""
    named = dict(_companies(connection).values_list("pk", "name"))
    if not named:
        return
    people = _planned(connection).exclude(remote_id="").values("remote_id")
    rows = RemoteContact.objects.filter(connection=connection, remote_id__in=people)
    brought = {
        shape.fold(one or "") for one in rows.values_list("values__scalars__company", flat=True)
    }
    _delete(Change.objects.filter(pk__in=[pk for pk, name in named.items() if name not in brought]))


def _add_companies(run: SyncRun, actions: Iterable[Action]) -> None:
    """Add the companies that people bring along who are added after all."""
    added = [one.mirror for one in actions if one.do is Do.CREATE_HERE and one.mirror]
    people = [row for row in RemoteContact.objects.filter(pk__in=added) if row.kind == shape.PERSON]
    wanted = {shape.fold(row.scalars.get("company", "")) for row in people} - {""}
    wanted -= set(_companies(run.connection).values_list("name", flat=True))
    wanted -= writing.known_companies(sorted(wanted)).keys() if wanted else set()
    preview.keep([preview.company(run, name) for name in sorted(wanted)])
