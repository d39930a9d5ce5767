"""What the database keeps, and what it forbids."""

from contacts_sync.models.connection import Connection, Heartbeat
from contacts_sync.models.contact import (
    Contact,
    ContactValue,
    EmailAddress,
    InstantMessenger,
    PhoneNumber,
    PostalAddress,
    Website,
)
from contacts_sync.models.distinct import Distinct
from contacts_sync.models.imports import (
    ContactImport,
    ImportPart,
    ImportRow,
    RememberedColumns,
)
from contacts_sync.models.link import ExternalLink, RemoteContact
from contacts_sync.models.run import SyncChange, SyncRun

__all__ = [
    "Connection",
    "Contact",
    "ContactImport",
    "ContactValue",
    "Distinct",
    "EmailAddress",
    "ExternalLink",
    "Heartbeat",
    "ImportPart",
    "ImportRow",
    "InstantMessenger",
    "PhoneNumber",
    "PostalAddress",
    "RememberedColumns",
    "RemoteContact",
    "SyncChange",
    "SyncRun",
    "Website",
]
