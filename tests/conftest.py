"""Who is in every test: Alice and Bob are members of the firm, Ada is its administrator."""

from __future__ import annotations

import os
import shutil

import pytest
from django.core.cache import cache
from hypothesis import HealthCheck, settings

# Histories of whole lives are slow, and how slow depends on the machine. `deep` is for long searches:
# HYPOTHESIS_PROFILE=deep pytest tests/scenarios/test_convergence.py
SLOW = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("default", **SLOW)
settings.register_profile("deep", max_examples=1000, stateful_step_count=40, **SLOW)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


def pytest_collection_modifyitems(items):
    """Without Chromium, skip what needs it and say so; in CI a missing browser is a failure."""
    if os.environ.get("CI") or (shutil.which("chromium") and shutil.which("chromedriver")):
        return
    absent = pytest.mark.skip(reason="needs Chromium: apt-get install chromium chromium-driver")
    for item in items:
        if "browser" in item.keywords:
            item.add_marker(absent)


@pytest.fixture(autouse=True)
def fresh_cache():
    """Sign-in limits count in the cache, and no test should pay for another's attempts."""
    cache.clear()


@pytest.fixture
def alice(django_user_model):
    return django_user_model.objects.create_user("alice", "alice@firm.example", "correct horse")


@pytest.fixture
def bob(django_user_model):
    return django_user_model.objects.create_user("bob", "bob@firm.example", "correct horse")


@pytest.fixture
def ada(django_user_model):
    return django_user_model.objects.create_superuser("ada", "ada@firm.example", "correct horse")


@pytest.fixture(scope="session")
def chromium(live_server):
    """Start one headless Chromium for all browser tests of a process.

    It asks for the server to be stopped before it: a connection that outlives the server complains.
    """
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    for argument in (
        "--headless=new",
        "--no-sandbox",
        "--disable-dev-shm-usage",
        "--window-size=1200,900",
        "--force-prefers-reduced-motion",  # smooth scrolling moves what is about to be clicked
    ):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    options.binary_location = shutil.which("chromium")
    driver = webdriver.Chrome(options, webdriver.ChromeService(shutil.which("chromedriver")))
    yield driver
    driver.quit()


@pytest.fixture
def browser(chromium, live_server):
    """Chromium without cookies, at a live server's start; what it complains of fails the test."""
    chromium.get(f"{live_server.url}/accounts/login/")
    chromium.delete_all_cookies()
    chromium.get_log("browser")
    yield chromium
    complaints = [row["message"] for row in chromium.get_log("browser") if row["level"] == "SEVERE"]
    assert complaints == []


@pytest.fixture
def signed_in(browser, client):
    """Sign a person in without the form: `signed_in(alice)` gives their browser."""

    def sign_in(user):
        client.force_login(user)
        cookie = client.cookies["sessionid"]
        browser.add_cookie({"name": "sessionid", "value": cookie.value, "path": "/"})
        return browser

    return sign_in
