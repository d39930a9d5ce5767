"""What the two lists are called."""

from __future__ import annotations

from django.conf import settings

MICROSOFT = "Microsoft 365"


def firm_list() -> str:
    """How the firm calls its own list."""
    name: str = settings.FIRM_LIST_NAME
    return name
