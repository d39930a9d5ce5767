"""Signing in as a person does it, in Chromium, under the strict policy."""

from __future__ import annotations

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.support import expected_conditions
from selenium.webdriver.support.ui import WebDriverWait

pytestmark = pytest.mark.browser


def arrives(browser, address):
    """Wait until the browser is there: a click does not wait for the page it leads to."""
    WebDriverWait(browser, 10).until(expected_conditions.url_to_be(address))


def colour_scheme(browser, value):
    feature = {"name": "prefers-color-scheme", "value": value}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})


def background(browser):
    return browser.find_element(By.TAG_NAME, "body").value_of_css_property("background-color")


def test_a_person_signs_in_and_out(browser, live_server, alice):
    browser.get(f"{live_server.url}/accounts/email/")
    browser.find_element(By.NAME, "login").send_keys("alice@firm.example")
    browser.find_element(By.NAME, "password").send_keys("correct horse")
    browser.find_element(By.CSS_SELECTOR, "main [type=submit]").click()

    arrives(browser, f"{live_server.url}/accounts/email/")
    assert browser.find_element(By.CSS_SELECTOR, "header .bar-email").text == "alice@firm.example"

    browser.find_element(By.CSS_SELECTOR, "header [type=submit]").click()

    arrives(browser, f"{live_server.url}/accounts/login/")
    assert browser.find_element(By.TAG_NAME, "h1").text == "Sign in"


def test_pages_are_light_or_dark_as_the_browser_asks(browser, live_server):
    colour_scheme(browser, "light")
    light = background(browser)
    colour_scheme(browser, "dark")
    dark = background(browser)
    colour_scheme(browser, "")

    assert light == "rgba(244, 246, 248, 1)"
    assert dark == "rgba(18, 24, 31, 1)"


def test_the_first_tab_stop_skips_to_the_content(signed_in, live_server, alice):
    browser = signed_in(alice)

    browser.get(f"{live_server.url}/accounts/email/")
    first = browser.execute_script("return document.querySelector('a').className")

    assert first == "skip-link"
