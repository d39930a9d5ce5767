"""Pictures of every Settings page: light, dark, and on a phone. Made to be looked at.

SCREENSHOTS=folder pytest tests/pages/test_pictures.py
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tests.pages.conftest import settings_pages
from tests.pages.test_accessible import PHONE, colours

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif("SCREENSHOTS" not in os.environ, reason="SCREENSHOTS names no folder"),
]

HEIGHT = """
return Math.max(document.documentElement.scrollHeight, 600)
"""


@pytest.mark.parametrize("person", ["new", "previewed", "syncing", "asked", "working", "left"])
def test_pictures_of_our_pages(firm, signed_in, live_server, person):
    browser = signed_in(firm.people[person])
    folder = Path(os.environ["SCREENSHOTS"])
    folder.mkdir(parents=True, exist_ok=True)
    for who, path in settings_pages(firm):
        if who != person:
            continue
        name = f"{person}-{re.sub(r'[^a-z0-9]+', '-', path.rpartition('office365/')[2] or 'main')}"
        for mood, size in (("light", {}), ("dark", {}), ("phone", PHONE)):
            width = size.get("width", 1200)
            metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
            browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
            browser.get(f"{live_server.url}{path}")
            colours(browser, "dark" if mood == "dark" else "")
            metrics["height"] = min(browser.execute_script(HEIGHT), 3000)
            browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
            browser.save_screenshot(str(folder / f"{name.strip('-')}-{mood}.png"))
        colours(browser, "")
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
