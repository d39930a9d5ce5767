"""Remember which contacts that look alike are not the same."""

from __future__ import annotations

from typing import Any

from django.db.models import BigIntegerField, Count, Exists, Max, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from contacts_sync.models import Connection, Contact, Distinct, ExternalLink

Pair = tuple[int, int]


def tell_apart(first: Contact, second: Contact, actor: Any) -> None:
    """Remember that two contacts of the firm's list are not the same. Saying it again changes nothing."""
    contact, other = sorted([first.pk, second.pk])
    Distinct.objects.get_or_create(contact_id=contact, other_id=other, defaults={"actor": actor})


def tell_apart_there(contact: Contact, connection: Connection, remote_id: str, actor: Any) -> None:
    """Remember that a contact and an Outlook contact of a mailbox are not the same."""
    Distinct.objects.get_or_create(
        contact=contact, connection=connection, remote_id=remote_id, defaults={"actor": actor}
    )


def pairs() -> set[Pair]:
    """Give the pairs of contacts that are not the same, the smaller number first.

    What was said of an Outlook contact counts for the contact that it became.
    """
    became = ExternalLink.objects.filter(
        connection=OuterRef("connection"), remote_id=OuterRef("remote_id")
    )
    said = Distinct.objects.annotate(
        second=Coalesce(
            "other_id", Subquery(became.values("contact_id")[:1]), output_field=BigIntegerField()
        )
    ).exclude(second=None)
    both = said.order_by().values_list("contact_id", "second")
    return {(min(pair), max(pair)) for pair in both}


def forget(first: Contact, second: Contact) -> None:
    """Forget that two contacts are not the same: they are shown as duplicates again."""
    for one, other in ((first, second), (second, first)):
        links = ExternalLink.objects.filter(contact=other).exclude(remote_id=None)
        became = links.filter(connection=OuterRef("connection"), remote_id=OuterRef("remote_id"))
        Distinct.objects.filter(Q(other=other) | Exists(became), contact=one).delete()


def hand_on(drop: Contact, keep: Contact) -> list[int]:
    """Let whoever is not the same as `drop` be not the same as `keep` either; gives the new rows.

    Call it while the links of `drop` are still its own: an answer may name it by an Outlook contact.
    """
    became = ExternalLink.objects.filter(
        contact=drop, connection=OuterRef("connection"), remote_id=OuterRef("remote_id")
    )
    said = Distinct.objects.filter(Q(contact=drop) | Q(other=drop) | Exists(became))
    made: list[int] = []
    for one in said.order_by("pk"):
        if one.contact_id == drop.pk and one.other_id is None:
            names: dict[str, Any] = {"contact": keep, "connection_id": one.connection_id}
            names["remote_id"] = one.remote_id
        else:
            third = (one.contact_id == drop.pk and one.other_id) or one.contact_id
            if third == keep.pk:
                continue
            first, second = sorted([keep.pk, third])
            names = {"contact_id": first, "other_id": second}
        row, new = Distinct.objects.get_or_create(**names, defaults={"actor_id": one.actor_id})
        made += [row.pk] if new else []
    return made


def take_back(pks: list[int]) -> None:
    """Forget what `hand_on` had made."""
    Distinct.objects.filter(pk__in=pks).delete()


def pairs_there(connection: Connection) -> set[tuple[int, str]]:
    """Give the pairs of a contact and an Outlook id of this mailbox that are not the same."""
    said = Distinct.objects.filter(connection=connection).order_by()
    return set(said.values_list("contact_id", "remote_id"))


def mark() -> str:
    """Give a text that differs whenever another pair was told apart, or one forgotten."""
    said = Distinct.objects.aggregate(number=Count("pk"), last=Max("pk"))
    return f"{said['number']}-{said['last']}"
