"""What an import says: how far it is, what a row is, why something was left over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.formats import number_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from contacts_sync import contact as shape
from contacts_sync import files
from contacts_sync.models import ContactImport, ImportRow, PostalAddress
from contacts_sync.wording import file_reasons
from contacts_sync.wording.changes import FIELDS, why

Step = ContactImport.Step


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a worker is with an import."""

    headline: str
    detail: str
    done: int
    total: int

    @property
    def percent(self) -> int:
        """How much of it is done."""
        return min(100, 100 * self.done // self.total) if self.total else 0


HEADLINES: dict[str, Any] = {
    Step.READING: gettext_lazy("The file is being read"),
    Step.CREATING: gettext_lazy("The contacts are being imported"),
    Step.UNDOING: gettext_lazy("The import is being undone"),
}


def standing(file: ContactImport) -> Standing:
    """Say how far an import is."""
    reading = file.step == Step.READING
    done, total = (file.read, file.expected) if reading else (file.done, file.planned)
    words = (
        _("%(done)s of about %(total)s rows")
        if reading
        else ngettext("%(done)s of %(total)s contact", "%(done)s of %(total)s contacts", total)
    )
    said = {"done": _number(done), "total": _number(max(total, done))}
    detail = words % said if total else _("It begins in a moment.")
    return Standing(str(HEADLINES.get(file.step, "")), detail, done, max(total, done))


def _number(number: int) -> str:
    return str(number_format(number, use_l10n=True, force_grouping=True))


def told(file: ContactImport, counts: Any) -> str:
    """Say in a sentence what a file holds, or what became of it."""
    if file.step == Step.DONE:
        words = ngettext(
            "%(n)s contact was imported.", "%(n)s contacts were imported.", counts.created
        )
        return words % {"n": _number(counts.created)}
    words = ngettext("%(n)s contact was found.", "%(n)s contacts were found.", counts.total)
    return words % {"n": _number(counts.total - counts.unread)}


def left_over(row: ImportRow) -> list[tuple[str, str, str]]:
    """List what of a row has no place in the list: what, an excerpt, and why."""
    return [(what, value, file_reasons.said(reason)) for what, value, reason in row.unread]


@dataclass(frozen=True, slots=True)
class Like:
    """Whom a row is, or looks like. Without a number it is another row of the file."""

    name: str
    why: str
    pk: int


def likes(row: ImportRow, places: Mapping[int, str]) -> list[Like]:
    """List whom a row is, or looks like. `places` says where other rows of the file stand."""
    found = []
    for pk, name, reason in row.likes:
        text = name
        if not pk:
            place = file_reasons.place(places.get(int(name), ""))
            text = _("%(place)s of this file") % {"place": place}
        found.append(Like(text, "" if reason == "same row" else why(reason), pk))
    return found


SHOWN = 8
"""How many details of a row are shown; a card can hold thousands."""


def details(row: ImportRow) -> list[str]:
    """List what helps to recognise a row: its company, addresses and numbers."""
    if not row.draft:
        return []
    scalars, sets = row.draft["scalars"], row.draft["sets"]
    named = [scalars[name] for name in ("job_title", "company") if scalars.get(name)]
    values = [
        str(value)
        for name in (shape.EMAILS, shape.PHONES)
        for _label, value, _primary in sets.get(name, ())
    ]
    found = [", ".join(named), *values] if named else values
    more = len(found) - SHOWN
    if more <= 0:
        return found
    return [*found[:SHOWN], _("and %(number)s more") % {"number": _number(more)}]


_WHOLE: dict[str, Any] = {
    "name": gettext_lazy("Name (whole)"),
    "birthday.year": gettext_lazy("Birthday: year"),
    "birthday.month": gettext_lazy("Birthday: month"),
    "birthday.day": gettext_lazy("Birthday: day"),
    "none": gettext_lazy("(nothing in the list)"),
}


def role_title(role: str) -> str:
    """Name what a column holds."""
    if role in _WHOLE:
        return str(_WHOLE[role])
    kind, _dot, rest = role.partition(".")
    field = capfirst(str(FIELDS[kind]))
    if not rest:
        return field
    label, _dot, part = rest.partition(".")
    if not part:
        return f"{field} ({_(label)})"
    return f"{field} ({_(label)}): {PostalAddress._meta.get_field(part).verbose_name}"  # type: ignore[union-attr]


def roles() -> list[tuple[str, str]]:
    """List what a column can hold, in the order in which a page offers it."""
    return [(role, role_title(role)) for role in files.TITLES]


CANNOT: dict[str, Any] = {
    "outlook-csv": gettext_lazy(
        "Outlook's file does not say which value is the primary one (it stands first), nor the"
        " labels of e-mails, messengers and web sites."
    ),
    "outlook-web-csv": gettext_lazy(
        "Outlook's file does not say which value is the primary one (it stands first), nor the"
        " labels of e-mails, messengers and web sites."
    ),
    "google-csv": gettext_lazy(
        "Google's file groups values by their labels, so that their order can change."
    ),
    "clio-csv": gettext_lazy(
        "Clio's template takes one e-mail address, one phone number and one work address for each"
        " contact, and no labels."
    ),
}


def cannot(name: str) -> str:
    """Say what a format never tells; nothing when it tells all."""
    return str(CANNOT.get(name, _("It has a place for everything.")))
