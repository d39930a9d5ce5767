"""Imports: a file is uploaded, looked through, imported, reported on, and undone."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from contacts_sync import files, tasks
from contacts_sync.admin import import_pages as pages
from contacts_sync.admin.base import BAD, GOOD, INFO, PLAIN, WARN, RecordAdmin, badge
from contacts_sync.admin.words import moment
from contacts_sync.importing import choosing, columns, taking, uploads
from contacts_sync.models import ContactImport
from contacts_sync.run import imports, undo_import
from contacts_sync.wording import file_reasons

Step = ContactImport.Step

COLOURS = {
    Step.READING: INFO,
    Step.COLUMNS: WARN,
    Step.READY: WARN,
    Step.CREATING: INFO,
    Step.DONE: GOOD,
    Step.REFUSED: BAD,
    Step.FAILED: BAD,
    Step.UNDOING: INFO,
    Step.UNDONE: PLAIN,
}
UNDO = ("contacts_sync.change_contactimport", "contacts_sync.delete_contact")


@admin.register(ContactImport)
class ContactImportAdmin(RecordAdmin):
    """Files of contacts. The page of one leads from its upload to its report."""

    list_display = ("file_name", "shown_step", "format", "done", "actor", "shown_start")
    list_filter = ("step",)
    list_select_related = ("actor",)
    search_fields = ("file_name",)
    ordering = ("-pk",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return pages.may_import(request.user)

    def get_urls(self) -> list[URLPattern]:
        views = (
            ("progress/", self.progress, "progress"),
            ("choose/", require_POST(self.choose), "choose"),
            ("columns/", self.columns, "columns"),
            ("encoding/", require_POST(self.encoding), "encoding"),
            ("go-on/", require_POST(self.go_on), "go_on"),
            ("forget/", require_POST(self.forget), "forget"),
            ("report.csv", self.report, "report"),
            ("undo/", self.undo, "undo"),
        )
        ours = [
            path(
                f"<int:pk>/{route}",
                self.admin_site.admin_view(view),
                name=f"contacts_sync_contactimport_{name}",
            )
            for route, view, name in views
        ]
        return [*ours, *super().get_urls()]

    @admin.display(description=gettext_lazy("status"), ordering="step")
    def shown_step(self, file: ContactImport) -> SafeString:
        return badge(file.get_step_display(), COLOURS[Step(file.step)])

    @admin.display(description=gettext_lazy("uploaded"), ordering="created_at")
    def shown_start(self, file: ContactImport) -> str:
        return moment(file.created_at)

    # --- upload ---

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Take a file in, and have it read."""
        if not pages.may_import(request.user):
            raise PermissionDenied
        sent = request.FILES.get("file")
        problem = ""
        if request.method == "POST":
            try:
                if sent is None:
                    raise files.Refused(_("Choose a file first."))
                name, size = sent.name or "", sent.size or 0
                file = uploads.receive(name, size, sent.chunks(), request.user)
            except files.Refused as error:
                problem = file_reasons.said(str(error))
            else:
                tasks.enqueue_import(file)
                return _to(file)
        context = {"title": _("Import a file of contacts"), "problem": problem}
        return self._show(request, "upload.html", **context, **pages.limits())

    # --- one import ---

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show where an import stands: its progress, its rows to choose from, or its report."""
        file = self.get_object(request, object_id)
        if not self.has_view_permission(request, file):
            raise PermissionDenied
        if not isinstance(file, ContactImport):
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if file.step == Step.COLUMNS and pages.may_import(request.user):
            return HttpResponseRedirect(_url("columns", file))
        context = pages.page(file, request)
        may = {
            "may_import": pages.may_import(request.user),
            "may_undo": request.user.has_perms(UNDO),
        }
        title = _("Import of %(name)s") % {"name": file.file_name}
        return self._show(request, "import.html", title=title, **context, **may)

    def progress(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Say how far an import is; the page asks every two seconds."""
        file = self._file(request, pk, "contacts_sync.view_contactimport")
        answer = self._show(request, "progress.html", **pages.progress(file))
        answer.headers["X-Step"] = file.step
        return answer

    def choose(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Take the ticks of a page over; then do what was pressed."""
        file = self._file(request, pk)
        if file.step in (Step.READY, Step.DONE):
            shown = _numbers(request.POST.getlist("shown"))
            choosing.choose_shown(file, shown, _numbers(request.POST.getlist("row")))
            rows = choosing.find(file, request.GET.get("show", ""), request.GET.get("q", ""))
            match request.POST.get("do"):
                case "all":
                    choosing.choose(rows, chosen=True)
                case "none":
                    choosing.choose(rows, chosen=False)
                case "start":
                    return self._start(request, file)
        return HttpResponseRedirect(f"{_url('change', file)}?{request.GET.urlencode()}")

    def _start(self, request: HttpRequest, file: ContactImport) -> HttpResponse:
        if taking.begin(file):
            tasks.enqueue_import(file)
        else:
            messages.warning(request, _("Nothing is ticked that is not imported yet."))
        return _to(file)

    def columns(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask what the columns of a table hold, each with some of its values; then read it by that."""
        file = self._file(request, pk)
        shown = pages.columns_of(file)
        if not shown:
            messages.warning(request, _("This file cannot be read in another way any more."))
            return HttpResponseRedirect(_url("change", file) if not _asks(file) else _list())
        problem = ""
        if request.method == "POST":
            said = {one.name: request.POST.get(f"column-{one.number}", "none") for one in shown}
            problem = pages.doubt(said)
            if not problem and uploads.restart(file, columns=said, remembered=False):
                columns.remember(file, said, request.user)
                tasks.enqueue_import(file)
                return _to(file)
            shown = [one.saying(said[one.name]) for one in shown]
        context = {"file": file, "columns": shown, "problem": problem, "roles": pages.roles()}
        title = _("What do the columns hold?")
        return self._show(request, "columns.html", title=title, cancel=_list(), **context)

    def encoding(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Read a file anew, its letters as a person says."""
        file = self._file(request, pk)
        chosen = request.POST.get("encoding", "")
        if chosen in files.ENCODINGS and uploads.restart(file, encoding=chosen):
            tasks.enqueue_import(file)
        else:
            messages.warning(request, _("This file cannot be read in another way any more."))
        return _to(file)

    def go_on(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Continue an import that stopped half-way."""
        file = self._file(request, pk)
        if imports.go_on(file):
            tasks.enqueue_import(file)
        return _to(file)

    def forget(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Throw a file away of which nothing was imported."""
        file = self._file(request, pk)
        if file.is_working or file.done or file.changes.exists():
            messages.warning(
                request, _("Contacts were imported from this file: undo that instead.")
            )
            return _to(file)
        file.delete()
        messages.success(request, _("The file and what was read of it are gone."))
        return HttpResponseRedirect(_list())

    def report(self, request: HttpRequest, pk: int) -> StreamingHttpResponse:
        """Give the rows of a file as CSV: what became of each, and what has no place."""
        file = self._file(request, pk, "contacts_sync.view_contactimport")
        return StreamingHttpResponse(
            pages.lines(file),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="import-{pk}.csv"'},
        )

    def undo(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Say what undoing an import will do, here and in Outlook; then have it done."""
        file = self._file(request, pk, *UNDO)
        if request.method == "POST":
            if undo_import.begin(file, keep_edited="edited" not in request.POST):
                tasks.enqueue_import(file)
            return _to(file)
        told = undo_import.foresee(file)
        title = _("Undo the import of %(name)s") % {"name": file.file_name}
        nothing = not (told.contacts or told.edited_total or told.unseen)
        cancel = _url("change", file)
        context = {"file": file, "told": told, "cannot": nothing, "cancel": cancel}
        return self._show(request, "undo.html", title=title, **context)

    # --- what all have in common ---

    def _file(self, request: HttpRequest, pk: int, *rights: str) -> ContactImport:
        allowed = request.user.has_perms(rights) if rights else pages.may_import(request.user)
        if not allowed:
            raise PermissionDenied
        return get_object_or_404(ContactImport, pk=pk)

    def _show(self, request: HttpRequest, template: str, **context: Any) -> TemplateResponse:
        always = {**self.admin_site.each_context(request), "subtitle": None}
        return TemplateResponse(
            request, f"admin/contacts_sync/contactimport/{template}", {**always, **context}
        )

    def get_queryset(self, request: HttpRequest) -> QuerySet[ContactImport]:
        return super().get_queryset(request).select_related("actor")


def _url(name: str, file: ContactImport) -> str:
    return reverse(f"admin:contacts_sync_contactimport_{name}", args=[file.pk])


def _list() -> str:
    return reverse("admin:contacts_sync_contactimport_changelist")


def _to(file: ContactImport) -> HttpResponseRedirect:
    return HttpResponseRedirect(_url("change", file))


def _asks(file: ContactImport) -> bool:
    return file.step == Step.COLUMNS


def _numbers(texts: list[str]) -> list[int]:
    return [int(text) for text in texts if text.isdecimal() and len(text) < 19]
