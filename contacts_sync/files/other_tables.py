"""The tables of Thunderbird, Windows Live Mail, LinkedIn, and Clio's import template."""

from __future__ import annotations

from contacts_sync.contact import (
    EMAIL_LABELS,
    EMAILS,
    HOME,
    MESSENGERS,
    MOBILE,
    OTHER,
    PHONE_LABELS,
    PHONES,
    WEBSITES,
    WORK,
)
from contacts_sync.files.table import (
    AddressPart,
    Column,
    DatePart,
    Dialect,
    Entry,
    NoField,
    Role,
    Text,
    WholeName,
)

_VOICE = frozenset(PHONE_LABELS) - {"Fax", "Pager", "Skype"}


def _home(part: str) -> AddressPart:
    return AddressPart(HOME, part)


def _work(part: str) -> AddressPart:
    return AddressPart(WORK, part)


def _dialect(
    name: str, title: str, columns: list[tuple[str, Role]], marks: set[str], **more: str
) -> Dialect:
    made = tuple(Column(heading, role) for heading, role in columns)
    return Dialect(name, title, made, frozenset(marks), **more)  # type: ignore[arg-type]


_THUNDERBIRD: list[Role] = [
    Text("first_name"),
    Text("last_name"),
    WholeName(),
    NoField(),
    Entry(EMAILS, OTHER, primary=True),
    Entry(EMAILS, OTHER),
    Entry(MESSENGERS, OTHER),
    Entry(PHONES, WORK),
    Entry(PHONES, HOME),
    Entry(PHONES, "Fax"),
    Entry(PHONES, "Pager"),
    Entry(PHONES, MOBILE),
    *map(_home, ("street", "street", "city", "region", "postal_code", "country")),
    *map(_work, ("street", "street", "city", "region", "postal_code", "country")),
    Text("job_title"),
    Text("department"),
    Text("company"),
    Entry(WEBSITES, WORK),
    Entry(WEBSITES, HOME),
    DatePart("birthday", "year"),
    DatePart("birthday", "month"),
    DatePart("birthday", "day"),
    *[NoField()] * 4,
    NoField(sizes_only=True),
]
_THUNDERBIRD_ENGLISH = """First Name|Last Name|Display Name|Nickname|Primary Email|Secondary Email|
Screen Name|Work Phone|Home Phone|Fax Number|Pager Number|Mobile Number|Home Address|Home Address2|
Home City|Home State|Home Zipcode|Home Country|Work Address|Work Address2|Work City|Work State|
Work Zip|Work Country|Job Title|Department|Organization|Web Page 1|Web Page 2|Birth Year|
Birth Month|Birth Day|Custom 1|Custom 2|Custom 3|Custom 4|Notes"""
_THUNDERBIRD_GERMAN = """Vorname|Nachname|Anzeigename|Spitzname|Primäre E-Mail-Adresse|
Sekundäre E-Mail-Adresse|Messenger-Name|Tel. dienstlich|Tel. privat|Fax-Nummer|Pager-Nummer|
Mobil-Tel.-Nr.|Privat: Adresse|Privat: Adresse 2|Privat: Ort|Privat: Bundesland|Privat: PLZ|
Privat: Land|Dienstlich: Adresse|Dienstlich: Adresse 2|Dienstlich: Ort|Dienstlich: Bundesland|
Dienstlich: PLZ|Dienstlich: Land|Arbeitstitel|Abteilung|Organisation|Webseite 1|Webseite 2|
Geburtsjahr|Geburtsmonat|Geburtstag|Benutzerdef. 1|Benutzerdef. 2|Benutzerdef. 3|Benutzerdef. 4|
Notizen"""

_LIVE_MAIL: list[tuple[str, Role]] = [
    ("Vorname", Text("first_name")),
    ("Nachname", Text("last_name")),
    ("2. Vorname", Text("middle_name")),
    ("Name", WholeName()),
    ("Spitzname", NoField()),
    ("E-Mail-Adresse", Entry(EMAILS, OTHER)),
    ("Straße (privat)", _home("street")),
    ("Ort (privat)", _home("city")),
    ("Postleitzahl (privat)", _home("postal_code")),
    ("Bundesland (privat)", _home("region")),
    ("Land/Region (privat)", _home("country")),
    ("Telefon (privat)", Entry(PHONES, HOME)),
    ("Fax (privat)", Entry(PHONES, "Fax")),
    ("Mobiltelefon", Entry(PHONES, MOBILE)),
    ("Webseite (privat)", Entry(WEBSITES, HOME)),
    ("Straße (geschäftlich)", _work("street")),
    ("Ort (geschäftlich)", _work("city")),
    ("Postleitzahl (geschäftlich)", _work("postal_code")),
    ("Bundesland (geschäftlich)", _work("region")),
    ("Land/Region (geschäftlich)", _work("country")),
    ("Webseite (geschäftlich)", Entry(WEBSITES, WORK)),
    ("Telefon (geschäftlich)", Entry(PHONES, WORK)),
    ("Fax (geschäftlich)", Entry(PHONES, "Fax")),
    ("Pager", Entry(PHONES, "Pager")),
    ("Firma", Text("company")),
    ("Position", Text("job_title")),
    ("Abteilung", Text("department")),
    ("Büro", NoField()),
    ("Notizen", NoField(sizes_only=True)),
]

_LINKEDIN: list[tuple[str, Role]] = [
    ("First Name", Text("first_name")),
    ("Last Name", Text("last_name")),
    ("URL", Entry(WEBSITES, OTHER)),
    ("Email Address", Entry(EMAILS, OTHER)),
    ("Company", Text("company")),
    ("Position", Text("job_title")),
    ("Connected On", NoField()),
]

_CLIO: list[tuple[str, Role]] = [
    ("title", Text("prefix")),
    ("job_title", Text("job_title")),
    ("first_name", Text("first_name")),
    ("last_name", Text("last_name")),
    ("company", Text("company")),
    ("business_street", _work("street")),
    ("business_city", _work("city")),
    ("business_state", _work("region")),
    ("business_postal_code", _work("postal_code")),
    ("email_address", Entry(EMAILS, WORK, frozenset(EMAIL_LABELS))),
    ("primary_phone", Entry(PHONES, WORK, _VOICE, primary=True)),
]


def _thunderbird(name: str, title: str, headings: str, marks: set[str]) -> Dialect:
    names = headings.replace("|\n", "|").split("|")
    return _dialect(name, title, list(zip(names, _THUNDERBIRD, strict=True)), marks)


THUNDERBIRD = _thunderbird(
    "thunderbird-csv", "Thunderbird CSV", _THUNDERBIRD_ENGLISH, {"Primary Email", "Home Address2"}
)
THUNDERBIRD_GERMAN = _thunderbird(
    "thunderbird-csv-german",
    "Thunderbird CSV (German)",
    _THUNDERBIRD_GERMAN,
    {"Primäre E-Mail-Adresse", "Tel. dienstlich", "Privat: Adresse"},
)
LIVE_MAIL = _dialect(
    "live-mail-csv",
    "Windows Live Mail CSV (German)",
    _LIVE_MAIL,
    {"Straße (privat)", "Straße (geschäftlich)", "Telefon (geschäftlich)"},
)
LINKEDIN = _dialect("linkedin-csv", "LinkedIn CSV", _LINKEDIN, {"Connected On"})
CLIO = _dialect(
    "clio-csv",
    "Clio CSV",
    _CLIO,
    {"email_address", "primary_phone", "business_street", "business_postal_code"},
    encoding="utf-8",
)
"""The names of the template's columns as Clio's help lists them (help.clio.com, article
9228623050139). It has one e-mail, phone and address a row, and reads no country."""

DIALECTS = (THUNDERBIRD, THUNDERBIRD_GERMAN, LIVE_MAIL, LINKEDIN, CLIO)
