"""Compose the names that Outlook shows: `displayName`, `fileAs`, and the names beside addresses.

People may choose these freely. So one of them follows a change of the real names only if it is what
the old names compose to, in one of the ways Outlook composes; else it stays as it is (rule R17).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from contacts_sync.contact import EMAILS, NAME_PARTS, fold
from contacts_sync.engine.records import RemoteRecord

Form = Callable[["Sheet"], str]


@dataclass(frozen=True, slots=True)
class Sheet:
    """What names are composed of."""

    texts: Mapping[str, str]
    company_first: bool
    email: str

    def join(self, *parts: str) -> str:
        return " ".join(filter(None, (fold(self.texts.get(part, "")) for part in parts)))


def texts(record: RemoteRecord) -> dict[str, str]:
    """Give the scalars of a record with a company's `name` as `company`, as Outlook has it."""
    scalars = dict(record.scalars)
    if "name" in scalars:
        scalars["company"] = scalars.pop("name")
    return scalars


def sheet(record: RemoteRecord) -> Sheet:
    """Take from a record what names are composed of."""
    first = next((str(entry.value) for entry in record.sets.get(EMAILS, ())), "")
    return Sheet(texts(record), bool(fold(record.scalars.get("name", ""))), first)


def _full(sheet: Sheet) -> str:
    return sheet.join(*NAME_PARTS)


def _plain(sheet: Sheet) -> str:
    return sheet.join("first_name", "middle_name", "last_name")


def _short(sheet: Sheet) -> str:
    return sheet.join("first_name", "last_name")


def _company(sheet: Sheet) -> str:
    return sheet.join("company")


def _email(sheet: Sheet) -> str:
    return sheet.email


def _last_first(sheet: Sheet) -> str:
    return ", ".join(filter(None, (sheet.join("last_name"), sheet.join("first_name"))))


def _last_first_middle(sheet: Sheet) -> str:
    given = sheet.join("first_name", "middle_name")
    return ", ".join(filter(None, (sheet.join("last_name"), given)))


def _person_and_company(sheet: Sheet) -> str:
    return f"{_last_first_middle(sheet)} ({_company(sheet)})"


def _company_and_person(sheet: Sheet) -> str:
    return f"{_company(sheet)} ({_last_first_middle(sheet)})"


SHOWN_FORMS: tuple[Form, ...] = (_full, _plain, _short, _company, _email)
"""Outlook shows all five parts; a service that is given no `displayName` shows fewer."""

FILED_FORMS: tuple[Form, ...] = (
    _last_first_middle,
    _last_first,
    _full,
    _plain,
    _short,
    _company,
    _person_and_company,
    _company_and_person,
    _email,
)
"""What Outlook offers under "File as", and what the service composes ("Lovelace, Ada")."""


def compose(sheet: Sheet) -> tuple[str, str]:
    """Compose `displayName` and `fileAs` of a new contact."""
    shown = (_company(sheet) if sheet.company_first else _full(sheet)) or _last_resort(sheet)
    filed = _company(sheet) if sheet.company_first else _last_first_middle(sheet)
    return shown, filed or shown


def shown_after(shown: str, old: Sheet, new: Sheet) -> str:
    """Say what `displayName` is to be after a change of names; a blank one is nobody's choice."""
    if not shown.strip():
        return compose(new)[0]
    return _follow(SHOWN_FORMS, shown, old, new)


def filed_after(filed: str, old: Sheet, new: Sheet) -> str:
    """Say what `fileAs` is to be after a change of names; a blank one stays blank."""
    return _follow(FILED_FORMS, filed, old, new)


@dataclass(frozen=True, slots=True)
class Renaming:
    """What becomes of the names beside e-mail addresses when a contact is shown by a new name."""

    old_shown: str
    old: Sheet
    shown: str

    def of(self, name: str) -> str:
        """Let a name follow if it is the old name of the contact, however composed.

        A name that repeats an address is what Outlook on the web writes; it stays.
        """
        folded = fold(name)
        ways = {form(self.old) for form in SHOWN_FORMS if form is not _email}
        follows = bool(folded) and folded in {fold(self.old_shown), *ways}
        return self.shown if follows and self.shown != self.old_shown else name


def _follow(forms: tuple[Form, ...], text: str, old: Sheet, new: Sheet) -> str:
    folded = fold(text)
    form = next((form for form in forms if folded and form(old) == folded), None)
    if form is None or form(new) == form(old):
        return text
    return form(new) or compose(new)[0]


def _last_resort(sheet: Sheet) -> str:
    return _company(sheet) or sheet.email
