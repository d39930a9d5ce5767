"""The queue's own tables: for superusers, and to look at.

Whoever may edit a schedule can run any callable of the interpreter, so nobody edits one here.
"""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_q import admin as stock  # registers the tables, so that they can be replaced here
from django_q.models import Failure, OrmQ, Schedule, Success, Task

from contacts_sync.admin.base import BAD, GOOD, RecordAdmin, badge


class QueueAdmin(RecordAdmin):
    """Rows of the queue: read-only, and for superusers only."""

    actions = None

    def has_module_permission(self, request: HttpRequest) -> bool:
        return request.user.is_superuser

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.is_superuser


class TaskAdmin(QueueAdmin):
    list_display = ("name", "func", "started", "stopped", "shown_success")
    search_fields = ("name", "func")
    fields = ("name", "func", "started", "stopped", "attempt_count", "result")
    succeeded: bool

    def get_queryset(self, request: HttpRequest) -> QuerySet[Task]:
        return super().get_queryset(request).filter(success=self.succeeded)

    @admin.display(description=gettext_lazy("result"))
    def shown_success(self, task: Task) -> SafeString:
        return badge(_("done"), GOOD) if task.success else badge(_("failed"), BAD)


class SuccessAdmin(TaskAdmin):
    succeeded = True


class FailureAdmin(TaskAdmin):
    succeeded = False


class ScheduleAdmin(QueueAdmin):
    list_display = ("name", "func", "schedule_type", "minutes", "next_run", "repeats")
    fields = ("name", "func", "schedule_type", "minutes", "next_run", "repeats", "cluster")


class WaitingAdmin(QueueAdmin):
    """What waits in the queue. Its payload is signed and pickled: it is not shown."""

    list_display = ("id", "key", "lock")
    fields = ("key", "lock")


__all__ = ["stock"]

for _model, _admin in (
    (Success, SuccessAdmin),
    (Failure, FailureAdmin),
    (Schedule, ScheduleAdmin),
    (OrmQ, WaitingAdmin),
):
    if admin.site.is_registered(_model):  # the queue table is not, with another broker
        admin.site.unregister(_model)
        admin.site.register(_model, _admin)
