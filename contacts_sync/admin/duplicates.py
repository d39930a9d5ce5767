"""Contacts of the firm's list that may be the same: found, compared field by field, and merged."""

from __future__ import annotations

from itertools import combinations
from typing import Any

from django.contrib import admin, messages
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from contacts_sync import triggers
from contacts_sync.admin.comparing import Comparison, compare
from contacts_sync.models import Contact, ExternalLink
from contacts_sync.run import decisions, merging
from contacts_sync.store import distinct
from contacts_sync.store.duplicates import LARGE, Duplicates, find
from contacts_sync.wording import why

KEPT = 3600
"""How many seconds the groups are kept while nothing changes; the list is read as a whole for them."""
FOUND = 2000
"""How many groups are looked for."""
SHORT = 2_000
"""A list of no more contacts is looked through in a moment."""

PER_PAGE = 25
RIGHTS = ("contacts_sync.change_contact", "contacts_sync.delete_contact")


def may_merge(user: Any) -> bool:
    """Whether a person may merge: one contact is edited, the other goes to the trash."""
    return bool(user.has_perms(RIGHTS))


def groups() -> list[Duplicates]:
    """Give the groups of contacts that look alike; they are found anew when any contact changed."""
    key = _key()
    if key is None:
        return find(FOUND)
    found: list[Duplicates] | None = cache.get(key)
    if found is None:
        found = find(FOUND)
        cache.set(key, found, KEPT)
    return found


def known(contacts: int) -> int | None:
    """Count the groups where that costs little: in a short list, or when it was looked through before."""
    if contacts <= SHORT:
        return len(groups())
    key = _key()
    found = cache.get(key) if key else None
    return None if found is None else len(found)


def _key() -> str | None:
    """Name the state of the list and of what was told apart; nothing while somebody is writing."""
    mark = triggers.watermark()
    return None if mark is None else f"duplicates-{mark}-{distinct.mark()}"


def changelist(request: HttpRequest) -> HttpResponse:
    """List the groups: those that are equal by the rule of the sync first, then those that look alike."""
    if not request.user.has_perm("contacts_sync.view_contact"):
        raise PermissionDenied
    everything = found = groups()
    exact = sum(group.exact for group in found)
    told_apart = _living(sorted(distinct.pairs()))
    kind = request.GET.get("show", "")
    if kind in ("exact", "near"):
        found = [group for group in found if group.exact == (kind == "exact")]
    if kind == "apart":
        found = [Duplicates(pair, False, "told apart") for pair in told_apart]
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    return _show(
        request,
        "admin/contacts_sync/contact/duplicates.html",
        title=_("Duplicates"),
        page=page,
        groups=_told(list(page)),
        kind=kind,
        counts={
            "all": len(everything),
            "exact": exact,
            "near": len(everything) - exact,
            "apart": len(told_apart),
        },
        full=len(everything) == FOUND,
        may_merge=may_merge(request.user),
    )


def _living(pairs: list[distinct.Pair]) -> list[distinct.Pair]:
    """Keep the pairs of which neither is in the trash."""
    pks = {pk for pair in pairs for pk in pair}
    alive = set(Contact.objects.alive().filter(pk__in=pks).values_list("pk", flat=True))
    return [pair for pair in pairs if alive.issuperset(pair)]


def _told(page: list[Duplicates]) -> list[dict[str, Any]]:
    """Put the groups of a page into words, in a fixed number of queries."""
    pks = {pk for group in page for pk in group.contacts}
    rows = (
        Contact.objects.alive()
        .filter(pk__in=pks)
        .select_related("company")
        .prefetch_related("emails", "phones")
    )
    contacts = {contact.pk: contact for contact in rows}
    linked = ExternalLink.objects.filter(contact__in=pks, state=ExternalLink.State.LINKED)
    mailboxes: dict[int, list[str]] = {}
    for pk, name in linked.values_list("contact_id", "connection__username"):
        mailboxes.setdefault(pk, []).append(name)
    return [
        {
            "reason": why(group.reason),
            "small": len(group.contacts) <= LARGE,
            "contacts": [
                (contacts[pk], sorted(mailboxes.get(pk, ())))
                for pk in group.contacts
                if pk in contacts
            ],
        }
        for group in page
    ]


def apart(request: HttpRequest) -> HttpResponse:
    """Remember that contacts are not the same, each of them and every other; or forget it again."""
    if not may_merge(request.user):
        raise PermissionDenied
    back = reverse("admin:contacts_sync_contact_duplicates")
    if request.method != "POST":
        return HttpResponseRedirect(back)
    chosen = _chosen(request.POST.getlist("contact"))
    pairs = list(combinations(chosen, 2))
    if not pairs or len(chosen) > LARGE:
        messages.warning(request, _("Choose two contacts of the same kind."))
        return HttpResponseRedirect(back)
    names = ", ".join(f"{contact} #{contact.pk}" for contact in chosen)
    if "forget" in request.POST:
        for one, other in pairs:
            distinct.forget(one, other)
        messages.success(request, _("%(names)s may be the same again.") % {"names": names})
        return HttpResponseRedirect(f"{back}?show=apart")
    for one, other in pairs:
        distinct.tell_apart(one, other, request.user)
    text = _(
        "%(names)s are not the same, and nobody is asked again. Under “Told apart” this can be changed."
    )
    messages.success(request, text % {"names": names})
    return HttpResponseRedirect(back)


def merge(request: HttpRequest) -> HttpResponse:
    """Show field by field what survives and which copies go where, then merge."""
    if not may_merge(request.user):
        raise PermissionDenied
    data = request.POST if request.method == "POST" else request.GET
    pair = _pair(data.getlist("contact"))
    if pair is None:
        messages.warning(request, _("Choose two contacts of the same kind."))
        return HttpResponseRedirect(reverse("admin:contacts_sync_contact_duplicates"))
    keep, drop = pair
    comparison = compare(keep, drop)
    if request.method == "POST" and (answer := _merge(request, keep, drop, comparison)):
        return answer
    others = urlencode({"contact": [drop.pk, keep.pk]}, doseq=True)
    return _show(
        request,
        "admin/contacts_sync/contact/merge.html",
        title=_("Merge two contacts"),
        keep=keep,
        drop=drop,
        comparison=comparison,
        swap=f"?{others}",
        cancel=reverse("admin:contacts_sync_contact_duplicates"),
    )


def _pair(numbers: list[str]) -> tuple[Contact, Contact] | None:
    """Find the two contacts, the one that is kept first."""
    chosen = _chosen(numbers)
    if len(chosen) != 2 or chosen[0].kind != chosen[1].kind:
        return None
    return chosen[0], chosen[1]


def _chosen(numbers: list[str]) -> list[Contact]:
    pks = [int(one) for one in numbers if one.isdecimal() and len(one) < 19]
    found = Contact.objects.alive().select_related("company").in_bulk(pks)
    return [found[pk] for pk in dict.fromkeys(pks) if pk in found]


def _merge(
    request: HttpRequest, keep: Contact, drop: Contact, comparison: Comparison
) -> HttpResponse | None:
    """Merge as the form says; nothing when the contacts are no longer what the person has seen."""
    if request.POST.get("state") != comparison.state:
        messages.warning(
            request,
            _("Somebody changed one of the two after you opened this page. Look at it again."),
        )
        return None
    chosen = {}
    for field in comparison.fields:
        side = request.POST.get(f"field-{field.name}")
        if field.differs and side in ("ours", "theirs"):
            chosen[field.name] = field.ours if side == "ours" else field.theirs
    try:
        merging.merge_contacts(keep, drop, request.user, chosen)
    except decisions.NotPossible as error:
        messages.error(request, str(error))
        return None
    text = _(
        "%(drop)s was merged into %(keep)s. The history below says what changed, and undoes it."
    )
    both = {"drop": f"{drop} #{drop.pk}", "keep": f"{keep} #{keep.pk}"}
    messages.success(request, text % both)
    return HttpResponseRedirect(reverse("admin:contacts_sync_contact_change", args=[keep.pk]))


def merge_selected(request: HttpRequest, queryset: QuerySet[Contact]) -> HttpResponse | None:
    """Lead from the list of contacts, where two are selected, to the page that compares them."""
    pks = list(queryset.order_by("pk").values_list("pk", flat=True)[:3])
    if len(pks) != 2:
        messages.warning(request, _("Select exactly two contacts to merge them."))
        return None
    url = reverse("admin:contacts_sync_contact_merge")
    return HttpResponseRedirect(f"{url}?{urlencode({'contact': pks}, doseq=True)}")


def _show(request: HttpRequest, template: str, **context: Any) -> TemplateResponse:
    return TemplateResponse(
        request, template, {**admin.site.each_context(request), "subtitle": None, **context}
    )
