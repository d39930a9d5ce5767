"""How gunicorn serves the pages: `gunicorn -c deploy/gunicorn.conf.py syncsite.wsgi`.

One process with threads: a page waits for the database, not for Python, and sign-in limits are counted
in one memory. More than one process needs REDIS_URL, so that they count together.
"""

from __future__ import annotations

import os

from contacts_sync import logs

bind = os.environ.get("BIND", "127.0.0.1:8000")
workers = int(os.environ.get("WEB_PROCESSES", "1"))
worker_class = "gthread"
threads = int(os.environ.get("WEB_THREADS", "8"))
timeout = 60
graceful_timeout = 30
keepalive = 5
max_requests, max_requests_jitter = 20_000, 2_000
limit_request_line = 8190  # Microsoft's answers to a sign-in are long
forwarded_allow_ips = os.environ.get("FORWARDED_ALLOW_IPS", "127.0.0.1")
control_socket_disable = True

# The same lines as the application's, so that what opens a door is taken out of them too. The path is
# logged without its query: there Microsoft's codes stand.
accesslog = "-"
access_log_format = "%(h)s %(m)s %(U)s %(s)s %(B)s bytes %(L)s s"
logconfig_dict = logs.configuration(
    os.environ.get("LOG_FORMAT") or "json", os.environ.get("LOG_LEVEL") or "INFO"
)
for _name in ("gunicorn.error", "gunicorn.access"):
    # It takes both off the root's handlers before it reads this.
    logconfig_dict["loggers"][_name] = {
        "handlers": ["console"],
        "level": "INFO",
        "propagate": False,
    }
