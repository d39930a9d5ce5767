"""Switches for every point where the real service is in doubt, varies, or misbehaves."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal

DeadToken = Literal["410", "400 malformed", "ResyncRequired", "Location", "403 quota"]


@dataclass(slots=True)
class Behaviour:
    """How the simulated service behaves; every switch may be set while it runs.

    The defaults are what is documented or was seen most often.
    """

    # Time and throttling
    latency: float = 0.0
    """Seconds each request takes; a batch takes one latency per four items."""
    lanes: int = 4
    """Requests worked at a time per mailbox; more answer 429. 0: no limit."""
    quota: int = 10_000
    """Requests per mailbox and `quota_seconds`, batch items counted. 0: no limit."""
    quota_seconds: int = 600

    # Writing
    if_match: Literal["enforced", "ignored"] = "enforced"
    given_name_required: bool = False
    email_names_overridden: bool = False
    """An address of an account here is read back with that account's name."""
    extra_version_bump: bool = False
    """Each write is followed by one more version without a visible change."""
    strip_whitespace: bool = False
    crlf: bool = False
    """Line breaks in streets and notes come back as CR LF."""
    parent_folder_writable: bool = False
    """PATCHing parentFolderId moves the contact; otherwise it is ignored."""
    deleted_readable: bool = True
    """A contact in Deleted Items is still found by its immutable id."""
    notes_cut: int = 256
    """Length of personalNotes in lists and delta pages. 0: whole."""
    svep_filter_lag: float = 0.0
    """Seconds until a new extended property is found by a filter."""
    encoded_equals_lost: bool = False
    """A percent-encoded `=` in the path is not understood: 404."""

    # Delta
    delta_page_size: int = 200
    delta_lag_seconds: float = 0.0
    empty_pages: bool = False
    """Every other page of a round is empty and still has a next link."""
    repeated_rows: bool = False
    """The last row of a page comes again as the first of the next."""
    replayed_rows: int = 0
    """How many rows before the token a later round repeats."""
    replayed_stale: bool = False
    """Replayed rows show the content before the last write."""
    immutable_id_bug: bool = False
    """A contact moved out and back between two rounds is only reported as removed."""
    dead_token: DeadToken = "410"  # noqa: S105  # no password
    mailbox_full: bool = False
    """Delta answers 403 ErrorQuotaExceeded, plain reads still work."""

    # Batch
    shuffle_batch: bool = False

    # Sign-in
    token_lifetime: int = 3600
    refresh_rotation: Literal["lenient", "strict"] = "lenient"
    """Strict: a refresh token is refused after its first use."""
    secret_expired: bool = False
    """The application's secret has run out: 401 invalid_client for everybody."""

    def set(self, name: str, text: str) -> None:
        """Set one switch from text, as a form sends it; ValueError if it does not fit."""
        kinds = {entry.name: type(getattr(Behaviour(), entry.name)) for entry in fields(self)}
        if name not in kinds:
            raise ValueError(f"There is no switch {name!r}.")
        setattr(self, name, _read(kinds[name], text))


def _read(kind: type, text: str) -> bool | int | float | str:
    if kind is bool:
        return text.strip().lower() in {"1", "true", "on", "yes"}
    if kind is int:
        return int(text)
    if kind is float:
        return float(text)
    return text.strip()
