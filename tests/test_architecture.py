"""Imports run downwards: what stands on a floor may use itself and the floors before it."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "contacts_sync"

DJANGO = {"django"}
# Each floor, the lowest first, with the foreign packages it may use besides the standard library.
FLOORS: dict[str, set[str]] = {
    "logs": {"sentry_sdk"},
    "engine": set(),
    "contact": {"phonenumbers"},
    "simulator": {"cryptography", "gunicorn", "jwt", "requests"},
    "providers": {"jwt", "msal", "requests", "urllib3"},
    "files": {"nameparser", "openpyxl"},
    "models": DJANGO,
    "triggers": DJANGO,
    "credentials": DJANGO | {"cryptography"},
    "expiry": DJANGO | {"cryptography"},
    "roles": DJANGO,
    "store": DJANGO,
    "importing": DJANGO,
    "connections": DJANGO | {"jwt", "msal", "requests"},
    "run": DJANGO | {"requests"},
    "wording": DJANGO,
    "notices": DJANGO,
    "alerts": DJANGO,
    "tasks": DJANGO | {"django_q"},
    "schedules": DJANGO | {"django_q"},
}
ORDER = list(FLOORS)
DOORS = len(ORDER)  # views, admin, commands, checks …: all of them above, and free in what they use
# Calendars will share these, so they know no contact (and the engine knows only fields).
NAME_NO_CONTACT = (
    "engine/",
    "providers/errors.py",
    "providers/http.py",
    "providers/microsoft365/auth.py",
    "providers/microsoft365/client.py",
    "credentials.py",
)
FILES = sorted(PACKAGE.rglob("*.py"))


def imported(path: Path) -> set[str]:
    """Name every module a file imports, in whatever function the import hides."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.Import():
                names |= {alias.name for alias in node.names}
            case ast.ImportFrom(level=level, module=module):
                home = path.relative_to(PACKAGE.parent).with_suffix("").parts[:-level]
                start = [*(home if level else ()), *([module] if module else ())]
                names |= {".".join([*start, alias.name]) for alias in node.names}
    return names


def floor(module: str) -> int:
    return ORDER.index(module) if module in ORDER else DOORS


def own_modules(path: Path) -> set[str]:
    names = {name for name in imported(path) if name.startswith("contacts_sync.")}
    return {name.split(".")[1] for name in names}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_file_uses_only_what_stands_below_it(path):
    here = path.relative_to(PACKAGE).with_suffix("").parts[0]

    for used in own_modules(path):
        assert floor(used) <= floor(here), f"{here} must not use contacts_sync.{used}"

    if here in FLOORS:
        foreign = {name.partition(".")[0] for name in imported(path)}
        foreign -= sys.stdlib_module_names | {"contacts_sync"}
        assert foreign <= FLOORS[here], f"{here} must not use {foreign - FLOORS[here]}"


def test_what_calendars_will_share_names_no_contact():
    for path in FILES:
        if path.relative_to(PACKAGE).as_posix().startswith(NAME_NO_CONTACT):
            assert "contact" not in own_modules(path), f"{path} must not use contacts_sync.contact"
