"""Drafts as the firm's list could export them, for property tests."""

from __future__ import annotations

import datetime
from dataclasses import replace

from hypothesis import strategies as st

from contacts_sync import contact
from contacts_sync.files import Draft, DraftValue

# What a person can have typed: other scripts, quotes, separators, line breaks inside, formulas.
SIGNS = st.sampled_from("aBz09 ,;:\\\"'=+-@^%#<>()_nN.éßŁ猫ア\U0001f600\u200d\u2028\x85\u0301")
WORDS = st.text(SIGNS, min_size=1, max_size=30).map(str.strip).filter(bool)
TEXTS = st.one_of(
    WORDS,
    st.lists(WORDS, min_size=2, max_size=3).map("\n".join),
    st.sampled_from(
        [
            "=1+1",
            "+1",
            "-1",
            "@x",
            "'=x",
            "\\n",
            "a\\;b",
            "Smith, Jones; & Co",
            "END:VCARD",
            "猫" * 60,
        ]
    ),
)
LETTERS = st.text("abcxyz.+_-", min_size=1, max_size=6)
EMAILS = LETTERS.map("{}@firm.example".format)
PHONES = st.text("0123456789 ()-", min_size=3, max_size=12).map("+{}1".format)
URLS = st.text("ab/,;?=&%", max_size=60).map("https://firm.example/{}".format)
MESSENGERS = EMAILS | st.builds("{}:{}".format, st.sampled_from(["skype", "xmpp", "sip"]), LETTERS)
DATES = st.dates(datetime.date(1700, 1, 1), datetime.date(2100, 1, 1)).map(datetime.date.isoformat)
ADDRESSES = st.tuples(*[st.one_of(st.just(""), TEXTS)] * 5).filter(any)


def values(value, labels):
    """Value sets: no label and value twice, at most one primary."""
    entry = st.builds(DraftValue, st.sampled_from(labels), value)
    entries = st.lists(entry, max_size=3, unique_by=lambda one: (one.label, one.value))
    return st.tuples(entries, st.integers(0, 9)).map(_with_primary)


def _with_primary(chosen):
    entries, at = chosen
    return tuple(replace(entry, primary=index == at) for index, entry in enumerate(entries))


@st.composite
def drafts(draw):
    kind = draw(st.sampled_from([contact.PERSON, contact.COMPANY]))
    names = [*contact.NAME_PARTS, "job_title", "department"]
    scalars = draw(st.dictionaries(st.sampled_from(names), TEXTS, max_size=7))
    if kind == contact.COMPANY:
        scalars["name"] = draw(TEXTS)
    elif draw(st.booleans()):
        scalars["company"] = draw(TEXTS)
    if draw(st.booleans()):
        scalars["birthday"] = draw(DATES)
    draft = Draft(
        kind,
        scalars,
        emails=draw(values(EMAILS, contact.EMAIL_LABELS)),
        phones=draw(values(PHONES, contact.PHONE_LABELS)),
        messengers=draw(values(MESSENGERS, contact.MESSENGER_LABELS)),
        addresses=draw(values(ADDRESSES, contact.ADDRESS_LABELS)),
        websites=draw(values(URLS, contact.WEBSITE_LABELS)),
    )
    return draft if scalars or draft.emails else replace(draft, scalars={"last_name": "Sample"})


def told(draft):
    """What a draft says about the contact, without where it was read."""
    return replace(draft, source=None, unread=(), uid="")
