"""People and roles: who is invited, and what nobody may give to himself."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import Group, User
from django.urls import reverse

from contacts_sync import roles

pytestmark = pytest.mark.django_db(transaction=True)

ADD = "admin:auth_user_add"


def _invite(client, email="new@firm.example"):
    data = {"email": email, "first_name": "New", "groups": [Group.objects.get(name="member").pk]}
    return client.post(reverse(ADD), data)


def test_an_invited_person_chooses_a_password_and_signs_in(enter, client, mailoutbox):
    _invite(enter("administrator"))
    client.logout()

    (mail,) = mailoutbox
    link = re.search(r"http://testserver(/\S+)", mail.body.split("Choose a password")[1])[1]
    page = client.get(link, follow=True)
    client.post(
        page.request["PATH_INFO"], {"password1": "correct horse 9", "password2": "correct horse 9"}
    )
    client.post(
        reverse("account_login"), {"login": "new@firm.example", "password": "correct horse 9"}
    )

    assert client.get(reverse("admin:index")).status_code == 200
    assert mail.to == ["new@firm.example"]


def test_the_link_of_an_invitation_is_on_no_page(enter, mailoutbox):
    answer = _invite(enter("administrator"))

    page = enter("administrator").get(answer.url).content.decode()
    assert "An invitation was sent to new@firm.example." in page
    assert "/accounts/password/reset/key/" not in page


def test_an_address_is_invited_once(enter, people):
    answer = _invite(enter("administrator"), people["member"].email.upper())

    assert "Somebody signs in with this address already." in answer.content.decode()


def test_a_failing_mail_server_is_told(enter, monkeypatch):
    def refuse(*args, **kwargs):
        raise ConnectionRefusedError

    monkeypatch.setattr("contacts_sync.admin.invitation.send_mail", refuse)

    answer = _invite(enter("administrator"))

    page = enter("administrator").get(answer.url).content.decode()
    assert "the invitation was not sent (ConnectionRefusedError)" in page


def test_an_administrator_makes_nobody_a_superuser(enter, people):
    person = people["administrator"]
    url = reverse("admin:auth_user_change", args=[person.pk])

    enter("administrator").post(
        url,
        {
            "email": person.email,
            "is_active": "on",
            "is_staff": "on",
            "is_superuser": "on",
            "groups": [group.pk for group in person.groups.all()],
        },
    )

    assert not User.objects.get(pk=person.pk).is_superuser


@pytest.mark.parametrize("page", ["change", "password_change"])
def test_an_administrator_does_not_touch_a_superuser(enter, people, page):
    name = {
        "change": "admin:auth_user_change",
        "password_change": "admin:auth_user_password_change",
    }
    url = reverse(name[page], args=[people["superuser"].pk])

    answer = enter("administrator").post(
        url, {"password1": "x", "password2": "x", "email": "a@b.c"}
    )

    assert answer.status_code == 403


@pytest.mark.parametrize("role", ["reader", "member", "operator"])
def test_only_administrators_invite(enter, role, mailoutbox):
    answer = _invite(enter(role))

    assert (answer.status_code, mailoutbox) == (403, [])


def test_an_administrator_changes_no_role(enter):
    client = enter("administrator")
    group = Group.objects.get(name="member")

    answer = client.post(reverse("admin:auth_group_change", args=[group.pk]), {"name": "x"})

    assert answer.status_code == 403


def test_the_groups_hold_what_the_table_says():
    roles.ensure_groups()
    Group.objects.get(name=roles.READER).permissions.clear()
    roles.ensure_groups()

    found = {
        group.name: {
            f"{one.content_type.app_label}.{one.codename}"
            for one in group.permissions.select_related("content_type")
        }
        for group in Group.objects.all()
    }
    assert found == {name: set(names) for name, names in roles.ROLES.items()}


def test_a_member_sees_contacts_and_deletes_none(people):
    member = people["member"]

    assert member.has_perm("contacts_sync.change_contact")
    assert not member.has_perm(roles.DELETE)
    assert not member.has_perm("contacts_sync.view_connection")


def test_the_table_of_rights_says_what_each_role_may(enter):
    page = enter("administrator").get(reverse("admin:auth_group_changelist"))

    roles = page.context["roles"]
    rights = {
        str(text): dict(zip(roles, held, strict=True)) for text, held in page.context["rights"]
    }
    assert rights["Look at the firm's contacts"] == dict.fromkeys(roles, True)
    assert [role for role, yes in rights["Approve and dismiss what is held"].items() if yes] == [
        "operator",
        "administrator",
    ]
    assert [role for role, yes in rights["Add and edit contacts"].items() if not yes] == ["reader"]
    assert not any(rights["Change roles; look at sign-in records and the queue"].values())
    assert "Who may do what" in page.content.decode()
