"""Run the worker: the queue's own, and a slice of a run ends soon after SIGTERM."""

from __future__ import annotations

from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand
from django.db import connections
from django.utils import timezone
from django_q.cluster import Cluster

from contacts_sync import schedules
from contacts_sync.run import stopping


class Command(BaseCommand):
    help = (
        "Run the worker. SIGTERM ends it: what is in flight is stored, and each run goes on from"
        " there with the next worker."
    )

    def handle(self, **options: Any) -> None:
        schedules.after_the_clock_went_back(timezone.now())
        connections.close_all()  # the worker's processes open their own
        _Worker().start()


class _Worker(Cluster):
    def sig_handler(self, signum: int, frame: FrameType | None) -> None:
        stopping.ask()
        super().sig_handler(signum, frame)
