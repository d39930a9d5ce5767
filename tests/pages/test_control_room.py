"""Staff's way through the admin: each action from its button over the page that asks to its result."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from django.urls import reverse

from contacts_sync.models import Contact, ExternalLink, SyncChange
from tests.pages.test_accessible import AXE, RUN, colours
from tests.pages.test_paths import Person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PICTURES = os.environ.get("SCREENSHOTS", "")


class Staff(Person):
    """Somebody of the staff, who also looks whether each page that asks can be read by everybody."""

    def is_asked(self, *says):
        text = self.reads()
        for words in says:
            assert words in text, text
        self.browser.execute_script(AXE)
        assert self.browser.execute_async_script(RUN, {}) == []
        self.shoots(says[0])
        return self

    def shoots(self, name):
        if PICTURES:
            for theme in ("light", "dark"):
                colours(self.browser, theme)
                place = (
                    Path(PICTURES) / f"{name[:40].replace(' ', '-').replace('/', '')}-{theme}.png"
                )
                self.browser.save_screenshot(str(place))
            colours(self.browser, "")

    def selects(self, *names):
        """Tick rows of a list by what stands in them."""
        for name in names:
            path = f"//tr[contains(., '{name}')]//input[contains(@class, 'action-select')]"
            box = self.browser.find_element("xpath", path)
            self.browser.execute_script("arguments[0].click()", box)
        return self

    def chooses(self, action):
        """Choose an action of the list, and go on to the page that asks."""
        self.browser.execute_script(
            "const form = document.querySelector('#changelist-form');"
            "form.querySelector('select[name=action]').value = arguments[0];"
            "form.submit();",
            action,
        )
        return self


@pytest.fixture
def staff(firm, signed_in, live_server):
    return Staff(signed_in(firm.people["root"]), live_server.url)


def test_a_mailbox_is_stopped_from_its_page(firm, staff):
    mailbox = firm.mailboxes["syncing"]
    staff.opens("admin:contacts_sync_connection_change", mailbox.pk).presses("Stop…")
    staff.is_asked("This is what happens", "Both lists stay as they are", mailbox.username)

    staff.presses("Stop")

    mailbox.refresh_from_db()
    assert mailbox.state == "stopped" or mailbox.stop_requested
    assert "1 sync stopped" in staff.reads()


@pytest.mark.parametrize(
    ("button", "go", "says"),
    [
        ("Preview…", "Preview", "Nothing is written to either list."),
        ("Sync now…", "Sync now", "brings both lists together"),
        ("Resync (read everything again)…", "Read everything again", "is read again"),
    ],
)
def test_a_run_is_started_from_the_page_of_a_mailbox(firm, staff, monkeypatch, button, go, says):
    monkeypatch.setattr("contacts_sync.tasks.async_task", lambda *args: None)
    page = staff.opens("admin:contacts_sync_connection_change", firm.mailboxes["syncing"].pk)
    page.presses(button).is_asked(says, "What it touches")

    staff.presses(go)

    assert "1 run queued" in staff.reads()


@pytest.mark.parametrize(
    ("answer", "status"),
    [("Delete them in Outlook", "approved"), ("Restore them in Clio", "dismissed")],
)
def test_held_deletions_are_decided(firm, staff, answer, status):
    query = f"?mailbox={firm.mailboxes['syncing'].pk}"
    staff.opens("admin:contacts_sync_syncchange_held", query=query)
    staff.is_asked("Unusually many contacts are to be deleted", "Each comes back from the trash")
    staff.presses(f"{answer}…").is_asked("What it touches", "Cyd Berg")

    staff.presses(answer)

    assert SyncChange.objects.get(guard="deletions").status == status
    assert "1 change" in staff.reads()


def test_who_is_held_is_kept_twice(firm, staff):
    query = f"?mailbox={firm.mailboxes['syncing'].pk}"
    staff.opens("admin:contacts_sync_syncchange_held", query=query).presses("Keep both…")
    staff.is_asked("None of them is linked", "Bea")

    staff.presses("Keep both")

    assert ExternalLink.objects.filter(group="g", decision="keep").count() == 2


@pytest.mark.parametrize(
    ("state", "button", "says"),
    [
        ("gone", "Put back in Outlook", "is created again"),
        ("apart", "Take back in", "matched like a new one"),
        ("linked", "Leave out", "nothing is deleted"),
    ],
)
def test_a_link_is_decided_from_its_page(firm, staff, state, button, says):
    link = ExternalLink.objects.filter(state=state, problem="").first()
    page = staff.opens("admin:contacts_sync_externallink_change", link.pk)
    page.presses(f"{button}…").is_asked(says, "What it touches")

    staff.presses(button)

    assert not ExternalLink.objects.filter(pk=link.pk, state=state).exists()


def test_contacts_are_left_out_of_a_mailbox(firm, staff):
    mailbox = firm.mailboxes["working"]
    staff.opens("admin:contacts_sync_contact_changelist").selects("Anna Berg").chooses("leave_out")
    staff.is_asked("Out of which mailboxes?", "Anna Berg")

    staff.ticks(f"input[name=choice][value='{mailbox.pk}']").presses("Leave out")

    assert ExternalLink.objects.get(connection=mailbox).state == "apart"


def test_a_contact_is_restored(firm, staff):
    staff.opens("admin:contacts_sync_contact_trash").selects("Zoe Gone").chooses("restore")
    staff.is_asked("They are in the list again", "Zoe Gone")

    staff.presses("Restore")

    firm.trashed.refresh_from_db()
    assert firm.trashed.deleted_at is None


def test_a_merge_is_undone_in_one_step(firm, staff):
    staff.opens("admin:contacts_sync_contact_duplicates").presses("Compare and merge…")
    staff.presses("Merge")
    staff.presses("Put back…").is_asked("Both contacts are put back as they were")

    staff.presses("Put back")

    firm.twin.refresh_from_db()
    assert firm.twin.deleted_at is None
    assert Contact.objects.alive().filter(last_name="Berg").count() >= 2


def test_two_are_told_apart_and_asked_about_again(firm, staff):
    page = staff.opens("admin:contacts_sync_contact_duplicates")
    before = page.reads().count("Compare and merge…")
    page.presses("Not the same")
    assert "nobody is asked again" in staff.reads()
    assert staff.reads().count("Compare and merge…") == before - 1

    staff.opens("admin:contacts_sync_contact_duplicates", query="?show=apart").presses("Ask again")

    staff.opens("admin:contacts_sync_contact_duplicates")
    assert staff.reads().count("Compare and merge…") == before


@pytest.mark.parametrize("width", [1440, 1200, 1100])
def test_the_menu_stands_beside_the_page_on_a_desk(firm, staff, width):
    screen = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    staff.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    staff.opens("admin:index")
    menu = staff.browser.find_element("id", "nav-sidebar")
    main = staff.browser.find_element("id", "main")

    assert menu.is_displayed()
    assert main.rect["x"] >= menu.rect["width"] - 1
    assert main.rect["x"] + main.rect["width"] <= width
    staff.shoots(f"dashboard {width}")
    buttons = staff.browser.find_elements("css selector", ".desk-menu-wide")
    button = next(one for one in buttons if one.is_displayed())
    button.click()
    assert not menu.is_displayed()
    button.click()
    staff.browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


@pytest.mark.parametrize(
    "model", ["contact", "connection", "syncrun", "syncchange", "externallink"]
)
def test_a_list_is_looked_at_on_a_desk_and_a_phone(firm, staff, model):
    for width in (1200, 400):
        screen = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        staff.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
        staff.browser.get(f"{staff.origin}{reverse(f'admin:contacts_sync_{model}_changelist')}")
        wide = "return document.documentElement.scrollWidth > window.innerWidth"
        assert not staff.browser.execute_script(wide)
        staff.shoots(f"{model} list {width}")
    staff.browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
