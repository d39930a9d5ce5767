"""The control room: what the firm's staff see and steer."""

from contacts_sync.admin import (
    changes,
    connections,
    contacts,
    heartbeats,
    imports,
    links,
    mirror,
    queue,
    runs,
    users,
)

__all__ = [
    "changes",
    "connections",
    "contacts",
    "heartbeats",
    "imports",
    "links",
    "mirror",
    "queue",
    "runs",
    "users",
]
