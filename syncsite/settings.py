"""Everything that can be set, read from the environment and `.env`, and nothing read elsewhere."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

import environ
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured
from django.templatetags.static import static

from contacts_sync import logs

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"  # what belongs to this machine: the database, generated keys

env = environ.Env()
if (BASE_DIR / ".env").exists():
    env.read_env(BASE_DIR / ".env")


_refusals: list[str] = []
"""What stands in the way of starting, all of it, so that nobody repairs one thing at a time."""


def _list(name: str, default: str = "") -> list[str]:
    value = env.str(name, default="") or default
    return [item.strip() for item in value.split(",") if item.strip()]


def _number(name: str, default: int, least: int = 0) -> int:
    text = env.str(name, default="").strip()
    if not text:
        return default
    if not text.isdecimal() or int(text) < least:
        _refusals.append(f"{name} is not a whole number of at least {least}.")
        return default
    return int(text)


def _needed(name: str, value: Any, advice: str) -> None:
    """Refuse to start in production without a value."""
    if not value and not TRIAL:
        _refusals.append(f"{name} is not set. {advice}")


DEBUG: bool = env.bool("DEBUG", default=False)
DEMO: bool = env.bool("DEMO", default=False)  # set by `manage.py demo`
# For trying out on one machine: keys are made as needed, plain http and the simulator are fine.
TRIAL = DEBUG or DEMO


# --- Keys ---------------------------------------------------------------------------------------


def _secret(name: str, make: Callable[[], str]) -> str:
    """Return a secret from the environment; in a trial, one that is made once and kept in `var/`."""
    value: str = env.str(name, default="")
    if value:
        return value
    if TRIAL:
        return _kept(VAR_DIR / name.lower(), make)
    _needed(
        name,
        value,
        "Give it in the environment or in .env; README.md, section Configuration, says how to make"
        " one. (DEBUG or `manage.py demo` make their own.)",
    )
    return ""


def _kept(path: Path, make: Callable[[], str]) -> str:
    """Read the file, or write it once: of two processes that start together, one wins."""
    path.parent.mkdir(exist_ok=True)
    if not path.exists():
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(make())
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text().strip()


SECRET_KEY = _secret("SECRET_KEY", lambda: secrets.token_urlsafe(50))
# The first key encrypts, all of them decrypt; `manage.py rotate_token_keys` moves to the first.
TOKEN_ENCRYPTION_KEYS = _list(
    "TOKEN_ENCRYPTION_KEYS",
    default=_secret("TOKEN_ENCRYPTION_KEYS", lambda: Fernet.generate_key().decode()),
)
for _position, _key in enumerate(TOKEN_ENCRYPTION_KEYS, start=1):
    try:
        Fernet(_key)
    except ValueError:
        _refusals.append(
            f"Key {_position} of TOKEN_ENCRYPTION_KEYS is not a key: 32 bytes in URL-safe base64."
        )


# --- Hosts and transport ------------------------------------------------------------------------

ALLOWED_HOSTS = _list("ALLOWED_HOSTS", default="localhost,127.0.0.1,[::1]" if TRIAL else "")
_needed("ALLOWED_HOSTS", ALLOWED_HOSTS, "Give the name under which people reach this site.")
# Whoever watches this machine from itself asks by address: probes, and Prometheus.
ALLOWED_HOSTS += [host for host in ("localhost", "127.0.0.1") if host not in ALLOWED_HOSTS]
CSRF_TRUSTED_ORIGINS = _list("CSRF_TRUSTED_ORIGINS")

if not TRIAL:
    # In production a proxy ends TLS, sets X-Forwarded-Proto and appends to X-Forwarded-For.
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    # Sign-in limits count by address: too few here, and everybody shares the proxy's; too many, and
    # whoever signs in chooses their own.
    ALLAUTH_TRUSTED_PROXY_COUNT = _number("TRUSTED_PROXY_COUNT", 1)
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
    # Whether the firm's other host names speak https is not ours to promise.
    SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]

# A form's own size; files have a limit of their own, in `contacts_sync/files/limits.py`.
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000  # a contact with hundreds of addresses is one form
DATA_UPLOAD_MAX_NUMBER_FILES = 5
FILE_UPLOAD_PERMISSIONS = 0o600


# --- Application --------------------------------------------------------------------------------

ROOT_URLCONF = "syncsite.urls"
WSGI_APPLICATION = "syncsite.wsgi.application"

INSTALLED_APPS = [
    "contacts_sync",
    "unfold",  # before the admin, whose templates it replaces
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.microsoft",
    "allauth.usersessions",
    "django_htmx",
    "django_q",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "contacts_sync.middleware.request_id",
    "contacts_sync.middleware.content_security_policy",
    "contacts_sync.middleware.no_nul",
    "contacts_sync.middleware.no_session_for_machines",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "contacts_sync.middleware.second_factor",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

UNFOLD = {
    "SITE_TITLE": "Contact Sync",
    "SITE_HEADER": "Contact Sync",
    "SITE_URL": "/settings/",
    "SITE_ICON": lambda request: static("contacts_sync/mark.svg"),
    "SITE_FAVICONS": [
        {
            "rel": "icon",
            "type": "image/svg+xml",
            "href": lambda request: static("contacts_sync/mark.svg"),
        }
    ],
    "COLORS": {
        "primary": {  # the accent of static/contacts_sync/app.css
            "50": "#f1f7fb",
            "100": "#e6f0f7",
            "200": "#c9deed",
            "300": "#9cc5e0",
            "400": "#62a3cd",
            "500": "#3b83b4",
            "600": "#1f5f8b",
            "700": "#1a5279",
            "800": "#173f5d",
            "900": "#14344d",
            "950": "#0d2232",
        }
    },
    "SHOW_HISTORY": False,
    "DASHBOARD_CALLBACK": "contacts_sync.admin.unfold.dashboard",
    "SIDEBAR": {"navigation": "contacts_sync.admin.unfold.navigation"},
}


# --- Database, cache, queue ---------------------------------------------------------------------

DATABASES: dict[str, dict[str, Any]] = {
    "default": {
        **env.db_url_config(
            env.str("DATABASE_URL", default="") or f"sqlite:///{VAR_DIR / 'db.sqlite3'}"
        ),
        # Also for the queue, which otherwise opens a connection for every look.
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        # Each atomic block takes SQLite's one write lock, and runs speak HTTP between them.
        "ATOMIC_REQUESTS": False,
    }
}
SQLITE = DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3"
if SQLITE:
    # With deferred transactions, a web request beside a worker failed as "locked" one time in ten.
    DATABASES["default"]["OPTIONS"] = {
        "timeout": 20,
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
    if Path(DATABASES["default"]["NAME"]).parent == VAR_DIR:
        VAR_DIR.mkdir(exist_ok=True)

REDIS_URL: str = env.str("REDIS_URL", default="")
if REDIS_URL:
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": REDIS_URL,
        }
    }

# The queue lives in the database even beside Redis: there a killed worker takes its task with it,
# here the task is run again. A task must end before `retry` gives it to somebody else, counted
# from when it was fetched, not begun: `contacts_sync.E003` does the sum.
Q_CLUSTER: dict[str, Any] = {
    "name": "contact-sync",
    "label": "Background jobs",
    "orm": "default",
    "workers": 2,
    "queue_limit": 2,
    "bulk": 1,
    "poll": 0.5,
    "timeout": 600,
    "retry": 2400,
    "max_attempts": 3,
    "ack_failures": False,
    "catch_up": False,
    "save_limit": 500,
    "recycle": 200,
    "max_rss": 400_000,
    "guard_cycle": 1,
}


# --- Microsoft 365 ------------------------------------------------------------------------------

MICROSOFT_CLIENT_ID: str = env.str(
    "MICROSOFT_CLIENT_ID", default="11111111-2222-4333-8444-555555555555" if DEMO else ""
)
MICROSOFT_CLIENT_SECRET: str = env.str(
    "MICROSOFT_CLIENT_SECRET", default="demo-secret" if DEMO else ""
)
# Instead of a secret: the path of a PEM file with the private key and the certificate.
MICROSOFT_CLIENT_CERTIFICATE: str = env.str("MICROSOFT_CLIENT_CERTIFICATE", default="")
MICROSOFT_TENANT: str = env.str("MICROSOFT_TENANT", default="organizations")
# Tenant ids whose mailboxes may be connected. Empty allows every tenant, in a trial only.
MICROSOFT_ALLOWED_TENANTS = _list("MICROSOFT_ALLOWED_TENANTS")
MICROSOFT_LOGIN_URL: str = env.str(
    "MICROSOFT_LOGIN_URL", default="https://login.microsoftonline.com"
).rstrip("/")
MICROSOFT_GRAPH_URL: str = env.str(
    "MICROSOFT_GRAPH_URL", default="https://graph.microsoft.com"
).rstrip("/")
MICROSOFT_SIMULATOR_URL: str = env.str("MICROSOFT_SIMULATOR_URL", default="").rstrip("/")

# When the client secret ends, as Entra shows it (2027-06-30): operators get a mail 30 days before.
MICROSOFT_SECRET_EXPIRES: str = env.str("MICROSOFT_SECRET_EXPIRES", default="").strip()

# Not left to the system checks, which gunicorn does not run: this would send tokens in the clear.
if MICROSOFT_SIMULATOR_URL and not TRIAL:
    _refusals.append(
        "MICROSOFT_SIMULATOR_URL is set, and neither DEBUG nor the demo is on. The simulator"
        " answers in Microsoft's place and over plain http: remove the variable."
    )
_needed(
    "MICROSOFT_ALLOWED_TENANTS",
    MICROSOFT_ALLOWED_TENANTS,
    "Give the firm's Microsoft 365 tenant id (several with commas): mailboxes of other tenants are"
    " refused.",
)


# --- Sign-in ------------------------------------------------------------------------------------

AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}", "OPTIONS": options}
    for name, options in (
        ("UserAttributeSimilarityValidator", {}),
        ("MinimumLengthValidator", {"min_length": 12}),
        ("CommonPasswordValidator", {}),
        ("NumericPasswordValidator", {}),
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/settings/"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"

ACCOUNT_ADAPTER = "contacts_sync.accounts.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"  # whoever invites a person knows the address
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # that mail offers to sign up
ACCOUNT_EMAIL_NOTIFICATIONS = True  # whoever changes your password, you hear of it
ACCOUNT_REAUTHENTICATION_REQUIRED = (
    True  # an unlocked screen is no right to change how one signs in
)
ACCOUNT_RATE_LIMITS = {
    "login": "30/m/ip",
    "login_failed": "10/m/ip,5/5m/key",
    "reset_password": "20/m/ip,5/m/key",
    "reset_password_from_key": "20/m/ip",
    "reauthenticate": "10/m/user",
    "change_password": "5/m/user",
    "manage_email": "10/m/user",
}
SESSION_COOKIE_AGE = _number("SESSION_HOURS", 168, least=1) * 3600

MFA_ADAPTER = "contacts_sync.accounts.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_TOTP_ISSUER = "Contact Sync"
MFA_TOTP_TOLERANCE = 1  # a phone's clock may be half a minute off
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = TRIAL
# Nobody verifies an address here, so nobody could ever turn on a second factor otherwise.
MFA_ALLOW_UNVERIFIED_EMAIL = True
# Staff see the contacts of the whole firm: with this, only with a second factor.
REQUIRE_STAFF_MFA: bool = env.bool("REQUIRE_STAFF_MFA", default=False)

SOCIALACCOUNT_ADAPTER = "contacts_sync.accounts.SocialAccountAdapter"
SOCIALACCOUNT_STORE_TOKENS = False  # signing in is no right to read a mailbox
SOCIALACCOUNT_PROVIDERS = {
    "microsoft": {
        # With an id token, which says of what tenant somebody is: views/microsoft_sign_in.py.
        "SCOPE": ["openid", "profile", "User.Read"],
        "OAUTH_PKCE_ENABLED": True,
        "APPS": [
            {
                "client_id": MICROSOFT_CLIENT_ID,
                "secret": MICROSOFT_CLIENT_SECRET,
                "settings": {
                    "tenant": MICROSOFT_TENANT,
                    "login_url": MICROSOFT_SIMULATOR_URL or MICROSOFT_LOGIN_URL,
                    "graph_url": MICROSOFT_SIMULATOR_URL or MICROSOFT_GRAPH_URL,
                },
            }
        ]
        # This sign-in knows secrets only; with a certificate, people sign in with passwords.
        if MICROSOFT_CLIENT_ID and MICROSOFT_CLIENT_SECRET
        else [],
    }
}


# --- The firm -----------------------------------------------------------------------------------

FIRM_LIST_NAME: str = env.str("FIRM_LIST_NAME", default="Clio")
DEFAULT_PHONE_REGION: str = env.str("DEFAULT_PHONE_REGION", default="US")
# How long Graph may take to show a contact whose creation went unanswered.
CREATE_SETTLE_SECONDS = _number("CREATE_SETTLE_SECONDS", 300)


# --- How long what is kept ----------------------------------------------------------------------

RETENTION_TRASH_DAYS = _number("RETENTION_TRASH_DAYS", 30, least=1)
# What was changed, with the values before and after: two years answer most questions.
RETENTION_AUDIT_DAYS = _number("RETENTION_AUDIT_DAYS", 730, least=30)
# Runs that had nothing to do: 24 a day for each mailbox, and of no interest a month later.
RETENTION_QUIET_RUN_DAYS = _number("RETENTION_QUIET_RUN_DAYS", 30, least=1)
# What was read of an uploaded file, and the file: people who were never imported are in it too.
RETENTION_IMPORT_DAYS = _number("RETENTION_IMPORT_DAYS", 30, least=1)
# Disconnected mailboxes, with their mirror and links; 0 keeps them for their owners to come back.
RETENTION_DISCONNECTED_DAYS = _number("RETENTION_DISCONNECTED_DAYS", 0)


# --- Language, time, files, mail, logs ----------------------------------------------------------

LANGUAGE_CODE = "en-us"
# The browser's first of these; a language is offered when `locale/` has all of its texts. What runs
# and mails say is kept as text and follows LANGUAGE_CODE. The English ones differ in their dates.
LOCALE_PATHS = [BASE_DIR / "locale"]
LANGUAGES = [
    ("de", "Deutsch"),
    ("en", "English"),
    ("en-us", "American English"),
    ("en-au", "Australian English"),
    ("en-ca", "Canadian English"),
    ("en-gb", "British English"),
    ("en-ie", "Irish English"),
]
USE_I18N = True
USE_TZ = True
# In which zone times are shown; they are kept in UTC.
TIME_ZONE = env.str("TIME_ZONE", default="").strip() or "UTC"
if TIME_ZONE not in available_timezones():
    _refusals.append(f"TIME_ZONE is no time zone: {TIME_ZONE}. Name one like Europe/Berlin.")
    TIME_ZONE = "UTC"

# Where this site is, for links in mails: the worker that sends them sees no request.
SITE_URL = env.str("SITE_URL", default="").strip().rstrip("/")
if SITE_URL and not re.fullmatch(r"https?://[^/\s]+", SITE_URL):
    _refusals.append("SITE_URL is not an origin like https://sync.firm.example.")

STATIC_URL = "/static/"
# In a trial, files are served from where they lie; else from where `collectstatic` put them.
STATIC_ROOT = None if TRIAL else BASE_DIR / "staticfiles"
WHITENOISE_USE_FINDERS = TRIAL
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if TRIAL
        else "whitenoise.storage.CompressedManifestStaticFilesStorage",
        # Whoever collects them is root or builds an image, and whoever serves them is somebody else.
        "OPTIONS": {"file_permissions_mode": 0o644, "directory_permissions_mode": 0o755},
    },
}

_needed(
    "EMAIL_URL",
    env.str("EMAIL_URL", default=""),
    "Invitations, forgotten passwords and alerts go by mail: give"
    " smtp+tls://user:password@host:587/?default_from_email=sync@firm.example. dummymail://"
    " sends nothing.",
)
EMAIL = env.email_url_config(
    env.str("EMAIL_URL", default="") or ("consolemail://" if TRIAL else "dummymail://")
)
vars().update({name: value for name, value in EMAIL.items() if name.startswith("EMAIL_")})
EMAIL_TIMEOUT = 20  # a mail server that does not answer must not hold a page
# `?default_from_email=…` at the end of EMAIL_URL, else the mailbox that sends.
DEFAULT_FROM_EMAIL: str = EMAIL.get("OPTIONS", {}).get("DEFAULT_FROM_EMAIL") or (
    EMAIL.get("EMAIL_HOST_USER") or "contact-sync@localhost"
)
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# Whoever shows this token may read /metrics; without one, only this very machine may.
METRICS_TOKEN: str = env.str("METRICS_TOKEN", default="")

LOG_FORMAT: str = env.str("LOG_FORMAT", default="plain" if TRIAL else "json")
LOG_LEVEL: str = env.str("LOG_LEVEL", default="INFO").upper()
if LOG_FORMAT not in ("plain", "json"):
    _refusals.append("LOG_FORMAT is neither plain nor json.")
if LOG_LEVEL not in ("DEBUG", "INFO", "WARNING", "ERROR"):
    _refusals.append("LOG_LEVEL is none of DEBUG, INFO, WARNING and ERROR.")
LOGGING = logs.configuration(LOG_FORMAT, LOG_LEVEL)

SENTRY_DSN: str = env.str("SENTRY_DSN", default="")
if SENTRY_DSN and not logs.report_errors_to(SENTRY_DSN):
    _refusals.append("SENTRY_DSN is set, and sentry-sdk is not installed: pip install sentry-sdk.")

if _refusals:
    raise ImproperlyConfigured("\n".join(_refusals))
