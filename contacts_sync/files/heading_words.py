"""The words by which headings of tables say what a column holds, in the languages of Europe.

Written without accents and in small letters, as `plain` gives them. Of several fields that a
heading names, the one that stands first here counts: "E-mail address" is an e-mail.
"""

from __future__ import annotations

import re
import unicodedata

_WORD = re.compile(r"[^\W_]+")


def plain(heading: str) -> str:
    """Give the words of a heading: small letters, no accents, CamelCase and signs taken apart."""
    text = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", heading[:200]).casefold().replace("e-mail", "email")
    text = unicodedata.normalize("NFKD", text.replace("ł", "l").replace("ø", "o"))
    text = "".join(sign for sign in text if not unicodedata.combining(sign))
    return " ".join(_WORD.findall(text))


def _phrases(text: str) -> tuple[str, ...]:
    phrases = [plain(phrase) for phrase in text.split(",")]
    return tuple(sorted(phrases, key=lambda phrase: -len(phrase)))


FIELDS: dict[str, tuple[str, ...]] = {
    name: _phrases(text)
    for name, text in {
        "none": """notes, note, notizen, notiz, bemerkung, bemerkungen, remarks, comment, comments,
            kommentar, commentaires, remarques, notas, nickname, spitzname, surnom, photo, bild,
            gender, geschlecht, sexe, sexo, category, categories, kategorie, kategorien, tags,
            labels, groups, gruppen, id, uid, uuid, nr, created, updated, modified, erstellt,
            geandert, last contact, connected on, email type, email display name, initials, email
            opt out, status, kundennummer, client number, matter, spouse, assistant""",
        "emails": """email, emails, mail, mails, email address, mail address, mailadresse, emailadresse,
            courriel, adresse de messagerie, messagerie, correo, correo electronico, posta
            elettronica, indirizzo email, emailadres, epost, eposta, почта, эл почта""",
        "fax": "fax, telefax, telecopie, faks, faxnummer, fax number, факс",
        "pager": "pager, beeper, cercapersone",
        "skype": "skype, skype name, skype id",
        "mobile": """mobile, mobile phone, cell, cell phone, cellphone, cellular, handy, handynummer,
            mobil, mobiltelefon, mobilnummer, natel, portable, telephone portable, tel portable,
            movil, telefono movil, celular, cellulare, telemovel, mobiel, gsm, komorka, telefon
            komorkowy, мобильный""",
        "phones": """phone, phones, phone number, telephone, telephone number, tel, tel nr, telefon,
            telefonnummer, rufnummer, festnetz, durchwahl, telefono, telefone, telefoon,
            telefoonnummer, landline, direct, direct line, direct dial, телефон, numero de telephone,
            main, switchboard, 電話""",
        "messengers": "messenger, im, im address, instant messenger, whatsapp, telegram, signal, chat",
        "websites": """website, websites, web site, web page, webpage, homepage, url, web, www,
            webseite, site web, site internet, sitio web, pagina web, sito, sito web, linkedin,
            internet, сайт""",
        "postal_code": """postal code, postcode, post code, zip, zip code, zipcode, plz, postleitzahl,
            code postal, cp, codigo postal, cap, cep, kod pocztowy, postnummer, psc, индекс""",
        "city": """city, town, city town, ort, stadt, wohnort, ville, commune, localite, ciudad,
            poblacion, localidad, citta, comune, plaats, woonplaats, cidade, miasto, by, stad,
            locality, suburb, город""",
        "region": """state, province, region, county, state province, bundesland, kanton, departement,
            dep region, provincia, estado, provincie, wojewodztwo, territory, область""",
        "country": """country, country region, land, land region, pays, pays region, pais, paese,
            nazione, nation, kraj, страна""",
        "birthday": """birthday, birthdate, birth date, date of birth, dob, born, bday, geburtstag,
            geburtsdatum, geb, date de naissance, naissance, fecha de nacimiento, nacimiento,
            cumpleanos, data di nascita, compleanno, geboortedatum, data de nascimento, data
            urodzenia, urodziny, fodselsdag, дата рождения""",
        "street": """street, street address, address, address line, address 1, address 2, addr,
            strasse, str, anschrift, adresse, adresszeile, hausnummer, house number, postfach, po
            box, rue, calle, direccion, via, indirizzo, straat, adres, rua, endereco, morada, ulica,
            gate, gata, улица, адрес, suite, unit, line 1, line 2, mailing address, postal address,
            rechnungsadresse, lieferadresse, dom i ulica""",
        "first_name": """first name, firstname, given name, givenname, forename, christian name,
            vorname, vornamen, rufname, prenom, nombre, nombre de pila, nome, voornaam, primeiro
            nome, imie, fornavn, fornamn, etunimi, имя, first, given, 名""",
        "middle_name": """middle name, middlename, middle names, middle initial, additional name,
            second name, 2 vorname, weitere vornamen, zweiter vorname, mittelname, deuxieme prenom,
            segundo nombre, secondo nome, tussenvoegsel, drugie imie, отчество, middle""",
        "last_name": """last name, lastname, surname, family name, familyname, nachname, familienname,
            zuname, nom, nom de famille, apellido, apellidos, cognome, achternaam, sobrenome,
            apelido, nazwisko, efternavn, etternavn, efternamn, sukunimi, фамилия, last, family, 姓""",
        "suffix": "suffix, name suffix, namenszusatz, suffixe, sufijo, suffisso, sufijos",
        "job_title": """job title, jobtitle, position, role, occupation, profession, beruf, funktion,
            stellung, stelle, poste, fonction, cargo, puesto, ruolo, posizione, qualifica, functie,
            stanowisko, должность, job""",
        "prefix": """prefix, name prefix, salutation, honorific, anrede, titel, akademischer titel,
            civilite, tratamiento, titolo, aanhef, title, titre, titulo, tytul""",
        "department": """department, dept, division, abteilung, service, departamento, reparto,
            afdeling, dzial, отдел""",
        "company": """company, company name, organization, organisation, organization name,
            organisation name, firm, firm name, law firm, business name, business, employer, firma,
            firmenname, unternehmen, kanzlei, societe, entreprise, empresa, compania, azienda,
            societa, bedrijf, bedrijfsnaam, organisatie, employeur, account name, компания, 会社""",
        "name": """name, full name, fullname, display name, contact, contact name, client, client name,
            person, klient, mandantin, kunde, kundenname, vollstandiger name, anzeigename, ansprechpartner, kontakt, mandant, nom complet,
            nom prenom, nom et prenom, nombre completo, nombre y apellidos, nome completo, nome e
            cognome, naam, imie i nazwisko, navn, namn, фио, 氏名""",
    }.items()
}

LABELS: dict[str, tuple[str, ...]] = {
    "Work": _phrases(
        """work, business, office, company, professional, geschaftlich, dienstlich, buro, arbeit,
        firma, bureau, travail, pro, professionnel, professionnelle, trabajo, oficina, lavoro, ufficio,
        uff, zakelijk, werk, trabalho, sluzbowy, sluzbowa, рабочий, job"""
    ),
    "Home": _phrases(
        """home, private, personal, privat, residential, domicile, perso, personnel, personnelle,
        casa, domicilio, particular, abitazione, ab, thuis, prive, prywatny, prywatna, домашний"""
    ),
    "Billing": _phrases("billing, invoice, rechnung, rechnungsadresse, facturation, fatturazione"),
    "Other": _phrases(
        "other, weitere, weiterer, andere, sonstige, autre, otro, otra, altro, altra"
    ),
}
