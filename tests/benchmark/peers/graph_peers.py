"""O365 and msgraph-sdk on generated contacts: create all, and read all. In the peers' environment.

    python graph_peers.py {O365,O365-undelayed,msgraph-sdk,msgraph-sdk-4} ADDRESS FULL EMPTY CARDS

CARDS is a file of contacts as Graph shows them. Prints a line of JSON for each phase. All of them
send one request a contact; `msgraph-sdk-4` sends four at a time, as many as Graph takes.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path


def main() -> None:
    tool, address, full, empty, path = sys.argv[1:]
    cards = json.loads(Path(path).read_text())
    run = msgraph if tool.startswith("msgraph") else o365
    run(tool, address, full, empty, cards)


def tell(tool, phase, count, begun):
    wall, cpu = time.perf_counter() - begun[0], time.process_time() - begun[1]
    figures = {"tool": tool, "phase": phase, "contacts": count, "items": count}
    print(json.dumps({**figures, "seconds": round(wall, 4), "cpu": round(cpu, 4)}), flush=True)


def now():
    return time.perf_counter(), time.process_time()


def o365(tool, address, full, empty, cards):
    from O365 import Account, MSGraphProtocol
    from requests import Session

    def book(token):
        protocol = MSGraphProtocol()
        protocol.service_url = f"{address}/"
        delay = 0 if tool.endswith("undelayed") else 200
        account = Account(("id", "secret"), protocol=protocol, requests_delay=delay)
        account.con.session = Session()
        account.con.session.headers["Authorization"] = f"Bearer {token}"
        return account.address_book()

    if tool.endswith("undelayed") or len(cards) <= 100:  # by default 5 a second, by its own will
        mailbox = book(empty)
        begun = now()
        for card in cards:
            contact = mailbox.new_contact()
            contact.name, contact.surname = card["givenName"], card["surname"]
            contact.job_title = card.get("jobTitle", "")
            for mail in card["emailAddresses"]:
                contact.emails.add((mail["name"], mail["address"]))
            contact.business_phones = card["businessPhones"]
            if card.get("mobilePhone"):
                contact.mobile_phone = card["mobilePhone"]
            if card.get("businessAddress"):
                contact.business_address = card["businessAddress"]
            assert contact.save()
        tell(tool, "first upload", len(cards), begun)
    mailbox = book(full)
    begun = now()
    read = list(mailbox.get_contacts(limit=None, batch=200))
    assert len(read) >= len(cards), len(read)
    tell(tool, "read all", len(cards), begun)


def msgraph(tool, address, full, empty, cards):
    from kiota_abstractions.authentication import AuthenticationProvider
    from msgraph import GraphRequestAdapter, GraphServiceClient
    from msgraph.generated.models.contact import Contact
    from msgraph.generated.models.email_address import EmailAddress
    from msgraph.generated.models.physical_address import PhysicalAddress

    class Token(AuthenticationProvider):
        def __init__(self, token):
            self.token = token

        async def authenticate_request(self, request, additional_authentication_context=None):
            request.headers.add("Authorization", f"Bearer {self.token}")

    def client(token):
        adapter = GraphRequestAdapter(Token(token))
        adapter.base_url = address
        graph = GraphServiceClient(request_adapter=adapter)
        adapter.base_url = address
        graph.path_parameters["baseurl"] = address
        return graph

    def contact(card):
        place = card.get("businessAddress")
        return Contact(
            given_name=card["givenName"],
            surname=card["surname"],
            job_title=card.get("jobTitle"),
            email_addresses=[
                EmailAddress(name=one["name"], address=one["address"])
                for one in card["emailAddresses"]
            ],
            business_phones=card["businessPhones"],
            mobile_phone=card.get("mobilePhone"),
            business_address=place
            and PhysicalAddress(
                street=place["street"],
                city=place["city"],
                state=place["state"],
                postal_code=place["postalCode"],
                country_or_region=place["countryOrRegion"],
            ),
        )

    async def act():
        lanes = asyncio.Semaphore(4 if tool.endswith("-4") else 1)
        mailbox = client(empty)

        async def create(card):
            async with lanes:
                assert (await mailbox.me.contacts.post(contact(card))).id

        begun = now()
        await asyncio.gather(*(create(card) for card in cards))
        tell(tool, "first upload", len(cards), begun)
        mailbox = client(full)
        begun, count = now(), 0
        page = await mailbox.me.contacts.delta.get()
        while page:
            count += len(page.value)
            link = page.odata_next_link
            page = await mailbox.me.contacts.delta.with_url(link).get() if link else None
        assert count >= len(cards), count
        tell(tool, "read all", len(cards), begun)

    asyncio.run(act())


if __name__ == "__main__":
    main()
