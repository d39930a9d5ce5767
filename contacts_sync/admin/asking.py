"""Actions that ask first: a page says what they touch, and only its button acts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.admin import helpers
from django.http import HttpRequest
from django.template.response import TemplateResponse

from contacts_sync.admin.base import ModelAdmin

SHOWN = 50
"""How many rows the page lists."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the boxes that can be ticked."""

    value: int
    text: str
    ticked: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """What an action would do. `effects` say it in sentences, `rows` name what is touched.

    `left` names what was selected and stays as it is, with the reason. Nothing can be done without
    rows.
    """

    title: str
    go: str
    effects: Sequence[str]
    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]
    total: int
    left: Sequence[str] = ()
    danger: bool = False
    legend: str = ""
    choices: Sequence[Choice] = ()
    hidden: Sequence[tuple[str, Any]] = ()
    """Names and values that are posted with the answer."""


def agreed(request: HttpRequest) -> bool:
    """Whether the button of the page that asks was pressed."""
    return request.POST.get("post") == "yes"


def ask(
    model_admin: ModelAdmin,
    request: HttpRequest,
    action: str,
    question: Question,
    cancel: str = "",
) -> TemplateResponse:
    """Show what an action would touch. The same rows are posted again, also those of other pages."""
    return TemplateResponse(
        request,
        "admin/contacts_sync/touches.html",
        {
            **model_admin.admin_site.each_context(request),
            "title": question.title,
            "subtitle": None,
            "question": question,
            "cannot": not question.total,
            "variant": "danger" if question.danger else "primary",
            "rows": question.rows[:SHOWN],
            "more": max(question.total - SHOWN, 0),
            "action": action,
            "selected": request.POST.getlist(helpers.ACTION_CHECKBOX_NAME),
            "select_across": request.POST.get("select_across", "0"),
            "action_checkbox_name": helpers.ACTION_CHECKBOX_NAME,
            "back": request.POST.get("back", ""),
            "cancel": cancel or request.POST.get("back") or request.get_full_path(),
        },
    )
