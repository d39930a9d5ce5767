"""A Microsoft 365 stand-in: identity platform and Graph contacts, in-process and over HTTP.

It stands alone: nothing else of this package is imported, and no Django. Left
out on purpose: photos, open extensions, subscriptions, translateExchangeIds,
application permissions, and everything beside contacts.
"""

from .adapter import RerouteAdapter, SimulatorAdapter
from .behaviour import Behaviour
from .faults import Fault, throttled
from .mailbox import Mailbox
from .microsoft365 import Microsoft365
from .wsgi import application

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
