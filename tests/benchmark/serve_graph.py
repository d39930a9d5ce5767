"""The stand-in for Microsoft 365 by itself: with a full and an empty mailbox, and tokens for both.

Prints one line of JSON once it listens: the address, and a token for each mailbox. Ends with its
standard input.
"""

from __future__ import annotations

import argparse
import json
import socket
import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent.parent))

from gunicorn.app.base import BaseApplication

from contacts_sync.benchmark.contacts import make
from contacts_sync.demo.outlook import card
from contacts_sync.simulator import Behaviour, Microsoft365, application


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--contacts", type=int, default=1000)
    parser.add_argument("--latency", type=int, default=0, help="of a request, in milliseconds")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    _Server(options, port).run()


class _Server(BaseApplication):
    def __init__(self, options, port):
        self.options, self.port = options, port
        super().__init__()

    def load_config(self):
        serving = {
            "bind": f"127.0.0.1:{self.port}",
            "workers": 1,
            "worker_class": "gthread",
            "threads": 32,
            "keepalive": 75,
            "timeout": 0,
            "loglevel": "warning",
            "control_socket_disable": True,
        }
        for name, value in serving.items():
            self.cfg.set(name, value)

    def load(self):
        sim = Microsoft365(behaviour=Behaviour(latency=self.options.latency / 1000, quota=0))
        tokens = {}
        for name in ("empty", "full"):
            account = f"{name}@firm.example"
            sim.add_account(account)
            tokens[name] = sim.access_token(account)
        mailbox = sim.mailbox("full@firm.example")
        for draft in make(self.options.contacts, self.options.seed):
            mailbox.put(card(draft))
        address = f"http://127.0.0.1:{self.port}/v1.0"
        threading.Thread(target=_tell, args=(self.port, {"address": address, **tokens})).start()
        return application(sim)


def _tell(port, what):
    with socket.socket() as probe:
        while probe.connect_ex(("127.0.0.1", port)):
            pass
    print(json.dumps(what), flush=True)


if __name__ == "__main__":
    main()
