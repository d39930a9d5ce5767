"""Names and values of contacts as pages show them."""

from __future__ import annotations

from django import template
from django.contrib.humanize.templatetags.humanize import naturaltime
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localtime

from contacts_sync.wording import texts

register = template.Library()


@register.filter
def named(name: object) -> str:
    """Write a contact's name: never blank, never too long, and it never turns the line."""
    return texts.named(name)


@register.filter
def own(text: object) -> SafeString:
    """Write a value that is cut already where it is long, with a direction of its own."""
    return format_html("<bdi>{}</bdi>", text)


@register.filter
def ago(moment: object) -> SafeString:
    """Write a moment as people say it, with the exact time to be hovered or read by a program."""
    if not moment:
        return SafeString("")
    at = localtime(moment)  # type: ignore[arg-type]
    return format_html(
        '<time datetime="{}" title="{} {}">{}</time>',
        at.isoformat(),
        date_format(at, "DATETIME_FORMAT"),
        at.tzname(),
        naturaltime(at),
    )
