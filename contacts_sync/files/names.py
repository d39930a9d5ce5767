"""Names that a file gives as one text, taken apart.

Guessing is for imports, which a person looks at; a sync never does it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from nameparser import HumanName

from contacts_sync.contact import fold
from contacts_sync.files.draft import Unread, shorten


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_LEGAL_FORMS = _words(
    """ltd limited llc llp lp plc pllc inc incorporated corp corporation company gmbh ag kg kgaa ohg
    gbr mbb partg partgmbb sarl sas sasu eurl spa srl bv bvba sprl nv aps asa oyj pty kft zrt sro spzoo
    ltda partners associates solicitors barristers attorneys lawyers holdings foundation stiftung
    rechtsanwälte anwälte steuerberater notare notaires avocats abogados avvocati advocaten адвокаты"""
)
_SHORT_FORMS = _words("SA S.A. AB AS A/S Oy SE SL S.L. UG Co. S.C. e.V. eG e.K. KK K.K.")
"""Written like this they are forms; in small letters they are names too (de Sa)."""
_FORMS_BEFORE = _words("ООО ОАО ЗАО ПАО ИП A/S PT Kanzlei Anwaltskanzlei Étude Studio")
_FORMS_WITHIN = ("株式会社", "有限会社", "合同会社", "有限公司", "주식회사", " d/b/a ", " t/a ")
_EASTERN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_LONG = 300
_UNSURE = "is one text; it was split into “{}”, please check"


def is_company_name(text: str) -> bool:
    """Say whether a name has a company's legal form, or a firm's word, beside something else."""
    if any(form in text for form in _FORMS_WITHIN):
        return True
    words = text.replace(",", " ").split()
    if len(words) < 2:
        return False
    last = words[-1].strip("()")
    plain = last.casefold().replace(".", "")
    return plain in _LEGAL_FORMS or last in _SHORT_FORMS or words[0] in _FORMS_BEFORE


def split_name(text: str) -> tuple[dict[str, str], tuple[Unread, ...]]:
    """Take a name in one text apart; give the parts, and a note unless it was two plain words."""
    text = fold(text)
    if not text:
        return {}, ()
    if len(text) > _LONG:
        return {"last_name": text}, (
            Unread("Name", shorten(text), "is too long to be taken apart"),
        )
    parts = _surname_first(text) or _parse(text)
    if re.fullmatch(r"[^\W\d_]{2,} [^\W\d_]{2,}", text) and parts == _parse(text):
        return parts, ()
    if " " not in text and not _EASTERN.search(text):
        return parts, ()
    shown = " | ".join(parts.values())
    return parts, (Unread("Name", shorten(text), _UNSURE.format(shorten(shown))),)


def _surname_first(text: str) -> dict[str, str]:
    """Take a name apart whose writing shows that the surname stands first, or none at all.

    That is Chinese, Japanese and Korean script, and a first word in capitals: WANG Xiaoming.
    """
    words = text.split()
    if _EASTERN.search(text):
        if not all(_EASTERN.search(word) for word in words):
            return {}
        parts = {"last_name": words[0], "first_name": " ".join(words[1:])}
        return {name: part for name, part in parts.items() if part}
    marked = len(words) > 1 and len(words[0]) > 2 and words[0].isalpha() and words[0].isupper()
    if marked and not any(word.isupper() for word in words[1:]):
        return {"last_name": words[0], "first_name": " ".join(words[1:])}
    return {}


def _parse(text: str) -> dict[str, str]:
    if " " not in text:
        return {"first_name": text}
    name = HumanName(text)
    found = {
        "prefix": name.title,
        "first_name": name.first,
        "middle_name": name.middle,
        "last_name": name.last,
        "suffix": name.suffix,
    }
    parts = {part: fold(str(value)) for part, value in found.items() if fold(str(value))}
    # What the parser drops (a nickname in brackets) or makes a mere title must not be lost.
    named = parts.get("first_name") or parts.get("last_name")
    return parts if named and not adds_to(text, parts.values()) else {"last_name": text}


def adds_to(text: str, known: Iterable[str]) -> bool:
    """Say whether a text holds letters or digits that the known texts do not hold."""
    return bool(_signs(text) - _signs("".join(known)))


def _signs(text: str) -> Counter[str]:
    return Counter(sign for sign in text.casefold() if sign.isalnum())
