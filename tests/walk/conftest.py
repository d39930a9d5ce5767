"""A site, a simulated Microsoft 365 behind a real socket, and a queue that a test works off."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
from django_q.models import OrmQ
from django_q.signing import SignedPackage
from selenium.common.exceptions import (
    NoSuchElementException,
    StaleElementReferenceException,
)
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from contacts_sync import connections, tasks
from contacts_sync.providers.microsoft365 import auth
from contacts_sync.simulator import Microsoft365, application
from tests.browsing import press


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, *args):
        """Say nothing."""


@pytest.fixture
def graph(settings):
    """Microsoft 365 under an address of its own, with Alice's mailbox."""
    sim = Microsoft365()
    server = make_server("localhost", 0, application(sim), _Server, _Quiet)
    sim.origin = f"http://localhost:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings.MICROSOFT_SIMULATOR_URL = sim.origin
    connections.session.cache_clear()
    auth.HTTP_CACHE.clear()  # of an earlier test's Microsoft
    sim.add_account("alice@contoso.example", "Alice Ash")
    yield sim
    server.shutdown()
    server.server_close()
    sim.close()
    connections.session.cache_clear()


def work_off():
    """Do what a worker does, until the queue is empty."""
    while task := OrmQ.objects.order_by("pk").first():
        package = SignedPackage.loads(task.payload)
        task.delete()
        assert package["func"] == "contacts_sync.tasks.work"
        tasks.work(*package["args"])


def _label(element):
    """What is written on a button; for a screen reader it may go on with the contact's name."""
    return element.text.partition(":")[0].strip()


class Walk:
    """A person at the browser. With SCREENSHOTS=folder every page is kept as a picture."""

    def __init__(self, browser, home):
        self.browser, self.home = browser, home
        self.shots = self.clicks = 0

    def sign_in(self):
        self.go("/settings/")
        self.fill(login="alice@firm.example", password="correct horse")
        self.click("Sign in")

    def go(self, path):
        self.browser.get(path if path.startswith("http") else f"{self.home}{path}")

    def click(self, label):
        """Click the one button or link with these words."""
        found = [
            one
            for one in self.browser.find_elements(By.CSS_SELECTOR, "main a, main button, button")
            if _label(one) == label and one.is_displayed()
        ]
        assert found, f"no {label!r} on {self.browser.current_url}: {self.text}"
        self._press(found[0])

    def _press(self, element):
        """Press, and wait until the page has gone that it was on."""
        self.clicks += 1
        press(self.browser, element)

    def click_containing(self, words):
        """Click the first link with these words in it."""
        self._press(self.browser.find_element(By.PARTIAL_LINK_TEXT, words))

    def click_tile(self, name):
        """Click a number of the page of health."""
        self._press(self.browser.find_element(By.CSS_SELECTOR, f"#{name} a"))

    def click_id(self, name):
        wait = WebDriverWait(self.browser, 10)
        wait.until(lambda driver: driver.find_elements(By.ID, name), f"no #{name}: {self.text}")
        self._press(self.browser.find_element(By.ID, name))

    def fill(self, **fields):
        for name, value in fields.items():
            box = self.browser.find_element(By.NAME, name)
            box.clear()
            box.send_keys(value)

    @property
    def text(self):
        """The words of the page; none while it is being replaced."""
        try:
            return self.browser.find_element(By.TAG_NAME, "body").text
        except (NoSuchElementException, StaleElementReferenceException):
            return ""

    def sees(self, *words):
        """Wait until the page shows all these words."""
        wait = WebDriverWait(self.browser, 10)
        for word in words:
            wait.until(lambda _driver, word=word: word in self.text, f"{word!r} not in {self.text}")

    def number(self, name):
        return int(self.browser.find_element(By.CSS_SELECTOR, f"#{name} .figure-number").text)

    def picture(self, name):
        """Take a picture for the README: with PICTURES=docs/images it is made anew."""
        self.shoot(name)
        if folder := os.environ.get("PICTURES"):
            self.browser.save_screenshot(str(Path(folder) / f"{name}.png"))

    def shoot(self, name):
        folder = os.environ.get("SCREENSHOTS")
        if folder:
            self.shots += 1
            Path(folder).mkdir(parents=True, exist_ok=True)
            self.browser.save_screenshot(str(Path(folder) / f"{self.shots:02}-{name}.png"))


@pytest.fixture
def walk(browser, live_server):
    return Walk(browser, live_server.url)
