"""What Outlook would hold of the demo's contacts: drafts as Graph's properties."""

from __future__ import annotations

from typing import Any

from contacts_sync.contact import COMPANY, HOME, MOBILE, OTHER, WORK, display_name
from contacts_sync.files import Draft

TEXTS = {
    "prefix": "title",
    "first_name": "givenName",
    "middle_name": "middleName",
    "last_name": "surname",
    "suffix": "generation",
    "company": "companyName",
    "name": "companyName",
    "job_title": "jobTitle",
    "department": "department",
}
PLACES = {WORK: "businessAddress", HOME: "homeAddress", OTHER: "otherAddress"}
PARTS = ("street", "city", "state", "postalCode", "countryOrRegion")


def card(draft: Draft, **more: Any) -> dict[str, Any]:
    """Give a draft as a contact in Outlook, with more properties on top. What has no room is lost."""
    fields: dict[str, Any] = {
        TEXTS[name]: text for name, text in draft.scalars.items() if name in TEXTS
    }
    shown = display_name(draft.kind, draft.scalars)
    fields["emailAddresses"] = [
        {"name": shown, "address": str(one.value)} for one in draft.emails[:3]
    ]
    numbers: dict[str, list[str]] = {WORK: [], HOME: [], MOBILE: []}
    for one in draft.phones:
        numbers.setdefault(one.label, []).append(str(one.value))
    fields["businessPhones"], fields["homePhones"] = numbers[WORK][:2], numbers[HOME][:2]
    fields["mobilePhone"] = next(iter(numbers[MOBILE]), None)
    for place in draft.addresses:
        if place.label in PLACES:
            fields[PLACES[place.label]] = dict(zip(PARTS, place.value, strict=True))
    if draft.websites:
        fields["businessHomePage"] = str(draft.websites[0].value)
    if birthday := draft.scalars.get("birthday"):
        fields["birthday"] = f"{birthday}T11:59:00Z"
    if draft.kind == COMPANY:
        fields["displayName"] = fields["fileAs"] = shown
    return {**fields, **more}
