"""The wire between us and Microsoft, watched: laws 16 and 17, request by request."""

from __future__ import annotations

import json
import logging
import re
from threading import Lock
from urllib.parse import urlsplit

from requests.adapters import BaseAdapter

GRAPH = "graph.microsoft.com"
LANES = 4
SECRET = re.compile(r"T\d+x|e\d+@example|\b55\d{5}\b|Bearer |eyJ")
"""What no log may hold: texts, addresses and numbers of these stories, and tokens."""


class Wire(BaseAdapter):
    """Passes the requests of one mailbox on, and writes down what breaks a law."""

    def __init__(self, adapter, clock):
        super().__init__()
        self.adapter, self.clock = adapter, clock
        self.lock, self.lanes, self.waits_until = Lock(), 0, 0.0
        self.broken = []

    def send(self, request, **options):
        """Look at a request before it goes, and at its answer."""
        lanes = LANES if "$batch" in request.url else 1
        with self.lock:
            self.lanes += lanes
            if self.lanes > LANES:
                self.broken.append("law 16: more in flight than the mailbox takes")
            if self.clock.timestamp() < self.waits_until - 0.5:
                self.broken.append("law 16: Retry-After was not kept")
            if "Authorization" in request.headers and urlsplit(request.url).hostname != GRAPH:
                self.broken.append("law 17: the token went to another host")
        try:
            response = self.adapter.send(request, **options)
        finally:
            with self.lock:
                self.lanes -= lanes
        self._note_patience(response)
        return response

    def _note_patience(self, response):
        waits = [response.headers.get("Retry-After")] if response.status_code == 429 else []
        try:
            members = json.loads(response.content).get("responses", ())
        except ValueError:
            members = ()
        waits += [one["headers"].get("Retry-After") for one in members if one["status"] == 429]
        for wait in waits:
            if wait is not None:
                until = self.clock.timestamp() + float(wait)
                self.waits_until = max(self.waits_until, until)

    def forget(self):
        """Forget what was asked for and what was broken."""
        self.waits_until = 0.0
        self.broken.clear()

    def close(self):
        """Nothing to close."""


class Ear(logging.Handler):
    """Listens to what is logged, and keeps what should not have been said."""

    def __init__(self):
        super().__init__(logging.DEBUG)
        self.heard = []

    def emit(self, record):
        """Listen."""
        if SECRET.search(text := record.getMessage()):
            self.heard.append(f"law 17: {text}")
