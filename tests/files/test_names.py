"""Names that a file gives as one text."""

from __future__ import annotations

import pytest

from contacts_sync.files import names


@pytest.mark.parametrize(
    "name",
    [
        "Example Ltd.", "Berg & Holm LLP", "Muster GmbH", "Müller Rechtsanwälte", "Exemple S.A.",
        "Eksempel A/S", "ООО «Пример»", "株式会社見本", "見本 株式会社", "A/S Eksempel", "Esempio S.p.A.",
        "Smith, Jones & Partners", "Example Inc. d/b/a Sample", "Kanzlei Groß", "Tremblay Notaires",
    ],
)  # fmt: skip
def test_a_company_shows_by_its_form(name):
    assert names.is_company_name(name)


@pytest.mark.parametrize(
    "name", ["Anna Berg", "João de Sa", "Ltd", "Corporation", "Mary Partner", "Kim Ng"]
)
def test_a_person_is_no_company(name):
    assert not names.is_company_name(name)


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("Anna Berg", {"first_name": "Anna", "last_name": "Berg"}),
        ("Cher", {"first_name": "Cher"}),
        ("見本 太郎", {"first_name": "太郎", "last_name": "見本"}),
    ],
)
def test_two_plain_words_and_one_are_no_doubt(name, parts):
    assert names.split_name(name) == (parts, ())


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("Berg, Anna", {"first_name": "Anna", "last_name": "Berg"}),
        ("Dr. Anna B. Berg", {"prefix": "Dr.", "first_name": "Anna", "middle_name": "B.", "last_name": "Berg"}),
        ("WANG Xiaoming", {"first_name": "Xiaoming", "last_name": "WANG"}),
        ("見本太郎", {"last_name": "見本太郎"}),
        ("김민준", {"last_name": "김민준"}),
        ("Ludwig van der Berg", {"first_name": "Ludwig", "last_name": "van der Berg"}),
    ],
)  # fmt: skip
def test_any_other_name_is_taken_apart_with_a_note(name, parts):
    found, notes = names.split_name(name)

    assert found == parts
    assert notes[0].why.startswith("is one text; it was split into")
