"""What every provider of contacts keeps to, whichever service stands behind it.

Subclass `ContactProviderContract` and give the fixtures `provider` and `there`: a person at the
other side, with `Troubles` that the service can have.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import pytest

from contacts_sync.engine.records import RemoteRecord, RemoteValue
from contacts_sync.providers.base import (
    ContactProvider,
    Create,
    Delete,
    RemoteContact,
    Result,
    Tombstone,
    Update,
)
from contacts_sync.providers.errors import AuthRequired, CursorExpired, Throttled, Unavailable


class OtherSide(Protocol):
    """A person who uses the other list, and the troubles of the service."""

    def add(self, first_name: str, last_name: str, email: str) -> str: ...
    def rename(self, remote_id: str, last_name: str) -> None: ...
    def remove(self, remote_id: str) -> None: ...
    def move_out(self, remote_id: str) -> None: ...
    def copy(self, remote_id: str) -> str: ...
    def names(self) -> list[str]: ...

    def forget_cursors(self) -> None: ...
    def revoke(self) -> None: ...
    def lose_the_next_answer(self) -> None: ...
    def be_busy(self, seconds: float) -> None: ...
    def be_down(self) -> None: ...
    def fail_reads(self) -> None: ...
    def refuse_one_value(self) -> str: ...


def person(first: str, last: str, *emails: str, **scalars: str) -> RemoteRecord:
    sets = {"emails": tuple(RemoteValue("any", email) for email in emails)} if emails else {}
    return RemoteRecord({"first_name": first, "last_name": last, **scalars}, sets)


class ContactProviderContract:
    def everything(self, provider: ContactProvider) -> Mapping[str, RemoteContact]:
        return {
            change.remote_id: change
            for page in provider.changes("")
            for change in page.changes
            if isinstance(change, RemoteContact)
        }

    # Reading

    def test_it_says_whose_mailbox_it_is(self, provider):
        account = provider.account()

        assert account.tenant_id
        assert account.object_id
        assert account.username

    def test_an_empty_folder_gives_one_last_page(self, provider):
        pages = list(provider.changes(""))

        assert [page.changes for page in pages] == [()]
        assert pages[-1].last
        assert pages[-1].cursor

    def test_an_empty_cursor_lists_everything(self, provider, there):
        ids = {there.add(f"Person {number}", "Ash", f"p{number}@x.example") for number in range(5)}

        listed = self.everything(provider)

        assert set(listed) == ids
        assert {contact.folder_id for contact in listed.values()} == {provider.folder_id()}

    def test_only_the_last_page_is_last_and_each_cursor_goes_on_from_its_page(
        self, provider, there
    ):
        for number in range(450):
            there.add(f"Person {number}", "Ash", f"p{number}@x.example")
        pages = list(provider.changes(""))
        assert len(pages) > 1

        again = list(provider.changes(pages[0].cursor))

        assert [page.last for page in pages] == [False] * (len(pages) - 1) + [True]
        assert [page.changes for page in again] == [page.changes for page in pages[1:]]

    def test_a_later_round_tells_what_was_added_edited_and_removed(self, provider, there):
        kept, gone = there.add("Ada", "Ash", "a@x.example"), there.add("Bo", "Elm", "b@x.example")
        cursor = list(provider.changes(""))[-1].cursor
        there.rename(kept, "Oak")
        there.remove(gone)
        new = there.add("Cy", "Fir", "c@x.example")

        pages = list(provider.changes(cursor))
        changes = {change.remote_id: change for page in pages for change in page.changes}

        assert changes[kept].record.scalars["last_name"] == "Oak"
        assert changes[gone] == Tombstone(gone)
        assert changes[new].record.scalars["first_name"] == "Cy"

    def test_a_quiet_round_is_empty(self, provider, there):
        there.add("Ada", "Ash", "a@x.example")
        cursor = list(provider.changes(""))[-1].cursor

        assert [page.changes for page in provider.changes(cursor)] == [()]

    def test_leaving_the_folder_is_told_as_a_tombstone(self, provider, there):
        moved = there.add("Ada", "Ash", "a@x.example")
        cursor = list(provider.changes(""))[-1].cursor
        there.move_out(moved)

        changes = [change for page in provider.changes(cursor) for change in page.changes]

        assert changes == [Tombstone(moved)]
        assert provider.read([moved])[moved].contact.folder_id != provider.folder_id()

    def test_an_unknown_cursor_asks_to_read_everything_again(self, provider, there):
        cursor = list(provider.changes(""))[-1].cursor
        there.forget_cursors()

        with pytest.raises(CursorExpired):
            list(provider.changes(cursor))

    def test_a_contact_is_read_by_id(self, provider, there):
        remote_id = there.add("Ada", "Ash", "a@x.example")

        outcome = provider.read([remote_id])[remote_id]

        assert outcome.result is Result.DONE
        assert outcome.contact == self.everything(provider)[remote_id]

    def test_more_contacts_than_a_batch_holds_are_read(self, provider, there):
        ids = [there.add(f"P{number}", "Ash", "a@x.example") for number in range(45)]

        outcomes = provider.read([*ids, *ids])

        assert list(outcomes) == ids
        assert {outcome.result for outcome in outcomes.values()} == {Result.DONE}

    def test_nothing_asked_for_is_nothing_read(self, provider):
        before = provider.requests

        assert (provider.read([]), provider.find([]), provider.write([])) == ({}, {}, [])
        assert provider.requests == before

    # Writing

    def test_a_created_contact_reads_back_as_it_was_written(self, provider):
        record = person("Ada", "Ash", "a@x.example", "b@x.example", job_title="Judge")

        (outcome,) = provider.write([Create("key-1", record)])

        assert outcome.result is Result.DONE
        (found,) = provider.find(["key-1"])["key-1"]
        assert found.record == record

    def test_an_update_changes_what_differs(self, provider, there):
        remote_id = there.add("Ada", "Ash", "a@x.example")
        old = self.everything(provider)[remote_id]
        new = person("Ada", "Oak", "a@x.example")

        (outcome,) = provider.write(
            [Update(remote_id, old.version, "key-1", old.record, new, old.extras)]
        )

        assert outcome.result is Result.DONE
        after = provider.read([remote_id])[remote_id].contact
        assert after.record == new
        assert after.version != old.version
        assert dict(provider.keyed()) == {remote_id: "key-1"}

    def test_an_update_that_changes_nothing_is_not_sent(self, provider, there):
        remote_id = there.add("Ada", "Ash", "a@x.example")
        old = self.everything(provider)[remote_id]
        before = provider.requests

        (outcome,) = provider.write(
            [Update(remote_id, old.version, "key-1", old.record, old.record, old.extras)]
        )

        assert outcome.result is Result.DONE
        assert provider.requests == before

    def test_an_update_of_what_has_changed_is_planned_again(self, provider, there):
        remote_id = there.add("Ada", "Ash", "a@x.example")
        old = self.everything(provider)[remote_id]
        there.rename(remote_id, "Elm")

        (outcome,) = provider.write(
            [
                Update(
                    remote_id,
                    old.version,
                    "key-1",
                    old.record,
                    person("Ada", "Oak", "a@x.example"),
                    old.extras,
                )
            ]
        )

        assert outcome.result is Result.CHANGED
        assert there.names() == ["Ada Elm"]

    def test_a_deleted_contact_is_gone(self, provider, there):
        remote_id = there.add("Ada", "Ash", "a@x.example")
        version = self.everything(provider)[remote_id].version

        (outcome,) = provider.write([Delete(remote_id, version)])

        assert outcome.result is Result.DONE
        assert self.everything(provider) == {}

    def test_outcomes_come_in_the_order_of_the_writes(self, provider, there):
        ids = [there.add(f"P{number}", "Ash", "a@x.example") for number in range(6)]
        listed = self.everything(provider)
        there.rename(ids[1], "Elm")

        outcomes = provider.write(
            [
                Delete(ids[0], listed[ids[0]].version),
                Delete(ids[1], listed[ids[1]].version),
                Create("key-1", person("New", "Fir")),
                Delete(ids[2], listed[ids[2]].version),
            ]
        )

        results = [outcome.result for outcome in outcomes]
        assert results == [Result.DONE, Result.CHANGED, Result.DONE, Result.DONE]
        assert there.names() == ["New Fir", "P1 Elm", "P3 Ash", "P4 Ash", "P5 Ash"]

    def test_a_full_batch_is_one_request(self, provider, there):
        before = provider.requests
        writes = [
            Create(f"key-{number}", person(f"P{number}", "Ash"))
            for number in range(provider.batch_size)
        ]

        outcomes = provider.write(writes)

        assert {outcome.result for outcome in outcomes} == {Result.DONE}
        assert provider.requests == before + 1
        assert len(there.names()) == provider.batch_size

    def test_one_refused_contact_stops_no_other(self, provider, there):
        bad = there.refuse_one_value()

        outcomes = provider.write(
            [
                Create("key-1", person("Good", "Ash")),
                Create("key-2", person("Bad", bad)),
                Create("key-3", person("Fine", "Elm")),
            ]
        )

        results = [outcome.result for outcome in outcomes]
        assert results == [Result.DONE, Result.REJECTED, Result.DONE]
        assert outcomes[1].reason
        assert there.names() == ["Fine Elm", "Good Ash"]

    # Keys

    def test_a_key_that_was_not_found_is_missing(self, provider):
        assert provider.find(["nobody has this"]) == {}

    def test_a_key_with_a_quotation_mark_is_found(self, provider):
        provider.write([Create("it's", person("Ada", "Ash"))])

        assert set(provider.find(["it's", "other"])) == {"it's"}

    def test_a_copy_carries_the_key_too(self, provider, there):
        provider.write([Create("key-1", person("Ada", "Ash"))])
        (original,) = provider.find(["key-1"])["key-1"]
        copy = there.copy(original.remote_id)

        found = provider.find(["key-1"])["key-1"]

        assert {contact.remote_id for contact in found} == {original.remote_id, copy}
        assert sorted(provider.keyed()) == sorted([(original.remote_id, "key-1"), (copy, "key-1")])

    def test_a_key_outside_of_the_folder_is_not_found(self, provider, there):
        provider.write([Create("key-1", person("Ada", "Ash"))])
        (original,) = provider.find(["key-1"])["key-1"]
        there.move_out(original.remote_id)

        assert provider.find(["key-1"]) == {}
        assert list(provider.keyed()) == []

    def test_contacts_without_a_key_are_not_among_the_keyed(self, provider, there):
        there.add("Ada", "Ash", "a@x.example")

        assert list(provider.keyed()) == []

    # Trouble

    def test_a_lost_answer_is_unknown_and_nothing_is_sent_again(self, provider, there):
        there.lose_the_next_answer()

        outcomes = provider.write(
            [Create("key-1", person("Ada", "Ash")), Create("key-2", person("Bo", "Elm"))]
        )

        assert [outcome.result for outcome in outcomes] == [Result.UNKNOWN, Result.UNKNOWN]
        assert there.names() == ["Ada Ash", "Bo Elm"]
        assert set(provider.find(["key-1", "key-2"])) == {"key-1", "key-2"}

    def test_a_long_wait_is_left_to_the_caller_and_nothing_was_written(self, provider, there):
        there.be_busy(3600)

        with pytest.raises(Throttled) as caught:
            provider.write([Create("key-1", person("Ada", "Ash"))])

        assert caught.value.retry_after == 3600
        assert there.names() == []

    def test_a_service_that_is_down_is_unavailable(self, provider, there):
        there.be_down()

        with pytest.raises(Unavailable):
            list(provider.changes(""))

    def test_a_failed_look_up_decides_nothing(self, provider, there):
        remote_id = there.add("Ada", "Ash", "a@x.example")
        there.fail_reads()

        with pytest.raises(Unavailable):
            provider.read([remote_id])
        with pytest.raises(Unavailable):
            provider.find(["key-1"])

    def test_a_revoked_sign_in_asks_for_a_person(self, provider, there):
        there.revoke()

        with pytest.raises(AuthRequired):
            list(provider.changes(""))
