"""Run a sync: open, pull, settle, plan, guard, apply, close.

A preview is the same path, stopped after the plan. A run works in slices; each takes the lease anew,
so that a killed worker costs one slice.
"""

from __future__ import annotations

import logging
import random
import time
import traceback
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from django.db import InterfaceError, OperationalError
from django.db import connection as database
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts_sync import contact as shape
from contacts_sync import triggers
from contacts_sync.engine.guard import judge
from contacts_sync.engine.plan import Action, Do
from contacts_sync.models import Connection, SyncRun
from contacts_sync.providers import errors
from contacts_sync.providers.base import ContactProvider
from contacts_sync.run import preview
from contacts_sync.run.apply import apply
from contacts_sync.run.closing import Ending, close
from contacts_sync.run.context import LONGEST_WAIT, SLICE, Slice, SliceOver
from contacts_sync.run.planning import Plan, make_plan
from contacts_sync.run.pull import pull
from contacts_sync.run.quota import Quota
from contacts_sync.run.settle import settle
from contacts_sync.store import guarding, runs
from contacts_sync.store import lease as leases
from contacts_sync.store.lease import LeaseLost, Stopped

logger = logging.getLogger(__name__)

PATIENCE = 500
"""How many slices a run may have while the service asks for patience."""

PASSES = 3
"""How often one slice plans again what turned out to have changed."""


def run_slice(
    run: SyncRun,
    open_provider: Callable[[Connection], ContactProvider],
    *,
    now: Callable[[], datetime] = timezone.now,
    sleep: Callable[[float], None] = time.sleep,
    length: timedelta = SLICE,
    jitter: Callable[[], float] = random.random,
    stopping: Callable[[], bool] = lambda: False,
) -> SyncRun:
    """Work on a run until it ends or its slice is over, and say in its row how that went.

    A slice also ends, within a batch or a page, when `stopping` says that the worker is to end.
    A run whose lease somebody else holds is left as it is. Every failure ends in a status and a
    sentence that a person can read; no exception leaves this function but those of the machine.
    """
    lease = leases.take(run.connection_id, uuid.uuid4().hex, now())
    if lease is None:
        run.refresh_from_db()
        return run
    try:
        begun = runs.begin(run.pk, lease, now())
        if begun is None:
            run.refresh_from_db()
            return run
        requests = 0
        work = None
        try:
            provider = open_provider(begun.connection)
            lately = begun.connection.sent_lately
            quota = Quota(provider.quota, provider.quota_seconds, lately)
            work = Slice(begun, provider, lease, now, sleep, now() + length, stopping, quota)
            ending = _go(work)
        except Exception as error:  # every failure becomes a sentence; see _ending
            ending = _ending(begun, error, stopping())
            _reconnect()
        requests = work.provider.requests if work else 0
        lately = work.sent_lately() if work else None
        close(begun, lease, ending, requests, now(), jitter(), lately)
        begun.refresh_from_db()
        return begun
    except LeaseLost:
        run.refresh_from_db()
        return run
    finally:
        leases.give_back(lease)


def _reconnect() -> None:
    """Open a connection to the database anew that was cut: how the slice ended is still to be told."""
    if not database.in_atomic_block:
        database.close_if_unusable_or_obsolete()


def _go(work: Slice) -> Ending:
    run, connection = work.run, work.connection
    if run.kind != SyncRun.Kind.PREVIEW and connection.state != Connection.State.ON:
        raise Stopped
    _prepare(connection)
    if run.kind == SyncRun.Kind.RESYNC and run.slices == 1:
        connection.full_wanted, connection.seen = True, 0
        connection.save(update_fields=["full_wanted", "seen"])
    for number in range(PASSES):
        work.again = work.late = False
        runs.step(run, SyncRun.Step.PULL)
        pull(work)
        runs.step(run, SyncRun.Step.SETTLE)
        settle(work)
        runs.step(run, SyncRun.Step.PLAN)
        seen = triggers.watermark()
        plan = make_plan(run, work.now(), near=run.kind == SyncRun.Kind.PREVIEW)
        if run.kind == SyncRun.Kind.PREVIEW:
            preview.show(work, plan)
            return Ending(SyncRun.Status.DONE)
        actions = _guarded(work, plan)
        runs.plan(run, len(actions))
        runs.step(run, SyncRun.Step.APPLY)
        apply(work, actions, seen or connection.seen)
        if not work.again:
            return Ending(SyncRun.Status.DONE, seen=None if plan.waits else seen)
        if number == 0:
            logger.info("run %s plans again what has changed meanwhile", run.pk)
    if work.late and run.slices < PATIENCE:
        raise SliceOver(LONGEST_WAIT)
    return Ending(SyncRun.Status.DONE)


def _prepare(connection: Connection) -> None:
    """See that changes are noticed: the triggers stand, and nothing that we saw lies ahead."""
    if not triggers.current(database):
        triggers.install(database)
    clock = triggers.watermark()
    stale = connection.mapping_version != shape.MAPPING_VERSION
    if stale or (clock is not None and connection.seen > clock):
        connection.seen = 0
        connection.mapping_version = shape.MAPPING_VERSION
        connection.save(update_fields=["seen", "mapping_version"])
        if stale:
            runs.look_at_everything(connection)


def _guarded(work: Slice, plan: Plan) -> list[Action]:
    """Hold what looks like an accident, and let the rest go on."""
    run = work.run
    if not plan.actions:
        guarding.dissolve(run.connection, [])
        return []
    waiting = guarding.waiting(run.connection)
    verdict = judge(
        plan.actions,
        guarding.totals(run),
        guarding.approved(run.connection, work.now()),
        guarding.previewed(run),
        waiting,
    )
    guarding.dissolve(run.connection, plan.actions)
    links = [(action, guard) for action, guard in verdict.held if not action.creates]
    if links:
        guarding.hold(run, work.lease, links, work.now())
    go = list(verdict.go)
    go += [
        replace(action, do=Do.HOLD, guard=guard.name, group=f"guard-{guard.name}")
        for action, guard in verdict.held
        if action.creates and not waiting(action)
    ]
    stands = guarding.stands(run.connection, go)
    go = [action for action in go if not stands(action)]
    return sorted(go, key=lambda action: action.do is not Do.HOLD)


def _ending(run: SyncRun, error: Exception, stopping: bool) -> Ending:
    """Say what a failure means for the run and for its connection.

    A worker that is to end was not patient: what passes is for the next one to judge.
    """
    Problem, Status = Connection.Problem, SyncRun.Status
    match error:
        case SliceOver():
            return Ending(Status.CONTINUES, wait=error.wait)
        case Stopped():
            return Ending(Status.STOPPED, _("The sync was stopped."))
        case LeaseLost():
            raise error
        case errors.ConsentRequired():
            return Ending(Status.NEEDS_SIGN_IN, str(error), Problem.CONSENT)
        case errors.AuthRequired():
            return Ending(Status.NEEDS_SIGN_IN, str(error), Problem.SIGN_IN)
        case errors.NoMailbox():
            return Ending(Status.REFUSED, str(error), Problem.NO_MAILBOX)
        case errors.WrongMailbox():
            return Ending(Status.REFUSED, str(error), Problem.WRONG_MAILBOX)
        case errors.Misconfigured():
            return Ending(Status.FAILED, str(error), Problem.CONFIGURATION)
        case errors.Throttled() if run.slices < PATIENCE:
            return Ending(
                Status.CONTINUES, str(error), wait=max(LONGEST_WAIT, error.retry_after or 0)
            )
        case errors.Unavailable() if stopping and run.slices < PATIENCE:
            return Ending(Status.CONTINUES, str(error), wait=error.retry_after or 0.0)
        case errors.ProviderError():
            return Ending(Status.FAILED, str(error), Problem.UNAVAILABLE)
    # Where it happened, and not what the exception says: that may quote a contact.
    where = "".join(traceback.format_tb(error.__traceback__))
    kind = type(error).__name__
    logger.error("run %s of connection %s failed: %s\n%s", run.pk, run.connection_id, kind, where)
    if isinstance(error, OperationalError | InterfaceError):
        text = _(
            "Our own database could not be written: it may be full, locked, read-only or cut off. "
            "Nothing was lost; the next run goes on."
        )
    else:
        text = _("Something went wrong here ({kind}). Nothing was lost; the next run goes on.")
    return Ending(Status.FAILED, text.format(kind=kind), Problem.FAILING)
