"""Contacts that hold more than Outlook has room for: found by counting, without reading values."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.models import Count, Q, QuerySet

from contacts_sync import contact as shape
from contacts_sync.models import Contact
from contacts_sync.models.contact import VALUE_MODELS


def overflowing(contacts: QuerySet[Contact]) -> QuerySet[Contact]:
    """Keep the contacts of which some value stays home: no room has its label, or the room is full."""
    return contacts.filter(_overflow())


def _overflow() -> Q:
    found = Q()
    for field in shape.schema(shape.PERSON, settings.DEFAULT_PHONE_REGION).sets:
        values: QuerySet[Any] = VALUE_MODELS[field.name]._default_manager.order_by()
        rooms = [room.labels for room in field.rooms]
        if all(labels is not None for labels in rooms):
            known = frozenset[str]().union(*(labels or () for labels in rooms))
            homeless = values.exclude(label__in=known)
            found |= Q(pk__in=homeless.values("contact"))
        for room in field.rooms:
            inside = values if room.labels is None else values.filter(label__in=room.labels)
            full = inside.values("contact").annotate(number=Count("pk"))
            found |= Q(pk__in=full.filter(number__gt=room.capacity).values("contact"))
    return found
