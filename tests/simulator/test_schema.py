"""What the simulator answers fits the description of Graph in tests/data/graph."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from jsonschema import Draft4Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4

from tests.simulator.conftest import MARK, create

DATA = Path(__file__).parent.parent / "data" / "graph"
EVERYTHING = {
    "title": "Dr.",
    "givenName": "Pavel",
    "middleName": "J.",
    "surname": "Bansky",
    "generation": "Jr.",
    "companyName": "Acme",
    "jobTitle": "Clerk",
    "department": "Sales",
    "birthday": "1974-07-22T11:59:00Z",
    "businessPhones": ["+1 732 555 0102", "2"],
    "homePhones": ["3"],
    "mobilePhone": "4",
    "emailAddresses": [{"address": "p@x.example", "name": "P"}, {"address": "q@x.example"}],
    "imAddresses": ["sip:p@x.example"],
    "homeAddress": {"street": "Way 1", "city": "C", "countryOrRegion": "US"},
    "businessAddress": {"postalCode": "10115"},
    "businessHomePage": "https://x.example",
    "categories": ["Red"],
    "children": ["Max"],
    "personalNotes": "A note",
    "singleValueExtendedProperties": [{"id": MARK, "value": "k1"}],
}


def plain(schema):
    """Turn OpenAPI's `nullable` into what JSON Schema understands."""
    if isinstance(schema, list):
        return [plain(entry) for entry in schema]
    if not isinstance(schema, dict):
        return schema
    turned = {name: plain(value) for name, value in schema.items() if name != "nullable"}
    return {"anyOf": [turned, {"type": "null"}]} if schema.get("nullable") is True else turned


@pytest.fixture(scope="module")
def fits():
    text = (DATA / "openapi-contacts-v1.0.yaml").read_text()
    document = plain(yaml.load(text, yaml.CSafeLoader))
    resource = Resource.from_contents(document, default_specification=DRAFT4)
    registry = Registry().with_resource("urn:graph", resource)

    def check(name, answer):
        reference = {"$ref": f"urn:graph#/components/schemas/{name}"}
        Draft4Validator(reference, registry=registry).validate(answer)

    return check


def test_the_profile(graph, fits):
    fits("microsoft.graph.user", graph.get("/me").json())


@pytest.mark.parametrize("body", [EVERYTHING, {"givenName": "P"}, {"companyName": "Acme"}])
def test_one_contact_in_every_answer(graph, fits, body):
    created = graph.post("/me/contacts", body).json()
    path = f"/me/contacts/{created['id']}"
    expand = {"$expand": f"singleValueExtendedProperties($filter=id eq '{MARK}')"}

    fits("microsoft.graph.contact", created)
    fits("microsoft.graph.contact", graph.get(path).json())
    fits("microsoft.graph.contact", graph.get(path, params=expand).json())
    fits("microsoft.graph.contact", graph.patch(path, {"jobTitle": "Judge"}).json())


def test_the_request_body_we_send_is_one_the_description_allows(fits):
    fits("microsoft.graph.contact", EVERYTHING)


def test_lists_and_delta_pages(graph, mailbox, fits):
    gone = mailbox.put({"givenName": "Gone"})
    for number in range(12):
        mailbox.put({"givenName": f"P{number}", **EVERYTHING})
    _, link = graph.round()
    mailbox.remove(gone)
    counted = graph.get("/me/contacts", params={"$count": "true"})

    fits("microsoft.graph.contactCollectionResponse", counted.json())
    first = graph.get("/me/contacts/delta", headers={"Prefer": "odata.maxpagesize=5"})
    fits("microsoft.graph.contactDeltaResponse", first.json())
    later = graph.get(link).json()
    assert later["value"][0]["@removed"]
    fits("microsoft.graph.contactDeltaResponse", later)


def test_folders(graph, fits):
    folder = graph.post("/me/contactFolders", {"displayName": "Private"}).json()

    fits("microsoft.graph.contactFolder", folder)
    fits("microsoft.graph.contactFolderCollectionResponse", graph.get("/me/contactFolders").json())


def test_batches(graph, fits):
    item = {"id": "2", "method": "GET", "url": "/me/contacts/abc"}
    fits("batchRequest", {"requests": [create(1), item]})

    answer = graph.batch(create(1), item).json()

    fits("batchResponse", answer)
    fits("microsoft.graph.ODataErrors.ODataError", answer["responses"][1]["body"])


@pytest.mark.parametrize(
    "path", ["/me/contacts/abc", "/me/contacts/delta?$top=1", "/me/messages", "/users/x/contacts"]
)
def test_refusals(graph, fits, path):
    fits("microsoft.graph.ODataErrors.ODataError", graph.get(path).json())


def test_the_check_itself_notices_what_does_not_fit(fits):
    with pytest.raises(Exception, match="is too long"):
        fits("microsoft.graph.contact", {"businessPhones": ["1", "2", "3"]})
