"""A person's way through what the pages offer, button by button, in Chromium."""

from __future__ import annotations

import pytest
from django.urls import reverse
from selenium.webdriver.common.by import By

from contacts_sync.models import Contact, ExternalLink, SyncChange
from tests.browsing import press

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


class Person:
    """Somebody who reads what is on the page, and presses what is written there."""

    def __init__(self, browser, origin):
        self.browser, self.origin = browser, origin

    def opens(self, name, *args, query=""):
        self.browser.get(f"{self.origin}{reverse(name, args=args)}{query}")
        return self

    def presses(self, text, number=0):
        words = f"normalize-space(.)='{text}'"
        path = f"//main//*[(self::a or self::button) and {words}]"
        found = [one for one in self.browser.find_elements(By.XPATH, path) if one.is_displayed()]
        assert len(found) > number, f"no “{text}” on {self.browser.current_url}: {self.reads()}"
        press(self.browser, found[number])
        return self

    def ticks(self, selector):
        box = self.browser.find_element(By.CSS_SELECTOR, selector)
        self.browser.execute_script("arguments[0].click()", box)
        return self

    def reads(self):
        return " ".join(self.browser.find_element(By.TAG_NAME, "main").text.split())


@pytest.fixture
def somebody(firm, signed_in, live_server):
    return Person(signed_in(firm.people["syncing"]), live_server.url)


def test_yesterdays_values_come_back_from_the_contacts_page(firm, somebody):
    somebody.opens("admin:contacts_sync_contact_change", firm.anna.pk).presses("Put back…")
    asked = somebody.reads()
    somebody.presses("Put back")

    firm.anna.refresh_from_db()
    assert "The values before are written to the contact" in asked
    assert "syncing@mail.example" in asked
    assert "Anna Berg: put back." in somebody.reads()
    assert firm.anna.job_title == "Judge"


def test_the_other_value_of_a_conflict_is_used(firm, somebody):
    Contact.objects.filter(pk=firm.anna.pk).update(job_title="Clerk")
    somebody.opens("admin:contacts_sync_contact_change", firm.anna.pk)
    somebody.presses("Use the other value…").presses("Use the other value")

    firm.anna.refresh_from_db()
    assert firm.anna.job_title == "Judge"


def test_a_run_is_undone_from_its_report(firm, somebody):
    somebody.opens("admin:contacts_sync_syncrun_change", firm.run.pk).presses("Undo this run…")
    asked = somebody.reads()
    somebody.presses("Undo this run")

    assert "1 change of syncing@mail.example" in asked
    assert "1 change was undone" in somebody.reads()
    assert SyncChange.objects.filter(undoes=firm.change).exists()


def test_duplicates_are_compared_and_merged(firm, somebody):
    somebody.opens("admin:contacts_sync_contact_duplicates").presses("Compare and merge…")
    asked = somebody.reads()
    somebody.presses("Merge")

    firm.twin.refresh_from_db()
    assert "Field by field" in asked
    assert "merged into Anna Berg" in somebody.reads()
    assert firm.twin.deleted_at is not None


def test_the_front_page_leads_to_who_needs_somebody(firm, somebody):
    somebody.opens("admin:index")
    glance = somebody.reads()
    somebody.presses("asked@mail.example")

    assert "2 mailboxes need somebody" in glance
    assert "Microsoft wants you to sign in again" in somebody.reads()


def test_two_of_a_held_group_are_linked_in_the_admin(firm, somebody):
    somebody.opens("admin:contacts_sync_externallink_change", firm.held.pk)
    somebody.ticks("input[name=contact]").ticks("input[name=remote]").presses("Link these two")

    assert not ExternalLink.objects.filter(state="held", group="g").exists() or (
        ExternalLink.objects.filter(state="held", group="g").count() < 2
    )
    assert "The next run brings both sides together" in somebody.reads()


def test_the_owner_puts_a_change_back(firm, somebody):
    somebody.opens("office365_run", firm.run.pk).presses("Put back").presses("Put back")

    firm.anna.refresh_from_db()
    assert firm.anna.job_title == "Judge"
    assert "Anna Berg: put back." in somebody.reads()


def test_the_owner_reads_why_a_contact_is_set_aside(firm, somebody):
    somebody.opens("office365_problems")

    assert "The e-mail address is not valid." in somebody.reads()


def test_the_menu_opens_by_keyboard_on_a_phone(firm, somebody):
    phone = {"width": 400, "height": 850, "deviceScaleFactor": 1, "mobile": False}
    somebody.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", phone)
    somebody.opens("admin:index")
    buttons = somebody.browser.find_elements(By.CSS_SELECTOR, "main button[aria-label=Menu]")
    button = next(one for one in buttons if one.is_displayed())
    shown = [somebody.browser.find_element(By.ID, "nav-sidebar").is_displayed()]
    button.send_keys("\n")
    shown.append(somebody.browser.find_element(By.ID, "nav-sidebar").is_displayed())
    somebody.browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})

    assert shown == [False, True]
