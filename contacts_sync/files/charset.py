"""Guessing the code page of bytes that do not say theirs, or say a wrong one.

UTF-8 proves itself. What it is not was written by a Windows program in the code page of its
machine: Western (1252), Central European (1250), Cyrillic (1251), or Japanese (932).
"""

from __future__ import annotations

import codecs
import re
from itertools import groupby, islice

WESTERN, CENTRAL, CYRILLIC, JAPANESE = "cp1252", "cp1250", "cp1251", "cp932"
TITLES = {
    WESTERN: "Windows-1252",
    CENTRAL: "Windows-1250",
    CYRILLIC: "Windows-1251",
    JAPANESE: "Shift-JIS",
}

_WORD = re.compile(rb"[^\s,;:\"<>()=]{0,40}[\x80-\xff][^\s,;:\"<>()=]{0,40}")
_BESIDE = re.compile(r"[A-Za-z][\u3041-\u9fff]|[\u3041-\u9fff](?=[a-z])")
_SAMPLE = 5_000
_CHUNK = 1 << 20

# Letters that tell the two Latin pages apart. Most of them share their bytes (è is č, ø is ř);
# a text of one language has some that the other page makes a symbol or a rare letter.
_WESTERN_LETTERS = frozenset("àèêñòõøùûæåãïœÿìÀÈÊÑÒÕØÙÛÆÅÃÏŒÌ")
_CENTRAL_LETTERS = frozenset("čěřůňąęćńśźżłőűšžýťľČĚŘŮŇĄĘĆŃŚŹŻŁŐŰŠŽÝŤĽ")
_IN_WORDS = frozenset("’‘'´`·-‐–.&/")


def guess(raw: bytes) -> str:
    """Give the code page in which the words of a text look most like words."""
    sample = b" ".join(match[0] for match in islice(_WORD.finditer(raw), _SAMPLE))
    if _is_japanese(sample):
        return JAPANESE
    scores = {codec: _score(sample, codec) for codec in (WESTERN, CENTRAL, CYRILLIC)}
    return max(scores, key=lambda codec: scores[codec])  # the first of equals: Western


def is_utf8(data: bytes) -> bool:
    """Say whether bytes are UTF-8, without holding their text."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for start in range(0, len(data), _CHUNK):
            decoder.decode(data[start : start + _CHUNK])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def words_of(data: bytes, most: int = _SAMPLE) -> bytes:
    """Give the first words that hold bytes above 127: enough to guess by."""
    return b" ".join(match[0] for match in islice(_WORD.finditer(data), most))


def _is_japanese(sample: bytes) -> bool:
    try:
        text = sample.decode(JAPANESE)
    except UnicodeDecodeError:
        return False
    strange = [sign for sign in text if sign > "\x7f"]
    good = sum(_is_kana_or_kanji(sign) for sign in strange)
    runs = [len(list(run)) for full, run in groupby(text, _is_kana_or_kanji) if full]
    beside = len(_BESIDE.findall(text))
    return good > 1 and good >= 0.8 * len(strange) and good >= 1.5 * len(runs) + beside


def _is_kana_or_kanji(sign: str) -> bool:
    return "\u3040" <= sign <= "\u30ff" or "\u4e00" <= sign <= "\u9fff" or sign in "々〆ー・"


def _score(sample: bytes, codec: str) -> int:
    return sum(_word_score(word, codec) for word in sample.decode(codec, "replace").split())


def _word_score(word: str, codec: str) -> int:
    score = 0
    for before, sign, after in zip(f" {word}", word, f"{word[1:]} ", strict=False):
        if sign < "\x80":
            continue
        inside = before.isalpha() and after.isalpha()
        if not sign.isalpha() or sign in "ªº":
            score -= 3 if sign not in _IN_WORDS and (inside or sign < "\xa0") else 0
        elif before.islower() and sign.isupper():
            score -= 2
        score += _letter_score(sign, codec)
    strange = len({sign.casefold() for sign in word if sign.isalpha() and sign > "\x7f"})
    if codec == CYRILLIC:
        latin = any(sign.isascii() and sign.isalpha() for sign in word)
        return score - 3 * strange if latin else score + (strange > 2)
    return score - strange if strange > 2 and strange > 0.6 * len(word) else score


def _letter_score(sign: str, codec: str) -> int:
    if codec == CYRILLIC:
        return 0
    return int(sign in (_WESTERN_LETTERS if codec == WESTERN else _CENTRAL_LETTERS))
