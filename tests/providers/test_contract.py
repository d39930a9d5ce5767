"""Microsoft 365 keeps the contract, tried against the simulator."""

from __future__ import annotations

import pytest

from contacts_sync.providers.base import ContactProvider
from contacts_sync.simulator import Fault, throttled
from tests.providers.conftest import USERNAME
from tests.providers.contract import ContactProviderContract


class Outlook:
    """A person who uses Outlook, and the troubles of Microsoft 365."""

    def __init__(self, sim, box):
        self.sim, self.box = sim, box

    def add(self, first_name, last_name, email):
        mail = {"address": email, "name": email}
        return self.box.put(
            {"givenName": first_name, "surname": last_name, "emailAddresses": [mail]}
        )

    def rename(self, remote_id, last_name):
        self.box.put({"surname": last_name}, remote_id)

    def remove(self, remote_id):
        self.box.remove(remote_id)

    def move_out(self, remote_id):
        self.box.move(remote_id, "Private")

    def copy(self, remote_id):
        return self.box.copy(remote_id)

    def names(self):
        return sorted(contact["displayName"] for contact in self.box.contacts.values())

    def forget_cursors(self):
        self.sim.expire_delta_tokens(USERNAME)

    def revoke(self):
        self.sim.revoke(USERNAME)

    def lose_the_next_answer(self):
        self.sim.faults = [Fault("acted, then lost", "POST", r"\$batch")]

    def be_busy(self, seconds):
        self.sim.faults = [throttled(str(seconds), times=None)]

    def be_down(self):
        self.sim.faults = [Fault("lost", times=None)]

    def fail_reads(self):
        self.sim.faults = [Fault("reply", "GET", status=503, times=None, where="item")]

    def refuse_one_value(self):
        refusal = {"error": {"code": "ErrorInvalidProperty", "message": "Not this."}}
        self.sim.faults = [
            Fault("reply", "POST", "contacts$", nth=2, status=400, body=refusal, where="item")
        ]
        return "Oak"


class TestMicrosoft365(ContactProviderContract):
    @pytest.fixture
    def there(self, sim, box):
        return Outlook(sim, box)


def test_the_class_fits_the_protocol(provider):
    fits: ContactProvider = provider

    assert fits.batch_size == 20
