"""Encodings as files come: with and without a mark, rightly and wrongly declared."""

from __future__ import annotations

import codecs

import pytest

from contacts_sync.files import charset, read, text, vcard

NAMES = [
    ("Świętosława Łęcka", "cp1250"),
    ("Jiří Novák, Růžena Černá", "cp1250"),
    ("Søren Bækkegård", "cp1252"),
    ("Hélène Lefèvre", "cp1252"),
    ("Jürgen Müller-Lüdenscheidt", "cp1252"),
    ("Peña Ibáñez; João Conceição", "cp1252"),
    ("Größe ÄÄÄÄÄÄ ääääää ÖÖÖÖÖÖ ßßßßßß", "cp1252"),
    ("O’Connor – “friend”", "cp1252"),
    ("Иван Образцов", "cp1251"),
    ("Москва, ул. Ленина", "cp1251"),
    ("見本 太郎", "cp932"),
    ("さくら,髙橋", "cp932"),
    ("カタカナ", "cp932"),
]
HEADING = "First Name,Last Name,E-mail Address,Company\r\n"


@pytest.mark.parametrize(("name", "codec"), NAMES)
def test_a_code_page_is_guessed_by_what_looks_like_words(name, codec):
    assert charset.guess(name.encode(codec)) == codec


def test_a_name_that_could_be_of_two_pages_is_western():
    assert charset.guess("Dvořák".encode("cp1250")) == "cp1252"


@pytest.mark.parametrize(("name", "codec"), NAMES)
def test_a_table_in_a_code_page_is_read_in_it(name, codec):
    row = f'Anna,"{name}",a@x.example,\r\n'

    (draft,) = read("x.csv", (HEADING + row * 1).encode(codec))

    assert draft.scalars["last_name"] == name


@pytest.mark.parametrize(
    "codec", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]
)
@pytest.mark.parametrize("name", ["Groß", "Иван", "見本", "\U0001f393"])
def test_unicode_is_read_in_every_form(name, codec):
    row = f"Anna,{name},a@x.example,{name}\r\n"

    (draft,) = read("x.csv", (HEADING + row).encode(codec))

    assert (draft.scalars["last_name"], draft.unread) == (name, ())


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
def test_utf16_without_a_mark_is_seen_at_the_separators_of_any_script(codec):
    data = "Имя;Фамилия;Телефон\r\nИван;Образцов;1\r\n".encode(codec)

    assert text.plain_bytes(data).decode() == data.decode(codec)


def test_a_stray_zero_does_not_make_utf16():
    data = b"First Name,E-mail Address\r\nA\x00nna,a@x.example\r\n"

    assert text.plain_bytes(data) == data


@pytest.mark.parametrize(("name", "codec"), NAMES)
def test_a_card_without_a_charset_is_guessed_by_all_of_its_lines(name, codec):
    data = b"BEGIN:VCARD\nVERSION:2.1\nTITLE:X\nORG:%s\nEND:VCARD\n"

    (draft,) = vcard.read(data % name.replace(";", " ").encode(codec))

    assert draft.scalars["name"] == name.replace(";", " ")


def test_a_card_that_says_latin_1_and_means_windows_is_read_as_windows():
    data = b"BEGIN:VCARD\nVERSION:2.1\nN;CHARSET=ISO-8859-1:O\x92Connor\nEND:VCARD\n"

    (draft,) = vcard.read(data)

    assert draft.scalars == {"last_name": "O’Connor"}


def test_a_few_broken_bytes_leave_a_file_in_utf8():
    data = (HEADING + "Zoé,Côté,a@x.example,Château\r\n" * 5).encode() + b"A,\xc3(,b@x.example,\r\n"

    *good, broken = read("x.csv", data)

    assert good[0].scalars["last_name"] == "Côté"
    assert "some bytes are no text" in broken.unread[-1].why


def test_utf8_is_told_without_holding_its_text():
    assert charset.is_utf8("é".encode() * (1 << 20))
    assert not charset.is_utf8("é".encode() * 10 + b"\xc3")
    assert not charset.is_utf8(codecs.BOM_UTF16_LE)
