"""Outlook's desktop table with the headings of other languages.

Outlook writes its headings in its own language, and reads no others. The first 48 columns stand in
the order of the English ones; the rest are sorted by the alphabet of the language. French has
“Titre” twice: the first is the form of address, the second the job title.
"""

from __future__ import annotations

from contacts_sync.files.outlook_tables import OUTLOOK, ROLES
from contacts_sync.files.table import Column, Dialect, NoField

_SHARED = [column.heading for column in OUTLOOK.columns[:48]]

_GERMAN = """Anrede|Vorname|Weitere Vornamen|Nachname|Suffix|Firma|Abteilung|Position|
Straße geschäftlich|Straße geschäftlich 2|Straße geschäftlich 3|Ort geschäftlich|
Region geschäftlich|Postleitzahl geschäftlich|Land/Region geschäftlich|Straße privat|
Straße privat 2|Straße privat 3|Ort privat|Bundesland/Kanton privat|Postleitzahl privat|
Land/Region privat|Weitere Straße|Weitere Straße 2|Weitere Straße 3|Weiterer Ort|
Weiteres/r Bundesland/Kanton|Weitere Postleitzahl|Weiteres/e Land/Region|Telefon Assistent|
Fax geschäftlich|Telefon geschäftlich|Telefon geschäftlich 2|Rückmeldung|Autotelefon|Telefon Firma|
Fax privat|Telefon (privat)|Telefon (privat 2)|ISDN|Mobiltelefon|Weiteres Fax|Weiteres Telefon|
Pager|Haupttelefon|Mobiltelefon 2|Telefon für Hörbehinderte|Telex"""
_GERMAN_REST = {
    "E-mail Address": "E-Mail-Adresse",
    "E-mail Type": "E-Mail-Typ",
    "E-mail Display Name": "E-Mail: Angezeigter Name",
    "E-mail 2 Address": "E-Mail 2: Adresse",
    "E-mail 2 Type": "E-Mail 2: Typ",
    "E-mail 2 Display Name": "E-Mail 2: Angezeigter Name",
    "E-mail 3 Address": "E-Mail 3: Adresse",
    "E-mail 3 Type": "E-Mail 3: Typ",
    "E-mail 3 Display Name": "E-Mail 3: Angezeigter Name",
    "Birthday": "Geburtstag",
    "Anniversary": "Jahrestag",
    "Gender": "Geschlecht",
    "Initials": "Initialen",
    "Notes": "Notizen",
    "Business Address PO Box": "Postfach geschäftlich",
    "Home Address PO Box": "Postfach privat",
    "Other Address PO Box": "Weiteres Postfach",
    "Priority": "Priorität",
    "Private": "Privat",
    "Sensitivity": "Vertraulichkeit",
    "Web Page": "Webseite",
}
_GERMAN_NO_FIELD = """Abrechnungsinformation|Assistent(in)|Benutzer 1|Benutzer 2|Benutzer 3|
Benutzer 4|Beruf|Büro|Empfohlen von|Hobby|Internet Frei/Gebucht|Internet-Frei/Gebucht|Kategorien|
Kinder|Konto|Name Assistent|Name des/r Vorgesetzten|Name des/der Vorgesetzten|Organisationsnr.|
Organisations-Nr.|Ort|Partner/in|Partner|Postfach|Regierungsnr.|Regierungs-Nr.|Reisekilometer|
Sozialversicherungsnr.|Sprache|Stichwörter|Verzeichnisserver"""

_FRENCH = """Titre|Prénom|Deuxième prénom|Nom|Suffixe|Société|Service|Titre|
Rue (bureau)|Rue (bureau) 2|Rue (bureau) 3|Ville (bureau)|Dép/Région (bureau)|
Code postal (bureau)|Pays/Région (bureau)|Rue (domicile)|Rue (domicile) 2|Rue (domicile) 3|
Ville (domicile)|Dép/Région (domicile)|Code postal (domicile)|Pays/Région (domicile)|Rue (autre)|
Rue (autre) 2|Rue (autre) 3|Ville (autre)|Dép/Région (autre)|Code postal (autre)|
Pays/Région (autre)|Téléphone de l'assistant(e)|Télécopie (bureau)|Téléphone (bureau)|
Téléphone 2 (bureau)|Rappel|Téléphone (voiture)|Téléphone société|Télécopie (domicile)|
Téléphone (domicile)|Téléphone 2 (domicile)|RNIS|Tél. mobile|Télécopie (autre)|Téléphone (autre)|
Récepteur de radiomessagerie|Téléphone principal|Radio téléphone|Téléphone TDD/TTY|Télex"""
_FRENCH_REST = {
    "E-mail Address": "Adresse de messagerie",
    "E-mail Type": "Type de messagerie",
    "E-mail Display Name": "Nom complet de l'adresse de messagerie",
    "E-mail 2 Address": "Adresse de messagerie 2",
    "E-mail 2 Type": "Type de messagerie 2",
    "E-mail 2 Display Name": "Nom complet de l'adresse de messagerie 2",
    "E-mail 3 Address": "Adresse de messagerie 3",
    "E-mail 3 Type": "Type de messagerie 3",
    "E-mail 3 Display Name": "Nom complet de l'adresse de messagerie 3",
    "Birthday": "Anniversaire",
    "Anniversary": "Anniversaire de mariage ou fête",
    "Gender": "Sexe",
    "Initials": "Initiales",
    "Notes": "Notes",
    "Business Address PO Box": "B.P. professionnelle",
    "Home Address PO Box": "Boîte postale du domicile",
    "Other Address PO Box": "Autre boîte postale",
    "Priority": "Priorité",
    "Private": "Privé",
    "Sensitivity": "Critère de diffusion",
    "Web Page": "Page Web",
}
_FRENCH_NO_FIELD = """Bureau|Catégories|Code gouvernement|Compte|Conjoint(e)|
Disponibilité Internet|Emplacement|Enfants|Informations facturation|Kilométrage|Langue|Mots clés|
Nom de l'assistant(e)|Numéro d'identification de l'organisation|Passe-temps|Profession|
Recommandé par|Responsable|Serveur d'annuaire|Surnom|Utilisateur 1|Utilisateur 2|Utilisateur 3|
Utilisateur 4"""

_ITALIAN = """Titolo|Nome|Secondo nome|Cognome|Titolo straniero|Società|Reparto|Posizione|Via (uff.)|
Via (uff.) 2|Via (uff.) 3|Città (uff.)|Provincia (uff.)|CAP (uff.)|Paese/area geografica (uff.)|
Via (ab.)|Via (ab.) 2|Via (ab.) 3|Città (ab.)|Provincia (ab.)|CAP (ab.)|
Paese/area geografica (ab.)|Altra via|Altra via 2|Altra via 3|Altra città|Altra provincia|Altro CAP|
Altro paese/area geografica|Telefono assistente|Fax (uff.)|Ufficio|Ufficio 2|
Richiamata automatica|Telefono auto|Telefono principale società|Fax (ab.)|Abitazione|Abitazione 2|
ISDN|Cellulare|Altro fax|Altro telefono|Cercapersone|Telefono principale|Radiotelefono|
Telefono TTY/TDD|Telex"""
_ITALIAN_REST = {
    "E-mail Address": "Indirizzo posta elettronica",
    "E-mail Type": "Tipo posta elettronica",
    "E-mail Display Name": "Nome visualizzato posta elettronica",
    "E-mail 2 Address": "Indirizzo posta elettronica 2",
    "E-mail 2 Type": "Tipo posta elettronica 2",
    "E-mail 2 Display Name": "Nome visualizzato posta elettronica 2",
    "E-mail 3 Address": "Indirizzo posta elettronica 3",
    "E-mail 3 Type": "Tipo posta elettronica 3",
    "E-mail 3 Display Name": "Nome visualizzato posta elettronica 3",
    "Birthday": "Compleanno",
    "Anniversary": "Anniversario",
    "Gender": "Sesso",
    "Initials": "Iniziali",
    "Notes": "Notes",
    "Business Address PO Box": "Indirizzo (uff.) - Casella postale",
    "Home Address PO Box": "Indirizzo (ab.) - Casella postale",
    "Other Address PO Box": "Altro indirizzo - Casella postale",
    "Priority": "Priorità",
    "Private": "Privato",
    "Sensitivity": "Riservatezza",
    "Web Page": "Pagina Web",
}
_ITALIAN_NO_FIELD = """Account|Categorie|Cod. Fisc./P. IVA|Dati fatturazione|
Disponibilità Internet|Figli|Hobby|Indennità trasferta|Lingua|Luogo|Nome assistente|
Nome coniuge/partner|Nome manager|Numero ID organizzativo|Parole chiave|Presentato da|Professione|
Server di directory|Ubicazione ufficio|Utente 1|Utente 2|Utente 3|Utente 4"""

# An alias is another version's spelling of a heading.
_ALIASES = {
    "Telefon (privat)": ("Telefon privat",),
    "Telefon (privat 2)": ("Telefon (privat) 2", "Telefon privat 2"),
    "Land/Region geschäftlich": ("Land geschäftlich",),
    "Land/Region privat": ("Land privat",),
    "Bundesland/Kanton privat": ("Region privat",),
    "Weiteres/e Land/Region": ("Weiteres Land",),
    "Weiteres/r Bundesland/Kanton": ("Weitere Region",),
    "Pays/Région (bureau)": ("Pays (bureau)",),
    "Pays/Région (domicile)": ("Pays (domicile)",),
    "Pays/Région (autre)": ("Pays (autre)",),
    "Notes": ("Note",),
}


def _names(headings: str) -> list[str]:
    return headings.replace("|\n", "|").split("|")


def _dialect(language: str, shared: str, rest: dict[str, str], no_field: str) -> Dialect:
    pairs = [*zip(_SHARED, _names(shared), strict=True), *rest.items()]
    columns = [
        Column(local, ROLES.get(english, NoField()), _ALIASES.get(local, ()))
        for english, local in pairs
    ]
    columns += [Column(local, NoField()) for local in _names(no_field)]
    marked = ("E-mail", "Business")
    marks = frozenset(local for english, local in pairs if english.startswith(marked))
    name = f"outlook-csv-{language.lower()}"
    return Dialect(name, f"Outlook CSV ({language})", tuple(columns), marks, "%d.%m.%Y")


DIALECTS = (
    _dialect("German", _GERMAN, _GERMAN_REST, _GERMAN_NO_FIELD),
    _dialect("French", _FRENCH, _FRENCH_REST, _FRENCH_NO_FIELD),
    _dialect("Italian", _ITALIAN, _ITALIAN_REST, _ITALIAN_NO_FIELD),
)
