"""What each property of a vCard means for the list."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from contacts_sync.contact import ADDRESSES, EMAILS, MESSENGERS, PHONES, WEBSITES
from contacts_sync.files import values
from contacts_sync.files.dates import read_iso
from contacts_sync.files.labels import label_of
from contacts_sync.files.vcard_lines import Line, split, unescape
from contacts_sync.files.vcard_reading import ONE_ONLY, Reading


def _emails(reading: Reading, line: Line, text: str) -> None:
    text = reading.plain(text)
    found, odd = values.read_emails(text) if text else ([], "")
    for address in found:
        reading.value(EMAILS, line, address, "E-mail")
    if odd:
        reading.note("E-mail", text, odd)


def _phones(reading: Reading, line: Line, text: str) -> None:
    text = unescape(text).strip()
    if values.is_voice_over_ip(text):
        reading.value(MESSENGERS, line, values.messenger(text), "Messenger")
        return
    found, odd = ([text], "") if reading.ours or not text else values.read_phones(text)
    for number in filter(None, found):
        reading.value(PHONES, line, number, "Phone")
    if odd:
        reading.note("Phone", text, odd)


def _messenger(reading: Reading, line: Line, text: str) -> None:
    service = line.param("X-SERVICE-TYPE") or line.name.removeprefix("X-")
    named = service in values.SERVICES or bool(line.param("X-SERVICE-TYPE"))
    address = values.messenger(unescape(text), service if named else "")
    if address:
        reading.value(MESSENGERS, line, address, "Messenger")


def _address(reading: Reading, line: Line, text: str) -> None:
    parts = split(text)
    address = values.postal_address(parts)
    if extra := " ".join(parts[7:]).strip():
        reading.note("Address", extra, "stands behind the seven parts of an address")
    if not any(address) and line.param("LABEL"):
        address = (unescape(line.param("LABEL")), "", "", "", "")
        reading.note("Address", address[0], values.PRINTED)
    if any(address):
        reading.value(ADDRESSES, line, address, "Address")


def printed_addresses(reading: Reading) -> None:
    """Take a LABEL (2.1, 3.0: the address as printed) only where the address itself is missing."""
    have = {entry.label for entry in reading.sets[ADDRESSES]}
    for line, text in reading.lines:
        printed = unescape(text).replace("\r\n", "\n").strip()
        if line.name != "LABEL" or not printed:
            continue
        if label_of(ADDRESSES, line.params.get("TYPE", ()))[0] not in have:
            reading.value(ADDRESSES, line, (printed, "", "", "", ""), "Address")
            reading.note("Address", printed, values.PRINTED)


def _website(reading: Reading, line: Line, text: str) -> None:
    if url := unescape(text).strip():
        reading.value(WEBSITES, line, url, "Web site")


def _organisation(reading: Reading, line: Line, text: str) -> None:
    company, *units = (part.strip() for part in split(text))
    department = " ".join(filter(None, units))
    known = reading.scalars
    if (known.get("company") or known.get("department")) and (company or department):
        if (company, department) != (known.get("company", ""), known.get("department", "")):
            reading.note("Organisation", " ".join(filter(None, (company, department))), ONE_ONLY)
        return
    reading.scalar("company", "Organisation", company)
    reading.scalar("department", "Department", department)


def _job_title(reading: Reading, line: Line, text: str) -> None:
    reading.scalar("job_title", "Job title", reading.plain(text))


def _birthday(reading: Reading, line: Line, text: str) -> None:
    if not text.strip():
        return
    found, why = read_iso(unescape(text))
    if why:
        reading.note("Birthday", text, why)
    reading.scalar("birthday", "Birthday", found)


Handler = Callable[[Reading, Line, str], None]
HANDLERS: Mapping[str, Handler] = {
    "EMAIL": _emails,
    "TEL": _phones,
    "X-MS-TEL": _phones,
    "IMPP": _messenger,
    "X-MS-IMADDRESS": _messenger,
    "X-IM": _messenger,
    "X-KADDRESSBOOK-X-IMADDRESS": _messenger,
    "KADDRESSBOOK-X-IMADDRESS": _messenger,
    "ADR": _address,
    "URL": _website,
    "ORG": _organisation,
    "TITLE": _job_title,
    "BDAY": _birthday,
} | {f"X-{service}": _messenger for service in values.SERVICES}
"""By property; what is not here has no field in the list."""
