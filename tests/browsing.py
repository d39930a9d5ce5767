"""What a person at a real browser does, whatever the page."""

from __future__ import annotations

from selenium.common.exceptions import WebDriverException
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait


def press(browser, element):
    """Press, and wait until the page has gone that it was on."""
    page = browser.find_element(By.TAG_NAME, "html")
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", element)
    element.click()
    WebDriverWait(browser, 15).until(lambda _driver: _is_gone(page))


def _is_gone(page):
    try:
        return not page.is_enabled()
    except WebDriverException:  # stale, or in the middle of being replaced
        return True
