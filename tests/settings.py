"""The product's settings in a fixed environment: no `.env` and no shell decides how a test ends.

Only DATABASE_URL is taken from outside, to run the suite on PostgreSQL.
"""

from __future__ import annotations

import os

os.environ.update(
    {
        "SECRET_KEY": "for-tests-only-" + "x" * 50,
        "TOKEN_ENCRYPTION_KEYS": "wOwqT0bG8rZ0v3m6h7sQmM0b3nq9c1l6eVb0n7yJx1M=",
        "DEBUG": "true",
        "DEMO": "false",
        "ALLOWED_HOSTS": "testserver,localhost,127.0.0.1",
        "CSRF_TRUSTED_ORIGINS": "",
        "REDIS_URL": "",
        "EMAIL_URL": "memorymail://",
        "FIRM_LIST_NAME": "Clio",
        "DEFAULT_PHONE_REGION": "US",
        "CREATE_SETTLE_SECONDS": "300",
        "MICROSOFT_CLIENT_ID": "11111111-2222-4333-8444-555555555555",
        "MICROSOFT_CLIENT_SECRET": "a-secret-for-tests",
        "MICROSOFT_CLIENT_CERTIFICATE": "",
        "MICROSOFT_TENANT": "organizations",
        "MICROSOFT_ALLOWED_TENANTS": "",
        "MICROSOFT_LOGIN_URL": "https://login.microsoftonline.com",
        "MICROSOFT_GRAPH_URL": "https://graph.microsoft.com",
        "MICROSOFT_SIMULATOR_URL": "",
    }
)

from syncsite.settings import *  # noqa: F403  the environment comes first

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # hundreds of log-ins
