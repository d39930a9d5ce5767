"""The tables of Outlook with English headings: desktop (92 columns) and the web."""

from __future__ import annotations

from contacts_sync.contact import (
    EMAIL_LABELS,
    EMAILS,
    HOME,
    MESSENGER_LABELS,
    MESSENGERS,
    MOBILE,
    OTHER,
    PHONES,
    WEBSITE_LABELS,
    WEBSITES,
    WORK,
)
from contacts_sync.files.table import (
    AddressPart,
    Column,
    Date,
    Dialect,
    Echo,
    Entry,
    NoField,
    Notes,
    Role,
    Text,
)


def _phone(label: str, *takes: str) -> Entry:
    return Entry(PHONES, label, frozenset(takes))


_EMAIL = Entry(EMAILS, OTHER, frozenset(EMAIL_LABELS))
_WEB_PAGE = Entry(WEBSITES, WORK, frozenset(WEBSITE_LABELS))

_UNSET = frozenset(
    """unspecified|normal|false|keine angabe|nicht angegeben|falsch|non spécifié|normale|faux|
    non specificato|falso""".replace("\n    ", "").split("|")
)
"""What Outlook writes unasked, in its languages."""

ROLES: dict[str, Role] = {
    "Title": Text("prefix"),
    "First Name": Text("first_name"),
    "Middle Name": Text("middle_name"),
    "Last Name": Text("last_name"),
    "Suffix": Text("suffix"),
    "Company": Text("company"),
    "Department": Text("department"),
    "Job Title": Text("job_title"),
    "Birthday": Date("birthday"),
    "Anniversary": NoField(frozenset({"0/0/00", "00.00.00", "0.0.00", "00/00/00"})),
    "E-mail Address": _EMAIL,
    "E-mail 2 Address": _EMAIL,
    "E-mail 3 Address": _EMAIL,
    "Business Phone": _phone(WORK, WORK),
    "Business Phone 2": _phone(WORK, WORK),
    "Company Main Phone": _phone(WORK, WORK),
    "Home Phone": _phone(HOME, HOME),
    "Home Phone 2": _phone(HOME, HOME),
    "Mobile Phone": _phone(MOBILE, MOBILE),
    "Business Fax": _phone("Fax", "Fax"),
    "Home Fax": _phone("Fax", "Fax"),
    "Other Fax": _phone("Fax", "Fax"),
    "Pager": _phone("Pager", "Pager"),
    "Other Phone": _phone(OTHER, OTHER),
    "Primary Phone": _phone(OTHER, OTHER),
    "Car Phone": _phone(OTHER),
    "Callback": _phone(OTHER),
    "Radio Phone": _phone(OTHER),
    "ISDN": _phone(OTHER),
    "TTY/TDD Phone": _phone(OTHER),
    "IMAddress": Entry(MESSENGERS, OTHER, frozenset(MESSENGER_LABELS)),
    "Web Page": _WEB_PAGE,
    "Personal Web Page": Entry(WEBSITES, HOME),
    "E-mail Type": Echo(),
    "E-mail Display Name": Echo(),
    "E-mail 2 Type": Echo(),
    "E-mail 2 Display Name": Echo(),
    "E-mail 3 Type": Echo(),
    "E-mail 3 Display Name": Echo(),
    "Initials": Echo(),
    "Gender": NoField(_UNSET),
    "Priority": NoField(_UNSET),
    "Private": NoField(_UNSET),
    "Sensitivity": NoField(_UNSET),
    "Notes": Notes(),
}
"""What a heading means wherever Outlook writes it. Headings that are not here have no field.

Assistant's Phone and Telex are left out on purpose: the one is another person's number, the other
none that can be called.
"""

for _place, _label in (("Business", WORK), ("Home", HOME), ("Other", OTHER)):
    ROLES |= {
        f"{_place} Street": AddressPart(_label, "street"),
        f"{_place} Street 2": AddressPart(_label, "street"),
        f"{_place} Street 3": AddressPart(_label, "street"),
        f"{_place} Address PO Box": AddressPart(_label, "street", written=False),
        f"{_place} City": AddressPart(_label, "city"),
        f"{_place} State": AddressPart(_label, "region"),
        f"{_place} Postal Code": AddressPart(_label, "postal_code"),
        f"{_place} Country/Region": AddressPart(_label, "country"),
    }

_ALIASES = {
    f"{place} Country/Region": (f"{place} Country",) for place in ("Business", "Home", "Other")
}
"""Google's "Outlook CSV" and older versions of Outlook say Country alone."""

_DESKTOP = """Title,First Name,Middle Name,Last Name,Suffix,Company,Department,Job Title,
Business Street,Business Street 2,Business Street 3,Business City,Business State,
Business Postal Code,Business Country/Region,Home Street,Home Street 2,Home Street 3,Home City,
Home State,Home Postal Code,Home Country/Region,Other Street,Other Street 2,Other Street 3,
Other City,Other State,Other Postal Code,Other Country/Region,Assistant's Phone,Business Fax,
Business Phone,Business Phone 2,Callback,Car Phone,Company Main Phone,Home Fax,Home Phone,
Home Phone 2,ISDN,Mobile Phone,Other Fax,Other Phone,Pager,Primary Phone,Radio Phone,TTY/TDD Phone,
Telex,Account,Anniversary,Assistant's Name,Billing Information,Birthday,Business Address PO Box,
Categories,Children,Directory Server,E-mail Address,E-mail Type,E-mail Display Name,
E-mail 2 Address,E-mail 2 Type,E-mail 2 Display Name,E-mail 3 Address,E-mail 3 Type,
E-mail 3 Display Name,Gender,Government ID Number,Hobby,Home Address PO Box,Initials,
Internet Free Busy,Keywords,Language,Location,Manager's Name,Mileage,Notes,Office Location,
Organizational ID Number,Other Address PO Box,Priority,Private,Profession,Referred By,Sensitivity,
Spouse,User 1,User 2,User 3,User 4,Web Page"""

_WEB = """First Name,Middle Name,Last Name,Title,Suffix,Nickname,Given Yomi,Surname Yomi,
E-mail Address,E-mail 2 Address,E-mail 3 Address,Home Phone,Home Phone 2,Business Phone,
Business Phone 2,Mobile Phone,Car Phone,Other Phone,Primary Phone,Pager,Business Fax,Home Fax,
Other Fax,Company Main Phone,Callback,Radio Phone,Telex,TTY/TDD Phone,IMAddress,Job Title,
Department,Company,Office Location,Manager's Name,Assistant's Name,Assistant's Phone,Company Yomi,
Business Street,Business City,Business State,Business Postal Code,Business Country/Region,
Home Street,Home City,Home State,Home Postal Code,Home Country/Region,Other Street,Other City,
Other State,Other Postal Code,Other Country/Region,Personal Web Page,Spouse,Schools,Hobby,Location,
Web Page,Birthday,Anniversary,Notes"""

_MARKS = frozenset(
    heading
    for heading in ROLES
    if heading.startswith(("E-mail", "Business", "Mobile Phone", "Company Main"))
)
"""Headings that other programs' tables do not have ("First Name" and "Company" are everybody's)."""


def _columns(headings: str) -> tuple[Column, ...]:
    return tuple(
        Column(name, ROLES.get(name, NoField()), _ALIASES.get(name, ()))
        for name in headings.replace(",\n", ",").split(",")
    )


_PRINTED = tuple(Column(f"{place} Address", Echo()) for place in ("Business", "Home", "Other"))
"""Google's "Outlook CSV" has the addresses as printed beside their parts."""

OUTLOOK = Dialect(
    "outlook-csv", "Outlook CSV", _columns(_DESKTOP), _MARKS, "%m/%d/%Y", also=_PRINTED
)
OUTLOOK_WEB = Dialect("outlook-web-csv", "Outlook CSV (web)", _columns(_WEB), _MARKS)
DIALECTS = (OUTLOOK, OUTLOOK_WEB)
