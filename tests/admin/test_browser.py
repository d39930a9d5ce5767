"""What only a browser shows: scripts and styles load under our policy, and one value is primary."""

from __future__ import annotations

import pytest
from django.urls import reverse

from contacts_sync.models import EmailAddress

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_ticking_primary_unticks_the_other(signed_in, people, anna, live_server):
    EmailAddress.objects.create(contact=anna, address="second@x.example")
    browser = signed_in(people["member"])
    browser.get(live_server.url + reverse("admin:contacts_sync_contact_change", args=[anna.pk]))

    browser.execute_script("document.getElementById('id_emails-1-primary').click()")

    ticked = [
        browser.execute_script(f"return document.getElementById('id_emails-{row}-primary').checked")
        for row in (0, 1)
    ]
    assert ticked == [False, True]


@pytest.mark.parametrize("width", [1280, 400])
def test_pages_load_without_a_complaint_and_fit(signed_in, people, anna, live_server, width):
    browser = signed_in(people["superuser"])
    browser.set_window_size(width, 900)

    for name in ("admin:index", "admin:contacts_sync_contact_changelist", "admin:auth_user_add"):
        browser.get(live_server.url + reverse(name))
        wide = browser.execute_script(
            "return document.documentElement.scrollWidth > window.innerWidth"
        )
        assert not wide, name
    browser.set_window_size(1200, 900)
