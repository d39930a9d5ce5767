"""What we hold: the one place that knows both rows and engine records.

`records` translates, `search` finds what is open, `mirror` keeps what was seen of the other side,
`writing` changes the firm's list, `marking` writes down what is about to be sent, `settling` commits the
outcome of every write with its link and its change record, and `history` records what people change.
"""

from contacts_sync.store.history import record_admin_change, snapshot

__all__ = ["record_admin_change", "snapshot"]
