"""Every page through axe-core: light and dark, on a desk and on a phone."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.pages.conftest import admin_pages, settings_pages

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text()
RUN = """
const [options, done] = arguments;
axe.run(document, {...options, resultTypes: ["violations"]}).then((result) => done(
    result.violations.map((rule) => rule.id + ": " + rule.nodes.map((node) => node.html.slice(0, 160)
        + (node.any[0] ? " [" + node.any[0].message.slice(0, 140) + "]" : "")).slice(0, 4).join(" | "))
));
"""
COLOURS = {"runOnly": ["color-contrast"]}
ALL_BUT_COLOURS = {"rules": {"color-contrast": {"enabled": False}}}
PHONE = {"width": 400, "height": 850, "deviceScaleFactor": 1, "mobile": False}


def colours(browser, value):
    feature = {"name": "prefers-color-scheme", "value": value}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})
    # The admin's theme asks once, while it loads.
    browser.execute_script(
        "document.documentElement.classList.toggle('dark', arguments[0])", value == "dark"
    )


def violations(browser, url):
    """Look at one page: as a whole in light, its colours in dark, and as a whole on a phone."""
    browser.get(url)
    browser.execute_script(AXE)
    found = [f"light {one}" for one in browser.execute_async_script(RUN, {})]
    colours(browser, "dark")
    found += [f"dark {one}" for one in browser.execute_async_script(RUN, COLOURS)]
    colours(browser, "")
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", PHONE)
    found += [f"phone {one}" for one in browser.execute_async_script(RUN, ALL_BUT_COLOURS)]
    if browser.execute_script("return document.documentElement.scrollWidth > window.innerWidth"):
        found.append("phone: it is wider than the screen")
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    return found


def look_at(browser, live_server, paths):
    found = {path: violations(browser, f"{live_server.url}{path}") for path in paths}
    text = "\n".join(f"{path}\n    " + "\n    ".join(rows) for path, rows in found.items() if rows)
    assert not text, f"\n{text}"


@pytest.mark.parametrize("person", ["new", "previewed", "syncing", "asked", "working", "left"])
def test_our_pages_are_accessible(firm, signed_in, live_server, person):
    browser = signed_in(firm.people[person])

    look_at(browser, live_server, [path for who, path in settings_pages(firm) if who == person])


def test_the_way_in_is_accessible(browser, live_server, db):
    look_at(browser, live_server, ["/accounts/login/", "/accounts/password/reset/"])


@pytest.mark.parametrize("part", range(3))
def test_the_admin_is_accessible(firm, signed_in, live_server, part):
    browser = signed_in(firm.people["root"])

    look_at(browser, live_server, list(admin_pages(firm))[part::3])
