"""Who is in every test: Alice and Bob are members of the firm, Ada is its administrator."""

from __future__ import annotations

import os
import shutil

import pytest
from django.core.cache import cache


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
