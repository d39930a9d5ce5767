"""A contact as a plain form: which inputs there are, what they show, what they say."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from contacts_sync.simulator.fields import ADDRESSES, PARTS, Fields
from contacts_sync.simulator.pages import text_area, text_input

_NAME = {
    "title": "Title",
    "givenName": "First name",
    "middleName": "Middle name",
    "surname": "Last name",
    "generation": "Suffix",
    "nickName": "Nickname",
}
_WORK = {"companyName": "Company", "jobTitle": "Job title", "department": "Department"}
_PHONES = {"businessPhones": ("Business phone", 2), "homePhones": ("Home phone", 2)}
_COMPOSED = {"displayName": "Display name", "fileAs": "File as"}
_PART_LABELS = {
    "street": "Street",
    "city": "City",
    "state": "State or province",
    "postalCode": "Postal code",
    "countryOrRegion": "Country or region",
}
_ADDRESS_LABELS = {
    "businessAddress": "Business address",
    "homeAddress": "Home address",
    "otherAddress": "Other address",
}


def contact_inputs(record: Fields) -> str:
    """Give all inputs; ids and names are the property, with `-1` and up for its values."""
    return "".join(
        (
            _group("Name", _scalars(record, _NAME)),
            _group("Work", _scalars(record, _WORK)),
            _group("E-mail", _emails(record)),
            _group("Phones", _phones(record)),
            _group("Instant messaging", _slots(record, "imAddresses", "IM address", 3)),
            *(_group(_ADDRESS_LABELS[name], _address(record, name)) for name in ADDRESSES),
            _group("More", _more(record)),
            _group("Shown as (left alone: follows the name)", _scalars(record, _COMPOSED)),
        )
    )


def read_form(form: Mapping[str, str], record: Fields) -> Fields:
    """Give what the form says, as the fields of a contact."""
    fields: Fields = {name: form.get(name, "").strip() or None for name in (*_NAME, *_WORK)}
    for name in ("mobilePhone", "businessHomePage"):
        fields[name] = form.get(name, "").strip() or None
    fields["birthday"] = form.get("birthday", "").strip() or None
    fields["personalNotes"] = _lines(form.get("personalNotes", "")) or None
    for name, count in (("businessPhones", 2), ("homePhones", 2), ("imAddresses", 3)):
        fields[name] = _values(form, name, count)
    fields["emailAddresses"] = _read_emails(form, record)
    for address in ADDRESSES:
        fields[address] = {
            part: _lines(form.get(f"{address}-{part}", "")).strip() for part in PARTS
        }
    for name in _COMPOSED:
        if form.get(name, "").strip() != (record.get(name) or ""):
            fields[name] = form.get(name, "").strip() or None
    return fields


def _group(legend: str, inputs: str) -> str:
    return f'<fieldset><legend>{escape(legend)}</legend><div class="grid">{inputs}</div></fieldset>'


def _scalars(record: Fields, labels: Mapping[str, str]) -> str:
    return "".join(
        text_input(name, label, record.get(name) or "") for name, label in labels.items()
    )


def _slots(record: Fields, name: str, label: str, count: int) -> str:
    values = [*(record.get(name) or ()), *[""] * count]
    return "".join(
        text_input(f"{name}-{index + 1}", f"{label} {index + 1}", values[index])
        for index in range(count)
    )


def _emails(record: Fields) -> str:
    texts = [email.get("address") or email.get("name", "") for email in record["emailAddresses"]]
    return _slots({"emailAddresses": texts}, "emailAddresses", "E-mail", 3)


def _phones(record: Fields) -> str:
    slots = [_slots(record, name, label, count) for name, (label, count) in _PHONES.items()]
    return "".join(slots) + text_input("mobilePhone", "Mobile", record.get("mobilePhone") or "")


def _address(record: Fields, name: str) -> str:
    parts = record.get(name) or {}
    street = text_area(f"{name}-street", _PART_LABELS["street"], parts.get("street", ""))
    return street + "".join(
        text_input(f"{name}-{part}", _PART_LABELS[part], parts.get(part, "")) for part in PARTS[1:]
    )


def _more(record: Fields) -> str:
    birthday = (record.get("birthday") or "")[:10]
    return (
        text_input("businessHomePage", "Web page", record.get("businessHomePage") or "")
        + text_input("birthday", "Birthday", birthday, kind="date")
        + text_area("personalNotes", "Notes", record.get("personalNotes") or "", rows=4)
    )


def _values(form: Mapping[str, str], name: str, count: int) -> list[str]:
    texts = (form.get(f"{name}-{index + 1}", "").strip() for index in range(count))
    return [text for text in texts if text]


def _read_emails(form: Mapping[str, str], record: Fields) -> list[dict[str, str]]:
    """Keep the display name of an address that is still there."""
    known = {email.get("address"): email for email in record.get("emailAddresses") or ()}
    return [known.get(text) or {"address": text} for text in _values(form, "emailAddresses", 3)]


def _lines(text: str) -> str:
    # Browsers send every line break as CR LF.
    return text.replace("\r\n", "\n")
