"""Radicale with a latency: the CardDAV server for vdirsyncer. Runs in the peers' environment.

python serve_dav.py FOLDER PORT MILLISECONDS
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import radicale.app
from radicale import config, server


def main() -> None:
    folder, port, latency = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]) / 1000
    answer = radicale.app.Application.__call__

    def late(self, environ, start_response):
        time.sleep(latency)
        return answer(self, environ, start_response)

    if latency:
        radicale.app.Application.__call__ = late
    settings = config.load()
    settings.update(
        {
            "server": {"hosts": f"127.0.0.1:{port}", "max_connections": "100"},
            "storage": {"filesystem_folder": str(folder), "_filesystem_fsync": "False"},
            "auth": {"type": "none"},
            "logging": {"level": "error"},
        },
        "benchmark",
        privileged=True,
    )
    server.serve(settings)


if __name__ == "__main__":
    main()
