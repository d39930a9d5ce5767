"""Who is in every test: Alice and Bob are members, Olga is an operator, Ada an administrator."""

from __future__ import annotations

import os
import shutil

import pytest


def pytest_collection_modifyitems(items):
    """Without Chromium, skip what needs it and say so; in CI a missing browser is a failure."""
    if os.environ.get("CI") or (shutil.which("chromium") and shutil.which("chromedriver")):
        return
    absent = pytest.mark.skip(reason="needs Chromium: apt-get install chromium chromium-driver")
    for item in items:
        if "browser" in item.keywords:
            item.add_marker(absent)
