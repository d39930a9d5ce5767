"""Heartbeats: when the background worker was last seen alive."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import admin
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts_sync.admin.base import BAD, GOOD, RecordAdmin, badge
from contacts_sync.models import Heartbeat


@admin.register(Heartbeat)
class HeartbeatAdmin(RecordAdmin):
    """When the worker was last seen alive."""

    list_display = ("name", "at", "alive")
    ordering = ("name",)

    @admin.display(description=gettext_lazy("alive"))
    def alive(self, heartbeat: Heartbeat) -> SafeString:
        fresh = timezone.now() - heartbeat.at < timedelta(minutes=10)
        return badge(_("alive"), GOOD) if fresh else badge(_("silent"), BAD)
