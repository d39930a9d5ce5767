"""Laws of reading and writing files, whatever is in them."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from contacts_sync import contact
from contacts_sync.files import BadCard, BadRow, Draft, UnknownFormat, outlook_csv, read, vcard
from contacts_sync.files.draft import sets_of
from contacts_sync.files.outlook_tables import OUTLOOK, OUTLOOK_WEB
from tests.files.drafts import drafts, told

SCRAPS = st.sampled_from(
    [
        b"BEGIN:VCARD\r\n", b"END:VCARD\r\n", b"VERSION:2.1\n", b"VERSION:4.0\r", b"N:", b"FN;",
        b"TEL;TYPE=", b"item1.", b"X-ABLabel:", b"ENCODING=QUOTED-PRINTABLE:", b"=C3=\r\n", b"=\n",
        b"BASE64:", b"CHARSET=", b"UTF-16", b"SHIFT_JIS:", b"\\", b";", b":", b'"', b"\xff\xfe", b"\x00",
        b"\r\n ", b"\r\n\r\n", b"EMAIL:<a@b>", b"BDAY:16040229", b"ADR:;;;", b"ORG:", b"AGENT:\r\n",
        b"First Name,E-mail Address,Birthday,Business Phone\r\n", b",", b"'=", b"0/0/00", b"1/2/34",
    ]
)  # fmt: skip
MESSES = st.lists(SCRAPS | st.binary(max_size=12), max_size=40).map(b"".join)


def assert_sound(results):
    for result in results:
        assert isinstance(result, Draft | BadCard | BadRow)
        assert result.source is not None
        if not isinstance(result, Draft):
            assert result.reason.endswith(".")
            continue
        for text in result.scalars.values():
            assert text == text.strip() != ""
            text.encode()
            assert "\0" not in text
        for entries in sets_of(result).values():
            assert sum(entry.primary for entry in entries) <= 1


@given(MESSES)
@settings(max_examples=300, deadline=None)
def test_no_bytes_make_the_vcard_reader_fail(data):
    assert_sound(vcard.read(data))
    assert_sound(vcard.read(b"BEGIN:VCARD\r\n" + data + b"\r\nEND:VCARD\r\n"))


@given(MESSES)
@settings(max_examples=150, deadline=None)
def test_no_bytes_make_the_csv_reader_fail_after_its_headings(data):
    assert_sound(outlook_csv.read(b"First Name,E-mail Address,Birthday,Business Phone\r\n" + data))


@given(st.binary(max_size=300) | MESSES)
@settings(max_examples=150, deadline=None)
def test_a_file_is_read_or_refused_with_a_sentence(data):
    try:
        assert_sound(read("contacts", data))
    except UnknownFormat as error:
        assert "Expected was" in str(error) or "should hold" in str(error)


@given(st.lists(drafts(), max_size=2))
@settings(deadline=None)
def test_a_written_vcard_reads_as_the_same_contacts(contacts):
    data = b"".join(vcard.write(contacts))

    assert [told(draft) for draft in vcard.read(data)] == contacts


@given(drafts())
@settings(max_examples=50, deadline=None)
def test_a_written_vcard_is_folded_at_75_octets_between_characters(contact_):
    data = b"".join(vcard.write([contact_]))

    assert data.endswith(b"END:VCARD\r\n")
    for line in data.split(b"\r\n"):
        assert len(line) <= 75
        assert b"\n" not in line and b"\r" not in line
        line.decode()


@given(st.lists(drafts(), min_size=1, max_size=2), st.sampled_from([OUTLOOK, OUTLOOK_WEB]))
@settings(deadline=None)
def test_what_a_csv_has_columns_for_comes_back_and_the_rest_is_reported(contacts, dialect):
    left = []

    data = b"".join(
        outlook_csv.write(contacts, dialect, lambda draft, item: left.append((draft, item)))
    )

    back = [draft for draft in outlook_csv.read(data) if isinstance(draft, Draft)]
    for draft in contacts:
        reported = [item for about, item in left if about is draft]
        if not {"Kind"} <= {item.what for item in reported}:
            assert any(is_covered(draft, other, len(reported)) for other in back) or not holds(
                draft, dialect
            )


def is_covered(draft, other, reported):
    """Every text came back, and as many values as were not reported."""
    if dict(draft.scalars) != dict(other.scalars) or draft.kind != other.kind:
        return False
    lost = 0
    for name, entries in sets_of(draft).items():
        back = {entry.value for entry in sets_of(other)[name]}
        if not back <= {entry.value for entry in entries}:
            return False
        lost += sum(entry.value not in back for entry in entries)
    return lost <= reported


def holds(draft, dialect):
    """Say whether the row of a draft holds anything: one with nothing but a Skype name is blank."""
    fits = any(
        entry.label not in {"Skype", "Billing"} for entry in (*draft.phones, *draft.addresses)
    )
    messengers = draft.messengers if dialect is OUTLOOK_WEB else ()
    return bool(draft.scalars or draft.emails or draft.websites or fits or messengers)


@given(st.sampled_from(contact.PHONE_LABELS), st.integers(10**6, 10**14).map("+{}".format))
@settings(max_examples=30, deadline=None)
def test_a_number_with_a_plus_goes_to_outlook_and_comes_back_as_it_is(label, number):
    from contacts_sync.files import DraftValue

    draft = Draft("person", {"last_name": "A"}, phones=(DraftValue(label, number),))

    data = b"".join(outlook_csv.write([draft]))

    assert b"'" not in data.partition(b"\r\n")[2]
    (back,) = outlook_csv.read(data)
    assert back.phones == (draft.phones if label != "Skype" else ())
