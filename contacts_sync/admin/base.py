"""What every admin class stands on. Leaving the theme means changing the imports of this file."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin as ThemedAdmin
from unfold.admin import TabularInline as ThemedInline
from unfold.forms import PaginationInlineFormSet as InlineFormSet
from unfold.views import ChangeList
from unfold.widgets import UnfoldAdminTextareaWidget as Textarea
from unfold.widgets import UnfoldAdminTextInputWidget as TextInput

__all__ = [
    "BAD",
    "GOOD",
    "INFO",
    "PLAIN",
    "WARN",
    "ChangeList",
    "InlineFormSet",
    "ModelAdmin",
    "RecordAdmin",
    "TabularInline",
    "TextInput",
    "Textarea",
    "badge",
]

GOOD, WARN, BAD, INFO, PLAIN = "good", "warn", "bad", "info", "plain"
_COLOURS = {
    GOOD: "bg-green-100 text-green-700 dark:bg-green-500/20 dark:text-green-400",
    WARN: "bg-orange-100 text-orange-700 dark:bg-orange-500/20 dark:text-orange-400",
    BAD: "bg-red-100 text-red-700 dark:bg-red-500/20 dark:text-red-400",
    INFO: "bg-blue-100 text-blue-700 dark:bg-blue-500/20 dark:text-blue-400",
    PLAIN: "bg-base-500/8 text-base-700 dark:bg-base-500/20 dark:text-base-200",
}


def badge(text: Any, kind: str = PLAIN, title: str = "") -> SafeString:
    """Render a short coloured word. The colour repeats what the word says."""
    return format_html(
        '<span class="inline-block font-semibold rounded-default text-[11px] whitespace-nowrap'
        ' h-6 leading-6 px-2 {}" title="{}">{}</span>',
        _COLOURS[kind],
        title,
        text,
    )


class ModelAdmin(ThemedAdmin):
    list_per_page = 50
    empty_value_display = "–"
    show_full_result_count = False
    warn_unsaved_form = True
    formfield_overrides = {models.TextField: {"widget": TextInput}}

    def response_action(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        """Lead back to the page whose button was pressed, where it names one in `back`."""
        response = super().response_action(request, queryset)
        back = request.POST.get("back", "")
        if isinstance(response, HttpResponseRedirect) and url_has_allowed_host_and_scheme(
            back, allowed_hosts=None
        ):
            return HttpResponseRedirect(back)
        return response


class TabularInline(ThemedInline):
    extra = 0
    formfield_overrides = {models.TextField: {"widget": TextInput}}


class RecordAdmin(ModelAdmin):
    """Rows the engine writes: read-only for everybody. What a person decides is an action."""

    warn_unsaved_form = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
