"""Contacts that match more than one other, side by side for a person to decide."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Q, QuerySet

from contacts_sync import wording
from contacts_sync.models import Connection, Contact, ExternalLink, RemoteContact
from contacts_sync.models.contact import VALUE_MODELS
from contacts_sync.store.search import ASKED
from contacts_sync.views import sides


@dataclass(frozen=True, slots=True)
class Card:
    """One contact as a person recognises it. `pk` is of the contact, or of the mirror row."""

    pk: int
    name: str
    lines: tuple[str, ...]


@dataclass(slots=True)
class Group:
    """Who is in a group, by side. A held link without a group is one of its own."""

    key: str
    reason: str
    ours: list[Card] = field(default_factory=list)
    theirs: list[Card] = field(default_factory=list)
    links: list[int] = field(default_factory=list)
    pair: tuple[Contact, RemoteContact] | None = None

    @property
    def name(self) -> str:
        return (self.ours or self.theirs)[0].name

    @property
    def sides(self) -> sides.Sides | None:
        """Both of a pair, field by field; of a larger group the cards have to do."""
        return sides.compare(*self.pair) if self.one_to_one and self.pair else None

    @property
    def can_link(self) -> bool:
        return bool(self.ours and self.theirs)

    @property
    def one_to_one(self) -> bool:
        return len(self.ours) == len(self.theirs) == 1


def held(connection: Connection) -> QuerySet[ExternalLink]:
    """Find the links that wait for a person; what was decided waits for the next run only."""
    return connection.links.filter(ASKED).order_by("group", "pk")


def key_of(link: ExternalLink) -> str:
    """Give the key of a held link's group."""
    return link.group or _alone(link.pk)


def keys(connection: Connection) -> list[str]:
    """List the keys of all groups."""
    pairs = held(connection).values_list("group", "pk")
    return list(dict.fromkeys(key or _alone(pk) for key, pk in pairs))


def links_of(connection: Connection, key: str) -> QuerySet[ExternalLink]:
    """Find the links of a group by its key."""
    if key.startswith(ALONE) and key.removeprefix(ALONE).isdecimal():
        return held(connection).filter(pk=int(key.removeprefix(ALONE)), group="")
    return held(connection).filter(group=key).exclude(group="")


def groups(connection: Connection, chosen: Iterable[str]) -> list[Group]:
    """Put together the groups with these keys, in a constant number of queries."""
    chosen = list(chosen)
    found = {key: Group(key, "") for key in chosen}
    # Who was removed in Outlook waits for nobody, but may be the one that matches.
    removed = Q(state=ExternalLink.State.GONE)
    links = connection.links.filter(ASKED | removed).order_by("group", "pk")
    links = links.select_related("mirror", "contact__company")
    contacts: dict[str, Contact] = {}
    mirrors: dict[str, RemoteContact] = {}
    values = [f"contact__{name}" for name in VALUE_MODELS]
    for link in _within(links, chosen).prefetch_related(*values):
        group = found[key_of(link)]
        group.reason = group.reason or wording.why(link.reason)
        if link.state == ExternalLink.State.HELD:
            group.links.append(link.pk)
        if link.contact:
            group.ours.append(contact_card(link.contact))
            contacts[group.key] = link.contact
        if link.mirror and link.mirror.present:
            group.theirs.append(mirror_card(link.mirror))
            mirrors[group.key] = link.mirror
    for key, group in found.items():
        if group.one_to_one:
            group.pair = contacts[key], mirrors[key]
    return [group for group in found.values() if group.ours or group.theirs]


ALONE = "link-"


def _alone(pk: int) -> str:
    return f"{ALONE}{pk}"


def _within(links: QuerySet[ExternalLink], chosen: list[str]) -> QuerySet[ExternalLink]:
    lonely = [int(key.removeprefix(ALONE)) for key in chosen if key.startswith(ALONE)]
    return links.filter(group__in=[key for key in chosen if key]) | links.filter(
        pk__in=lonely, group=""
    )


def contact_card(contact: Contact) -> Card:
    """Describe a contact of the firm's list."""
    return Card(
        contact.pk,
        wording.named(contact),
        _lines(
            contact.job_title,
            str(contact.company or ""),
            *(email.address for email in contact.emails.all()),
            *(phone.number for phone in contact.phones.all()),
        ),
    )


def mirror_card(mirror: RemoteContact) -> Card:
    """Describe a contact of theirs, as last seen."""
    sets = mirror.values.get("sets", {})
    return Card(
        mirror.pk,
        wording.named(mirror),
        _lines(
            mirror.scalars.get("job_title", ""),
            mirror.scalars.get("company", ""),
            *(value for _, value in sets.get("emails", ())),
            *(value for _, value in sets.get("phones", ())),
        ),
    )


def _lines(*texts: str) -> tuple[str, ...]:
    return tuple(wording.shortened(text, wording.texts.NAME) for text in texts if text)
