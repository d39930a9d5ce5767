"""The questions that can be asked of the contact list."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from django.contrib.admin import SimpleListFilter
from django.contrib.admin.views.main import ChangeList
from django.db.models import Exists, F, OuterRef, Q, QuerySet, TextField, Value
from django.db.models.functions import Replace
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts_sync.admin.room import overflowing
from contacts_sync.models import Contact, ExternalLink, PhoneNumber

State = ExternalLink.State
_PUNCTUATION = " \u00a0\t-–.,/()[]+_"
_PHONE = re.compile(rf"[\d{re.escape(_PUNCTUATION)}]+")


class TrashFilter(SimpleListFilter):
    """The list shows what is alive, unless somebody asks for the trash."""

    title = gettext_lazy("trash")
    parameter_name = "trash"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", _("In the trash")), ("all", _("Both"))]

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        first, *others = super().choices(changelist)
        yield {**first, "display": _("Not in the trash")}
        yield from others

    def queryset(self, request: HttpRequest, queryset: QuerySet[Contact]) -> QuerySet[Contact]:
        match self.value():
            case "yes":
                return queryset.exclude(deleted_at=None)
            case "all":
                return queryset
            case _:
                return queryset.filter(deleted_at=None)


class OutlookFilter(SimpleListFilter):
    """Where a contact stands in Outlook, seen over all mailboxes."""

    title = "Outlook"
    parameter_name = "outlook"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("in", _("In Outlook")),
            ("none", _("Not in Outlook")),
            ("gone", _("Removed in Outlook")),
            ("apart", _("Left out")),
            ("overflow", _("Holds more than Outlook can")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Contact]) -> QuerySet[Contact]:
        match self.value():
            case "in":
                return queryset.filter(_linked(Q(state=State.LINKED)))
            case "none":
                return queryset.filter(~_linked(Q(state=State.LINKED)))
            case "gone":
                return queryset.filter(_linked(Q(state=State.GONE)))
            case "apart":
                return queryset.filter(_linked(Q(state=State.APART)))
            case "overflow":
                return overflowing(queryset)
            case _:
                return queryset


class AttentionFilter(SimpleListFilter):
    """What waits for a person, or was refused by one side."""

    title = gettext_lazy("attention")
    parameter_name = "attention"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("problem", _("Has a problem")), ("held", _("Held"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Contact]) -> QuerySet[Contact]:
        match self.value():
            case "problem":
                return queryset.filter(_linked(~Q(problem="")))
            case "held":
                return queryset.filter(_linked(Q(state=State.HELD)))
            case _:
                return queryset


def _linked(condition: Q) -> Exists:
    return Exists(ExternalLink.objects.filter(condition, contact=OuterRef("pk")))


def with_phone(term: str) -> QuerySet[PhoneNumber] | None:
    """Find the phone numbers that hold the digits of a term, however either was typed.

    None when the term is no part of a phone number. Leading zeros (a trunk prefix, 00) are left
    out, because the stored number may be international.
    """
    digits = re.sub(r"\D", "", term).lstrip("0")
    if len(digits) < 3 or not _PHONE.fullmatch(term):
        return None
    plain: Any = F("number")
    for sign in _PUNCTUATION:
        plain = Replace(plain, _text(sign), _text(""))
    return PhoneNumber.objects.alias(digits=plain).filter(digits__contains=digits)


def _text(value: str) -> Value:
    return Value(value, output_field=TextField())
