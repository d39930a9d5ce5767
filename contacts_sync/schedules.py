"""See that the one schedule exists: every minute, send what is due."""

from __future__ import annotations

from datetime import datetime

from django.db import DEFAULT_DB_ALIAS, connections
from django.utils import timezone
from django_q.models import Schedule

from contacts_sync.models import Connection
from contacts_sync.run.closing import LONGEST_BACKOFF
from contacts_sync.store.lease import DURATION

NAME = "contacts_sync: send what is due"


def ensure_schedules(*, using: str = DEFAULT_DB_ALIAS, **_kwargs: object) -> None:
    """Make the schedule, or bring it back in line. `name` is not unique in django-q2.

    It is connected to `post_migrate`, where the queue's tables may not be there yet.
    """
    if Schedule._meta.db_table not in connections[using].introspection.table_names():
        return
    wanted = {
        "func": "contacts_sync.tasks.dispatch",
        "schedule_type": Schedule.MINUTES,
        "minutes": 1,
        "repeats": -1,
    }
    rows = list(Schedule.objects.filter(name=NAME).order_by("pk"))
    if not rows:
        Schedule.objects.create(name=NAME, next_run=timezone.now(), **wanted)
        return
    Schedule.objects.filter(pk=rows[0].pk).update(**wanted)
    Schedule.objects.filter(pk__in=[row.pk for row in rows[1:]]).delete()


def after_the_clock_went_back(now: datetime) -> None:
    """Forget what a clock that was ahead has put off: it would wait until that hour comes.

    Nobody who is alive holds a lease for that long, and one who did is stopped by its fence.
    """
    Schedule.objects.filter(name=NAME, next_run__gt=now + DURATION).update(next_run=now)
    Connection.objects.filter(lease_until__gt=now + 2 * DURATION).update(lease_until=None)
    too_far = now + 2 * LONGEST_BACKOFF
    Connection.objects.filter(next_run_at__gt=too_far).update(next_run_at=now)
