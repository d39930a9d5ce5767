"""German: every marked text is translated, the compiled file is fresh, and no page mixes languages."""

from __future__ import annotations

import gettext
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command

from tests.pages.conftest import admin_pages, settings_pages

ROOT = Path(__file__).parents[2]
GERMAN = ROOT / "locale" / "de" / "LC_MESSAGES"
RENEW = "run manage.py makemessages -l de --no-location, translate, and compilemessages"
ICON = re.compile(r"<span[^>]*material-symbols[^>]*>[^<]*</span>")
ENTRY = re.compile(r'^(msgid|msgid_plural|msgstr|msgstr\[\d\]) ((?:"(?:[^"\\]|\\.)*"\n?)+)', re.M)


def entries(path):
    """Read a file of texts: the English ones, each with all its translations."""
    found, english = {}, ""
    for key, quoted in ENTRY.findall(path.read_text()):
        text = "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', quoted))
        if key == "msgid":
            english, found[text] = text, []
        elif key.startswith("msgstr"):
            found[english].append(text)
    found.pop("")
    return found


def test_every_text_is_translated():
    untranslated = [text for text, said in entries(GERMAN / "django.po").items() if not all(said)]

    assert untranslated == []
    assert "fuzzy" not in (GERMAN / "django.po").read_text()


def test_no_translation_loses_what_is_filled_in():
    names = re.compile(r"%\(\w+\)[sd]|%d|\{\w+\}")
    wrong = [
        text
        for text, said in entries(GERMAN / "django.po").items()
        if any(set(names.findall(one)) != set(names.findall(text)) for one in said)
    ]

    assert wrong == []


def test_what_is_served_is_what_is_written():
    with (GERMAN / "django.mo").open("rb") as compiled:
        catalog = gettext.GNUTranslations(compiled)._catalog
    served = {
        (key if isinstance(key, str) else key[0]).replace("\n", "\\n") for key in catalog if key
    }
    written = {text.replace('\\"', '"') for text in entries(GERMAN / "django.po")}

    assert served == written, RENEW


@pytest.mark.skipif(not shutil.which("xgettext"), reason="needs gettext: apt-get install gettext")
def test_no_text_is_missing(tmp_path, monkeypatch):
    """Collect the texts anew, beside the code and not in it."""
    for name in ("contacts_sync", "templates"):
        leave = shutil.ignore_patterns("__pycache__", "static", "simulator")
        shutil.copytree(ROOT / name, tmp_path / name, ignore=leave)
    (tmp_path / "locale").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(settings, "LOCALE_PATHS", [])

    call_command("makemessages", locale=["de"], no_location=True, verbosity=0)

    fresh = entries(tmp_path / "locale" / "de" / "LC_MESSAGES" / "django.po")
    assert set(fresh) - set(entries(GERMAN / "django.po")) == set(), RENEW


class Words(HTMLParser):
    """The texts that a reader of a page sees or hears."""

    SILENT = {"script", "style", "code"}
    SPOKEN = ("title", "placeholder", "aria-label", "alt")

    def __init__(self, html):
        super().__init__()
        self.found, self.depth = set(), 0
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.depth += tag in self.SILENT
        self.found |= {value for name, value in attrs if name in self.SPOKEN and value}

    def handle_endtag(self, tag):
        self.depth -= tag in self.SILENT

    def handle_data(self, data):
        if not self.depth and data.strip():
            self.found.add(" ".join(data.split()))


def english_on(html):
    """Find marked texts that stand on a German page in English."""
    known = {
        text
        for text, said in entries(GERMAN / "django.po").items()
        if "%" not in text and "{" not in text and said[0] != text
    }
    both = {one for said in entries(GERMAN / "django.po").values() for one in said}
    return {text for text in Words(ICON.sub("", html)).found if text in known and text not in both}


@pytest.mark.django_db
def test_no_german_page_says_anything_in_english(firm, client):
    pages = [*settings_pages(firm), *(("root", path) for path in admin_pages(firm))]
    mixed = {}
    for person, path in pages:
        client.force_login(firm.people[person])
        answer = client.get(path, headers={"accept-language": "de"}, follow=True)
        page = answer.content.decode()
        assert '<html lang="de"' in page, path
        mixed[path] = english_on(page)

    assert {path: found for path, found in mixed.items() if found} == {}


@pytest.mark.django_db
def test_the_browser_chooses_the_language(client):
    german = client.get("/accounts/login/", headers={"accept-language": "de-AT,de;q=0.9"})
    other = client.get("/accounts/login/", headers={"accept-language": "fr"})

    assert "Anmelden" in german.content.decode()
    assert "Sign in" in other.content.decode()
