"""What we write comes back as we wrote it, whatever it is: property tests with the simulator.

Documented exceptions: NUL and half characters are left out, line breaks in addresses become one
kind, and blank values are none.
"""

from __future__ import annotations

from datetime import date

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contacts_sync.engine.records import RemoteRecord, RemoteValue
from contacts_sync.providers.base import Create, Update
from contacts_sync.providers.microsoft365.mapping import (
    _READ,
    create_body,
    read_contact,
    storable,
    update_body,
)
from contacts_sync.simulator import Behaviour, Mailbox

TEXTS = (
    "prefix",
    "first_name",
    "middle_name",
    "last_name",
    "suffix",
    "company",
    "job_title",
    "department",
)
UNMAPPED = {
    "personalNotes": "Owes us a lunch.",
    "nickName": "Addie",
    "categories": ["Red"],
    "spouseName": "Bo",
    "yomiSurname": "アッシュ",
}

any_text = st.text(st.characters(codec=None), max_size=12)
filled = any_text.filter(lambda text: storable(text).strip())
address = st.from_regex(r"[a-zäé0-9'+]{1,8}@[a-z]{1,6}\.example", fullmatch=True)
birthday = st.dates(date(1605, 1, 1), date(2026, 1, 1)).map(date.isoformat)
place = st.tuples(*[any_text] * 5).filter(lambda parts: any(storable(p).strip() for p in parts))


def in_room(name, values, most):
    return st.lists(values, max_size=most).map(
        lambda found: tuple(RemoteValue(name, value) for value in found)
    )


def joined(*parts):
    return st.tuples(*parts).map(lambda groups: tuple(entry for group in groups for entry in group))


records = st.builds(
    RemoteRecord,
    st.fixed_dictionaries(
        {}, optional={**dict.fromkeys(TEXTS, any_text), "birthday": st.just("") | birthday}
    ),
    st.fixed_dictionaries(
        {},
        optional={
            "emails": in_room("any", address, 3),
            "phones": joined(
                in_room("Work", filled, 2), in_room("Home", filled, 2), in_room("Mobile", filled, 1)
            ),
            "messengers": in_room("any", filled, 3),
            "websites": in_room("any", filled, 1),
            "addresses": joined(*[in_room(room, place, 1) for room in ("Work", "Home", "Other")]),
        },
    ),
)


def plain(record: RemoteRecord) -> RemoteRecord:
    """Apply the documented exceptions."""
    scalars = {name: storable(text) for name, text in record.scalars.items()}
    return RemoteRecord(
        {name: text for name, text in scalars.items() if text.strip()},
        {
            name: tuple(RemoteValue(entry.room, plain_value(entry.value)) for entry in entries)
            for name, entries in record.sets.items()
            if entries
        },
    )


def plain_value(value):
    if isinstance(value, str):
        return storable(value)
    parts = (storable(part).replace("\r\n", "\n").replace("\r", "\n") for part in value)
    return tuple(parts)


def without_idle_order(record, before, after):
    """Sort the values of each room of which the order alone was to change: that is no difference."""
    return RemoteRecord(
        record.scalars,
        {
            name: _sorted_where_idle(entries, before.sets.get(name, ()), after.sets.get(name, ()))
            for name, entries in record.sets.items()
        },
    )


def _sorted_where_idle(entries, before, after):
    idle = {
        room
        for room in {one.room for one in after}
        if {one for one in before if one.room == room} == {one for one in after if one.room == room}
    }
    waiting = sorted((one for one in entries if one.room in idle), key=repr)
    return tuple(waiting.pop(0) if one.room in idle else one for one in entries)


def mailbox():
    return Mailbox("anna", Behaviour())


def read(box, remote_id):
    return read_contact(box.get(remote_id))


quick = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


@quick
@given(records)
def test_a_created_contact_reads_back(record):
    box = mailbox()

    contact = read(box, box.put(create_body(Create("key", record))))

    assert contact.record == plain(record)


@quick
@given(records, records)
def test_an_updated_contact_reads_back_and_keeps_what_is_not_mapped(first, second):
    box = mailbox()
    remote_id = box.put({**create_body(Create("key", first)), **UNMAPPED})
    old = read(box, remote_id)

    body = update_body(Update(remote_id, "", "key", old.record, second, old.extras))

    if body is not None:
        box.put(body, remote_id)
    read_back, expected = read(box, remote_id).record, plain(second)
    assert without_idle_order(read_back, old.record, expected) == without_idle_order(
        expected, old.record, expected
    )
    assert {name: box.get(remote_id)[name] for name in UNMAPPED} == UNMAPPED


@quick
@given(records, records)
def test_an_update_that_was_carried_out_has_nothing_left_to_change(first, second):
    box = mailbox()
    remote_id = box.put(create_body(Create("key", first)))
    old = read(box, remote_id)
    if body := update_body(Update(remote_id, "", "key", old.record, second, old.extras)):
        box.put(body, remote_id)

    new = read(box, remote_id)

    assert update_body(Update(remote_id, "", "key", new.record, plain(second), new.extras)) is None


@quick
@given(records, records)
def test_names_that_a_person_chose_are_never_touched(first, second):
    box = mailbox()
    chosen = {"displayName": "Chosen ❦ name", "fileAs": "Filed ❦ here"}
    remote_id = box.put({**create_body(Create("key", first)), **chosen})
    old = read(box, remote_id)

    if body := update_body(Update(remote_id, "", "key", old.record, second, old.extras)):
        box.put(body, remote_id)

    assert {name: box.get(remote_id)[name] for name in chosen} == chosen


@quick
@given(records)
def test_an_update_names_only_what_differs(record):
    old = plain(record)
    new = RemoteRecord({**old.scalars, "job_title": "Notary ❦"}, old.sets)

    body = update_body(Update("id", "", "", old, new, {"displayName": "x", "fileAs": "y"})) or {}

    assert set(body) == {"givenName", "displayName", "fileAs", "jobTitle"}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | any_text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(any_text, inner, max_size=3),
    max_leaves=5,
)
PROPERTIES = sorted(_READ)


@quick
@given(st.dictionaries(st.sampled_from(PROPERTIES), json_values))
def test_no_answer_of_the_service_breaks_the_reader(contact):
    read = read_contact(contact)

    assert update_body(Update("id", "", "", read.record, read.record, read.extras)) is None
