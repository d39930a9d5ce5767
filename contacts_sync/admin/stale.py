"""Two people edit one contact: what the second one submits does not overwrite the first."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.http import QueryDict
from django.utils import formats
from django.utils.translation import gettext as _

from contacts_sync import contact as shape
from contacts_sync.models import Contact
from contacts_sync.models.contact import VALUE_MODELS
from contacts_sync.wording.changes import FIELDS

SCALARS = (*shape.NAME_PARTS, "name", "company", "job_title", "department", "birthday")
VALUE_FIELDS: dict[str, tuple[str, ...]] = {
    shape.EMAILS: ("address",),
    shape.PHONES: ("number",),
    shape.MESSENGERS: ("address",),
    shape.ADDRESSES: shape.ADDRESS_PARTS,
    shape.WEBSITES: ("url",),
}

Row = dict[str, str]
State = dict[str, Any]


def form_state(contact: Contact) -> State:
    """Give what a form shows of a contact, as the form writes it."""
    state: State = {name: getattr(contact, name) for name in SCALARS}
    state["company"] = str(contact.company_id or "")
    date = formats.get_format("DATE_INPUT_FORMATS")[0]
    state["birthday"] = (contact.birthday and formats.localize_input(contact.birthday, date)) or ""
    for name, model in VALUE_MODELS.items():
        rows = model._default_manager.filter(**{"contact": contact}).order_by("pk")
        state[name] = [_row(row, VALUE_FIELDS[name]) for row in rows]
    return state


def _row(value: Any, fields: tuple[str, ...]) -> Row:
    row = {"id": str(value.pk), "label": value.label, "primary": "on" if value.primary else ""}
    return row | {field: getattr(value, field) for field in fields}


def refresh(post: QueryDict, contact: Contact) -> tuple[QueryDict, list[str]]:
    """Bring a submitted form up to date with what changed since it was opened.

    Gives the form to show again and a sentence for each field that changed meanwhile; without a
    sentence the form may be saved as it is. Fields that only the other person touched show the new
    value. A list of values that changed meanwhile is shown as it is now.
    """
    try:
        opened = json.loads(post.get("opened", ""))
    except ValueError:
        opened = {}
    now, sentences = form_state(contact), []
    fresh = post.copy()
    for name in SCALARS:
        if name not in post or opened.get(name) == now[name]:
            continue
        sentences.append(_sentence(name, now[name], post[name], post[name] != opened.get(name)))
        if post[name] == opened.get(name):
            fresh[name] = now[name]
    for name in VALUE_FIELDS:
        if f"{name}-TOTAL_FORMS" not in post or opened.get(name) == now[name]:
            continue
        yours = _submitted(post, name)
        sentences.append(_sentence(name, now[name], yours, yours != opened.get(name)))
        _replace(fresh, name, now[name])
    fresh["revision"], fresh["opened"] = str(contact.revision), json.dumps(now)
    return fresh, sentences


def _sentence(name: str, now: Any, yours: Any, touched: bool) -> str:
    words = {"field": FIELDS[name], "now": _words(name, now)}
    if not touched:
        return _("%(field)s: now %(now)s.") % words
    return _("%(field)s: now %(now)s; you entered %(yours)s.") % {
        **words,
        "yours": _words(name, yours),
    }


def _words(name: str, value: Any) -> str:
    if isinstance(value, list):
        rows = (
            " ".join(filter(None, (row[field] for field in VALUE_FIELDS[name]))) for row in value
        )
        return ", ".join(f"“{row}”" for row in rows) or _("none")
    if name == "company" and value:
        found = Contact.objects.filter(pk=value if str(value).isdigit() else 0).first()
        return f"“{found or value}”"
    return f"“{value}”" if value else _("blank")


def _submitted(post: Mapping[str, Any], name: str) -> list[Row]:
    total = post[f"{name}-TOTAL_FORMS"]
    rows = []
    for index in range(int(total) if str(total).isdigit() else 0):
        prefix = f"{name}-{index}-"
        if post.get(f"{prefix}DELETE"):
            continue
        fields = ("id", "label", "primary", *VALUE_FIELDS[name])
        row = {field: post.get(prefix + field, "") for field in fields}
        if row["id"] or any(row[field] for field in VALUE_FIELDS[name]):
            rows.append(row)
    return rows


def _replace(post: QueryDict, name: str, rows: list[Row]) -> None:
    management = {f"{name}-MIN_NUM_FORMS", f"{name}-MAX_NUM_FORMS"}
    for key in [key for key in post if key.startswith(f"{name}-") and key not in management]:
        del post[key]
    post[f"{name}-TOTAL_FORMS"] = post[f"{name}-INITIAL_FORMS"] = str(len(rows))
    for index, row in enumerate(rows):
        for field, value in row.items():
            if value or field != "primary":
                post[f"{name}-{index}-{field}"] = value
