"""import_contacts: creates what is new, and says of everything else why not."""

from __future__ import annotations

import pytest

from contacts_sync import importing
from contacts_sync.importing import reading
from contacts_sync.models import Contact, SyncChange
from tests.scenarios.worlds import person, values

ANNA = """BEGIN:VCARD
VERSION:3.0
N:Ash;Anna;;Dr.;
FN:Dr. Anna Ash
EMAIL;TYPE=WORK;TYPE=PREF:anna@example.com
TEL;TYPE=CELL:+1 212 555 0101
ORG:Ash Ltd
NOTE:Likes tea
END:VCARD
"""


def card(first, last, *lines, company=""):
    org = f"ORG:{company}\n" if company else ""
    more = "".join(f"{line}\n" for line in lines)
    return (
        f"BEGIN:VCARD\nVERSION:3.0\nN:{last};{first};;;\nFN:{first} {last}\n{org}{more}END:VCARD\n"
    )


@pytest.fixture
def read_in(tmp_path, command, db):
    """Import a text as a file; gives the exit code, and what was said."""

    def run(text, *arguments, name="people.vcf"):
        path = tmp_path / name
        path.write_text(text)
        code, out, err = command("import_contacts", str(path), *arguments)
        return code, out + err

    return run


def test_a_card_becomes_a_contact_with_its_values_and_a_record(read_in):
    code, said = read_in(ANNA)

    contact = Contact.objects.get(kind="person")
    assert code == 0
    assert (contact.prefix, contact.first_name, contact.last_name) == ("Dr.", "Anna", "Ash")
    assert contact.company.name == "Ash Ltd"
    assert contact.company.from_company_name
    assert values(contact, "emails") == [("Work", "anna@example.com", True)]
    assert values(contact, "phones") == [("Mobile", "+1 212 555 0101", False)]
    assert contact.revision > 0
    change = SyncChange.objects.get(contact=contact)
    assert (change.action, change.side, change.status) == ("add", "here", "done")
    assert change.reason == "imported from people.vcf"
    assert change.after["emails"] == [["Work", "anna@example.com", True]]
    assert SyncChange.objects.filter(contact=contact.company).count() == 1
    assert "vCard: 1 added, 0 already there, 0 not readable." in said


def test_what_the_list_has_no_field_for_is_said(read_in):
    _code, said = read_in(ANNA)

    assert "card 1 (line 1): Dr. Anna Ash: Note “" in said


def test_a_full_match_is_left_as_it_is(read_in):
    contact = person("Anna", "Ash", ["ANNA@example.com"], job_title="Judge")

    code, said = read_in(ANNA)

    assert code == 0
    assert Contact.objects.get() == contact
    assert values(contact, "phones") == []
    assert "already there, as Anna Ash" in said


def test_a_match_in_the_trash_is_none(read_in):
    person("Anna", "Ash", ["anna@example.com"]).delete()

    read_in(ANNA)

    assert Contact.objects.alive().filter(first_name="Anna").count() == 1


def test_a_file_may_be_imported_twice(read_in):
    text = ANNA + card("Ben", "Birch", "TEL:212-555-0102") + card("Cora", "Cole")

    first, second = read_in(text), read_in(text)

    assert "3 added, 0 already there" in first[1]
    assert "0 added, 3 already there" in second[1]


def test_somebody_without_an_e_mail_who_says_something_new_is_new(read_in):
    person("Ben", "Birch", phones=["212-555-0102"])

    _code, said = read_in(card("Ben", "Birch", "TEL:212-555-0199"))

    assert Contact.objects.count() == 2
    assert "new, and looks like Ben Birch (same name)" in said


def test_look_alikes_are_created_and_named(read_in):
    person("Helena", "Marsh", ["Helena@Example.org"])
    person("Robert", "Yates", phones=["(212) 555-0131"])

    _code, said = read_in(
        card("Helena", "Brandt", "EMAIL:helena@example.org")
        + card("Bob", "Yates", "TEL:+1 212 555 0131")
        + card("Nobody", "Else", "EMAIL:nobody@example.com")
    )

    assert "Helena Brandt: new, and looks like Helena Marsh (same e-mail)" in said
    assert "Bob Yates: new, and looks like Robert Yates (same phone and last name)" in said
    assert "3 added (2 of them look like a contact that is there)" in said


@pytest.mark.parametrize(
    ("here", "there"),
    [
        (("Zoë", "Müller", "ZOË@exämple.org"), ("Zoe\u0308", "Mu\u0308ller", "zoë@EXÄMPLE.ORG")),
        (("  Anna", "van  der Ash ", " anna@example.com"), ("Anna", "van der Ash", "anna@example.com")),
        (("王", "小明", "wang@example.com"), ("王", "小明", "Wang@example.com")),
    ],
)  # fmt: skip
def test_spellings_that_mean_the_same_match(read_in, here, there):
    first, last, mail = here
    person(first, last, [mail])
    first, last, mail = there

    _code, said = read_in(card(first, last, f"EMAIL:{mail}"))

    assert "0 added, 1 already there" in said


def test_the_same_card_twice_in_one_file_is_created_once(read_in):
    _code, said = read_in(ANNA + ANNA)

    assert Contact.objects.filter(kind="person").count() == 1
    assert "1 added, 1 already there" in said


def test_people_find_the_company_that_stands_behind_them_in_the_file(read_in):
    company = "BEGIN:VCARD\nVERSION:3.0\nFN:Ash Ltd\nORG:Ash Ltd\nX-ABShowAs:COMPANY\nTEL:212-555-0100\nEND:VCARD\n"

    read_in(ANNA + company)

    ash = Contact.objects.get(kind="company")
    assert not ash.from_company_name
    assert Contact.objects.get(kind="person").company == ash


def test_an_export_can_be_imported_again(read_in, command):
    person("Ben", "Birch", phones=["212-555-0102"])
    _code, exported, _err = command("export_contacts")
    Contact.objects.update(last_name="Birchwood")

    _code, said = read_in(exported)

    assert "0 added, 1 already there" in said


def test_a_dry_run_says_the_same_and_writes_nothing(read_in, monkeypatch):
    monkeypatch.setattr(reading, "CHUNK", 2)
    text = ANNA + card("Ben", "Birch", "TEL:212-555-0102") + ANNA + card("Ben", "Birch")

    _code, dry = read_in(text, "--dry-run")
    before = Contact.objects.count(), SyncChange.objects.count()
    _code, wet = read_in(text)

    assert before == (0, 0)
    assert dry.replace("would be added", "added") == wet


def test_a_card_that_is_none_is_listed_and_the_exit_code_says_so(read_in):
    code, said = read_in("BEGIN:VCARD\nVERSION:3.0\nFN:\nEND:VCARD\n" + ANNA)

    assert code == 2
    assert "card 1 (line 1): not read. The card holds nothing" in said
    assert "1 added, 0 already there, 1 not readable" in said


def test_an_outlook_csv_is_read(read_in):
    text = "First Name,Last Name,E-mail Address,Mobile Phone\r\nAnna,Ash,anna@example.com,212-555-0101\r\n"

    code, said = read_in(text, name="people.csv")

    assert code == 0
    assert Contact.objects.get().first_name == "Anna"
    assert "1 added" in said


def test_another_file_is_refused_with_a_sentence(read_in, command, db):
    code, said = read_in("Dear Anna,\n\nthis is a letter.\n", name="letter.txt")
    missing = command("import_contacts", "/nowhere/people.vcf")

    assert code == 1
    assert "letter.txt is no file of contacts that can be read." in said
    assert missing[0] == 1
    assert "cannot be read: No such file" in missing[2]


def test_a_large_file_is_read_with_few_queries(read_in, django_assert_max_num_queries):
    text = "".join(card(f"Anna {n}", "Ash", f"EMAIL:a{n}@example.com") for n in range(400))

    with django_assert_max_num_queries(40):
        read_in(text)

    assert Contact.objects.count() == 400


def test_who_imported_is_recorded(db, alice):
    drafts = [told.entry for told in importing.bring_in(lambda: [], reason="nothing")]

    assert drafts == []
    list(importing.bring_in(lambda: _draft(), reason="a file", actor=alice))
    assert SyncChange.objects.get().actor == alice


def _draft():
    from contacts_sync.files import Draft

    return [Draft("person", {"first_name": "Anna"})]


def test_a_table_of_an_unknown_kind_is_read_as_it_looks_if_one_says_so(read_in):
    text = "Vorname,Nachname,Private Mailadresse,Zimmer\r\nAnna,Ash,anna@example.com,12\r\n"

    refused = read_in(text, name="export.csv")
    dry = read_in(text, "--guess", "--dry-run", name="export.csv")
    wet = read_in(text, "--guess", name="export.csv")

    assert refused[0] == 1
    assert "With --guess its columns are read as they look:\n  Vorname: First name\n" in refused[1]
    assert "Table: 1 would be added" in dry[1]
    assert wet[0] == 0
    assert values(Contact.objects.get(first_name="Anna"), "emails")[0][1] == "anna@example.com"
