"""Labels: from the words that files put on a value to the labels of the list, and back."""

from __future__ import annotations

import re
from functools import lru_cache

from contacts_sync.contact import (
    ADDRESSES,
    EMAILS,
    HOME,
    MESSENGERS,
    MOBILE,
    OTHER,
    PHONES,
    WEBSITES,
    WORK,
)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_PLACES = {
    WORK: _words(
        """WORK BUSINESS OFFICE COMPANY PROFESSIONAL ARBEIT BERUFLICH BÜRO DIENSTLICH FIRMA
        GESCHÄFT GESCHÄFTLICH BUREAU PRO PROFESSIONNEL TRAVAIL OFICINA TRABAJO EMPRESA LAVORO
        UFFICIO WERK ZAKELIJK KANTOOR TRABALHO PRACA FIRMOWY SŁUŻBOWY ARBETE ARBEJDE JOB РАБОТА
        РАБОЧИЙ 勤務先 会社"""
    ),
    HOME: _words(
        """HOME PERSONAL PRIVATE RESIDENTIAL PRIVAT ZUHAUSE DOMICILE MAISON PERSO PERSONNEL CASA
        DOMICILIO PARTICULAR ABITAZIONE THUIS PRIVÉ PRIVÉE PESSOAL DOM DOMOWY PRYWATNY HEM HJEM
        ДОМ ДОМАШНИЙ ЛИЧНЫЙ 自宅"""
    ),
}
_BILLING = _words("BILLING INVOICE RECHNUNG RECHNUNGSADRESSE FACTURATION FATTURAZIONE FACTUUR")

WORDS: dict[str, dict[str, frozenset[str]]] = {
    EMAILS: _PLACES,
    MESSENGERS: _PLACES,
    WEBSITES: _PLACES,
    ADDRESSES: {"Billing": _BILLING} | _PLACES,
    PHONES: {
        "Fax": _words("FAX HOMEFAX WORKFAX OTHERFAX TELEFAX TÉLÉCOPIE FAKS ФАКС FACSIMILE"),
        "Pager": _words("PAGER BEEPER CERCAPERSONE"),
        "Skype": _words("SKYPE"),
        MOBILE: _words(
            """CELL MOBILE IPHONE PCS APPLEWATCH CELLULAR CELLPHONE HANDY MOBIL MOBILTELEFON NATEL
            PORTABLE MÓVIL CELULAR CELLULARE MOBIEL TELEMÓVEL KOMÓRKA KOMÓRKOWY GSM МОБИЛЬНЫЙ
            携帯"""
        ),
        WORK: _PLACES[WORK] | {"MAIN", "HAUPTNUMMER"},
        HOME: _PLACES[HOME],
    },
}
"""By set, the labels by weight: a home fax is a fax first, a work mobile a mobile."""

_PLAIN = _words(
    """OTHER PREF INTERNET VOICE MSG VIDEO BBS MODEM CAR ISDN TEXT TEXTPHONE TTY-TDD X400 DOM INTL
    POSTAL PARCEL UNKNOWN CUSTOM HOMEPAGE URL VCARD INLINE EMAIL E-MAIL PHONE CELL MOBILE MAIN AOL
    APPLELINK ATTMAIL CIS EWORLD IBMMAIL MCIMAIL POWERSHARE PRODIGY TLX SMTP ANDERE ANDERER SONSTIGE
    WEITERE AUTRE AUTRES OTRO OTRA ALTRO ALTRA OVERIG OUTRO INNE ANNAT ANDET ДРУГОЙ その他"""
)
"""Words that say nothing the list could hold, or what is understood anyway."""

_SPLIT = re.compile(r"[\s()/_:,.-]+")
_BUILT_IN = ("_$!<", ">!$_")
"""Apple's marks around a label that its programs translate."""

TYPES: dict[str, dict[str, tuple[str, ...]]] = {
    EMAILS: {WORK: ("INTERNET", "WORK"), HOME: ("INTERNET", "HOME"), OTHER: ("INTERNET",)},
    PHONES: {
        WORK: ("WORK", "VOICE"),
        HOME: ("HOME", "VOICE"),
        MOBILE: ("CELL",),
        "Fax": ("FAX",),
        "Pager": ("PAGER",),
        "Skype": ("X-SKYPE",),
        OTHER: ("VOICE",),
    },
    MESSENGERS: {WORK: ("WORK",), HOME: ("HOME",), OTHER: ()},
    ADDRESSES: {WORK: ("WORK",), HOME: ("HOME",), "Billing": ("X-BILLING",), OTHER: ("POSTAL",)},
    WEBSITES: {WORK: ("WORK",), HOME: ("HOME",), OTHER: ()},
}
"""What the writer says. An address without any type would count as one for international parcels
(RFC 2426 3.2.1 gives TYPE a default), so that *Other* says POSTAL."""


@lru_cache(maxsize=4096)
def label_of(kind: str, types: tuple[str, ...], custom: str = "") -> tuple[str, str]:
    """Give the label of a value, and the label it carried if the list has none like it.

    `types` are the words of TYPE, `custom` the text of Apple's X-ABLabel, which weighs more.
    """
    name = plain_label(custom)
    pieces = _SPLIT.split(name.upper()) if name and len(name) <= 60 else []
    if name and (label := _find(kind, (_word(name), *pieces))):
        return label, ""
    words = tuple(_word(text) for text in types)
    label = _find(kind, words) or OTHER
    if name and _word(name) not in _PLAIN and _word(name.rstrip("0123456789")) not in _PLAIN:
        return label, name
    known = _PLAIN.union(*WORDS[kind].values())
    strange = [text for text, word in zip(types, words, strict=True) if word and word not in known]
    return label, "" if label != OTHER or not strange else strange[0]


def plain_label(custom: str) -> str:
    """Take Apple's marks off a label."""
    before, after = _BUILT_IN
    return custom.strip().removeprefix(before).removesuffix(after).strip()


def _word(text: str) -> str:
    return text.strip().upper().removeprefix("X-").replace(" ", "")


def _find(kind: str, words: tuple[str, ...]) -> str:
    for label, known in WORDS[kind].items():
        if not known.isdisjoint(words):
            return label
    return ""
