"""The rows of the contact list: loaded in a fixed number of queries, with where each stands in Outlook."""

from __future__ import annotations

from typing import Any

from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from contacts_sync.admin.base import BAD, GOOD, INFO, PLAIN, WARN, ChangeList, badge
from contacts_sync.models import Contact, EmailAddress, ExternalLink, PhoneNumber

State = ExternalLink.State


class ContactList(ChangeList):
    """The rows of one page, with what they show, in a fixed number of queries."""

    def get_queryset(self, request: HttpRequest, *args: Any, **kwargs: Any) -> QuerySet[Contact]:
        first = ["-primary", "pk"]
        links = ExternalLink.objects.only("contact_id", "state", "problem")
        return (
            super()
            .get_queryset(request, *args, **kwargs)
            .prefetch_related(
                Prefetch("emails", EmailAddress.objects.order_by(*first)),
                Prefetch("phones", PhoneNumber.objects.order_by(*first)),
                Prefetch("links", links),
            )
        )


def outlook_badges(contact: Contact) -> SafeString:
    """Say in how many mailboxes a contact is, is on the way, or is not."""
    links = list(contact.links.all())
    tell = (
        (lambda link: link.state == State.LINKED, _in_mailboxes, GOOD),
        (lambda link: link.state == State.CREATING, _("%(number)s on the way"), INFO),
        (lambda link: link.state == State.DELETING, _("%(number)s to be deleted"), INFO),
        (lambda link: link.state == State.GONE, _("removed in %(number)s"), WARN),
        (lambda link: link.state == State.HELD, _("%(number)s held"), WARN),
        (lambda link: link.state == State.APART, _("left out in %(number)s"), PLAIN),
        (lambda link: bool(link.problem), _("%(number)s refused"), BAD),
    )
    badges = []
    for fits, words, colour in tell:
        if number := sum(map(fits, links)):
            text = words(number) if callable(words) else words
            badges.append(badge(text % {"number": number}, colour))
    return mark_safe(" ".join(badges or [badge(_("not in Outlook"))]))  # noqa: S308  escaped above


def _in_mailboxes(number: int) -> str:
    return ngettext("in %(number)s mailbox", "in %(number)s mailboxes", number)
