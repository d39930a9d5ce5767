"""Whose account a provider speaks for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Account:
    """Whose mailbox this is. `tenant_id` and `object_id` identify it; the rest is for people."""

    tenant_id: str
    object_id: str
    username: str
    name: str
