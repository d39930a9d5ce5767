"""Fuzz by coverage what strangers reach, for as long as one likes; what it finds becomes a named test.

    make fuzz                                                  each target, ten minutes
    python -m tests.security.fuzz vcard -max_total_time=600    one

Atheris is installed by `make fuzz` only, so that nobody needs it to run the tests. All words after the target are
libFuzzer's. It stops at the first input that breaks a promise, and writes it to a file `crash-…`.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any
from urllib.parse import quote

import atheris  # type: ignore[import-not-found,unused-ignore]

os.environ["DATABASE_URL"] = "sqlite://:memory:"
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"

with atheris.instrument_imports(
    include=["contacts_sync", "openpyxl", "allauth", "msal", "jwt", "quopri", "csv"]
):
    import django

    django.setup()

    from contacts_sync import files
    from contacts_sync.providers.microsoft365 import client, mapping
    from tests.security.test_fuzzing import SHEET, workbook

DATA = Path(__file__).parent.parent / "data"


def vcard(data: bytes) -> None:
    read("x.vcf", data)


def table(data: bytes) -> None:
    read("x.csv", data)


def xlsx(data: bytes) -> None:
    """Put the input where the sheet is: a zip's checksums would keep it out otherwise."""
    text = data.decode("utf-8", "replace")
    read("x.xlsx", workbook(text if text.startswith("<") else SHEET.format("", text)))


def any_file(data: bytes) -> None:
    read("x", data)


def read(name: str, data: bytes) -> None:
    """A file is read or refused with a sentence, and what is read can be stored."""
    try:
        for draft in files.read(name, data):
            keeps(draft)
    except files.Refused as refused:
        assert str(refused)
    except (files.NeedsMapping, files.UnknownFormat):
        pass


NAMES = [
    *("id", "@odata.etag", "@odata.type", "changeKey", "lastModifiedDateTime", "displayName", "fileAs"),
    *("givenName", "surname", "middleName", "title", "generation", "companyName", "jobTitle"),
    *("department", "birthday", "businessPhones", "homePhones", "mobilePhone", "emailAddresses"),
    *("imAddresses", "businessAddress", "homeAddress", "otherAddress", "businessHomePage"),
    *("parentFolderId", "singleValueExtendedProperties", "@removed", "address", "name", "value"),
    *("street", "city", "state", "postalCode", "countryOrRegion", "error", "code", "message"),
    *("status", "headers", "Retry-After", "body", "responses", "@odata.nextLink", "innerError"),
]  # fmt: skip


def graph(data: bytes) -> None:
    """A contact of any shape is read or skipped, and what is read can be stored."""
    source = atheris.FuzzedDataProvider(data)
    item = {
        source.PickValueInList(NAMES): some(source, 3)
        for _ in range(source.ConsumeIntInRange(0, 12))
    }
    keeps(mapping.read_contact(item))


def batch(data: bytes) -> None:
    """An answer to a batch of any shape is taken apart without an exception."""
    source = atheris.FuzzedDataProvider(data)
    body = {"responses": some(source, 4)}
    client._matched(body, source.ConsumeIntInRange(0, 20))


def some(source: Any, depth: int) -> Any:
    kind = source.ConsumeIntInRange(0, 8 if depth else 5)
    match kind:
        case 0:
            return None
        case 1:
            return source.ConsumeBool()
        case 2:
            return source.ConsumeInt(8)
        case 3:
            return source.ConsumeFloat()
        case 4 | 5:
            return source.ConsumeString(source.ConsumeIntInRange(0, 40))
        case 6:
            return [some(source, depth - 1) for _ in range(source.ConsumeIntInRange(0, 5))]
    return {
        source.PickValueInList(NAMES): some(source, depth - 1)
        for _ in range(source.ConsumeIntInRange(0, 6))
    }


def callback() -> Callable[[bytes], None]:
    """Nothing that comes back from a sign-in connects anybody, or breaks the page."""
    import pytest
    from django.core.management import call_command
    from django.test import Client
    from django.urls import reverse

    from contacts_sync.models import Connection
    from contacts_sync.simulator import Microsoft365
    from tests.security.flows import Microsoft
    from tests.security.people import everybody

    call_command("migrate", verbosity=0)
    Microsoft(Microsoft365(sleep=lambda seconds: None), pytest.MonkeyPatch())
    browser = Client()
    browser.force_login(everybody()["owner"])
    names = ["code", "state", "error", "error_description", "error_codes", "session_state", "nonce",
             "client_info", "id_token", "access_token", "admin_consent", "tenant", "claims"]  # fmt: skip

    def one(data: bytes) -> None:
        source = atheris.FuzzedDataProvider(data)
        away = browser.post(reverse("office365_authorize"))["Location"]
        pairs = [("state", away.partition("state=")[2].partition("&")[0])]
        for _ in range(source.ConsumeIntInRange(0, 8)):
            value = source.ConsumeBytes(source.ConsumeIntInRange(0, 60))
            pairs.insert(
                source.ConsumeIntInRange(0, 1), (source.PickValueInList(names), quote(value))
            )
        answer = browser.get(
            reverse("office365_callback") + "?" + "&".join("=".join(p) for p in pairs)
        )
        assert answer.status_code in (302, 400), answer.status_code
        assert not Connection.objects.exists()
        if answer.status_code == 302:
            assert browser.get(reverse("office365")).status_code == 200

    return one


def keeps(read: Any) -> None:
    text = json.dumps(asdict(read), default=str, ensure_ascii=False)
    assert "\\u0000" not in text
    text.encode()  # half a character cannot be


TARGETS = {one.__name__: one for one in (vcard, table, xlsx, any_file, graph, batch)}
SEEDS = {"vcard": DATA / "vcards", "table": DATA / "csv"}


def main() -> None:
    name = sys.argv.pop(1)
    target = callback() if name == "callback" else TARGETS[name]
    seeds = [str(SEEDS[name])] if name in SEEDS else []
    atheris.Setup([*sys.argv, *seeds], target)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
