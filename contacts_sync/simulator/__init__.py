"""A Microsoft 365 stand-in: identity platform and Graph contacts, in-process and over HTTP.

It stands alone: nothing else of this package is imported, and no Django. Left
out on purpose: photos, open extensions, subscriptions, translateExchangeIds,
application permissions, and everything beside contacts.
"""

from contacts_sync.simulator.adapter import RerouteAdapter, SimulatorAdapter
from contacts_sync.simulator.behaviour import Behaviour
from contacts_sync.simulator.faults import Fault, throttled
from contacts_sync.simulator.mailbox import Mailbox
from contacts_sync.simulator.microsoft365 import Microsoft365
from contacts_sync.simulator.wsgi import application

__all__ = [
    "Behaviour",
    "Fault",
    "Mailbox",
    "Microsoft365",
    "RerouteAdapter",
    "SimulatorAdapter",
    "application",
    "throttled",
]
