"""People and their roles: staff invite, nobody signs up."""

from __future__ import annotations

from typing import Any

from allauth.account import admin as account_admin
from allauth.account.models import EmailAddress
from allauth.mfa import admin as mfa_admin
from allauth.mfa.models import Authenticator
from allauth.socialaccount import admin as social_admin
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from allauth.usersessions import admin as sessions_admin
from allauth.usersessions.models import UserSession
from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin as StockGroupAdmin
from django.contrib.auth.admin import UserAdmin as StockUserAdmin
from django.contrib.auth.models import Group, User
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.forms import AdminPasswordChangeForm, UserChangeForm
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget as Checkboxes

from contacts_sync.admin.base import ModelAdmin, RecordAdmin, badge
from contacts_sync.admin.invitation import invite
from contacts_sync.roles import DECIDE, DELETE, EXPORT, MEMBER, PAIR, RELEASE, START

__all__ = [
    "account_admin",
    "mfa_admin",
    "sessions_admin",
    "social_admin",
]  # imported first: they register, we replace


class PersonForm(UserChangeForm):
    """A user, with an address that nobody else signs in with."""

    class Meta(UserChangeForm.Meta):
        model = User

    def clean_email(self) -> str:
        return _free(self.cleaned_data.get("email", ""), self.instance.pk)


class InvitationForm(forms.ModelForm):
    """Whom to invite. The address is the name to sign in with."""

    class Meta:
        model = User
        fields = ("email", "first_name", "last_name", "groups")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].required = True
        self.fields["groups"].required = True
        self.initial.setdefault("groups", Group.objects.filter(name=MEMBER))

    def clean_email(self) -> str:
        return _free(self.cleaned_data["email"])


def _free(email: str, pk: int | None = None) -> str:
    taken = User.objects.filter(email__iexact=email)
    if email and any(user.pk != pk for user in taken):
        raise forms.ValidationError(_("Somebody signs in with this address already."))
    return email


admin.site.unregister([User, Group])


@admin.register(User)
class UserAdmin(StockUserAdmin, ModelAdmin):  # type: ignore[misc]  # the theme is untyped
    """Users. Only superusers touch superusers, and what makes one."""

    form = PersonForm
    add_form = InvitationForm
    add_form_template = "admin/change_form.html"
    change_password_form = AdminPasswordChangeForm
    list_display = ("email", "shown_name", "roles", "mailbox", "is_active", "last_login")
    list_display_links = ("email",)
    list_filter = ("groups", "is_active", "is_superuser")
    search_fields = ("email", "username", "first_name", "last_name")
    ordering = ("email", "pk")
    filter_horizontal = ()
    actions = ("invite_again",)
    readonly_fields = ("last_login", "date_joined")
    add_fieldsets = ((None, {"fields": ("email", ("first_name", "last_name"), "groups")}),)
    fieldsets = (
        (None, {"fields": ("email", ("first_name", "last_name"), "password")}),
        (gettext_lazy("Rights"), {"fields": ("is_active", "is_staff", "groups")}),
        (gettext_lazy("Times"), {"fields": (("last_login", "date_joined"),)}),
    )

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None or not request.user.is_superuser:
            return fieldsets
        rights = {"fields": ("is_superuser", "user_permissions"), "classes": ["collapse"]}
        return (*fieldsets, (_("For superusers"), rights))

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "groups":
            kwargs |= {"widget": Checkboxes(), "help_text": _("What this person may do.")}
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("groups", "connections")

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        if obj is not None and obj.is_superuser and not request.user.is_superuser:
            return False
        return super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return request.user.is_superuser

    @admin.display(description=gettext_lazy("name"), ordering="last_name")
    def shown_name(self, user: User) -> str:
        return user.get_full_name()

    @admin.display(description=gettext_lazy("roles"))
    def roles(self, user: User) -> SafeString:
        badges = [badge(group.name) for group in user.groups.all()]
        if user.is_superuser:
            badges.insert(0, badge(_("superuser")))
        return mark_safe(" ".join(badges) or "–")  # noqa: S308  escaped by badge

    @admin.display(description=gettext_lazy("mailbox"))
    def mailbox(self, user: User) -> str:
        return ", ".join(
            connection.username
            for connection in user.connections.all()
            if connection.state != connection.State.RETIRED
        )

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        obj.username = obj.email.lower()[:150]
        obj.is_staff = True  # the firm's contacts are read in the admin
        obj.set_unusable_password()
        super().save_model(request, obj, form, change)
        transaction.on_commit(lambda: invite(request, obj))

    @admin.action(description=gettext_lazy("Invite again"), permissions=["add"])
    def invite_again(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        chosen = list(queryset.filter(is_active=True, last_login=None).exclude(email=""))
        sent = sum(invite(request, user) for user in chosen)
        if len(chosen) != queryset.count():
            messages.warning(
                request, _("Whoever has signed in before, or is not active, got no mail.")
            )
        if sent > 1:
            text = ngettext("%(number)s invitation sent.", "%(number)s invitations sent.", sent)
            messages.success(request, text % {"number": sent})


@admin.register(Group)
class GroupAdmin(StockGroupAdmin, ModelAdmin):  # type: ignore[misc]
    """Roles, above them what each of them may. Superusers may add others."""

    list_before_template = "admin/auth/group/rights.html"

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return super().changelist_view(request, {**rights_table(), **(extra_context or {})})

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.is_superuser

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.is_superuser

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.is_superuser


RIGHTS: tuple[tuple[Any, str], ...] = (
    (gettext_lazy("Look at the firm's contacts"), "contacts_sync.view_contact"),
    (gettext_lazy("Add and edit contacts"), "contacts_sync.change_contact"),
    (gettext_lazy("Delete, restore and merge contacts"), DELETE),
    (gettext_lazy("Import files"), "contacts_sync.add_contactimport"),
    (gettext_lazy("Export many contacts"), EXPORT),
    (
        gettext_lazy("Look at all mailboxes, their contacts, runs and changes"),
        "contacts_sync.view_connection",
    ),
    (gettext_lazy("Start, stop and resync mailboxes"), START),
    (gettext_lazy("Approve and dismiss what is held"), DECIDE),
    (gettext_lazy("Link, keep both, leave out, put back in Outlook"), PAIR),
    (gettext_lazy("Release an account"), RELEASE),
    (gettext_lazy("Invite people and give roles"), "auth.add_user"),
    (gettext_lazy("Change roles; look at sign-in records and the queue"), ""),
)
"""What a person may do, and the permission that stands for it; none for superusers only."""


def rights_table() -> dict[str, Any]:
    """Say who may do what, as the database has it: a row for each right, a column for each role."""
    groups = Group.objects.order_by("pk").prefetch_related("permissions__content_type")
    held = {
        group.name: {
            f"{one.content_type.app_label}.{one.codename}" for one in group.permissions.all()
        }
        for group in groups
    }
    rows = [
        (text, [permission in permissions for permissions in held.values()])
        for text, permission in RIGHTS
    ]
    return {"roles": list(held), "rights": rows}


class SignInAdmin(RecordAdmin):
    """How people sign in: for superusers, who can remove a lost second factor, and read no secret."""

    list_select_related = ("user",)
    search_fields = ("user__email",)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return request.user.is_superuser

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.is_superuser

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.is_superuser


class EmailAddressAdmin(SignInAdmin):
    list_display = ("email", "user", "verified", "primary")


class SocialAccountAdmin(SignInAdmin):
    list_display = ("user", "provider", "last_login")
    fields = ("user", "provider", "uid", "last_login", "date_joined")


class AuthenticatorAdmin(SignInAdmin):
    list_display = ("user", "type", "created_at", "last_used_at")
    fields = ("user", "type", "created_at", "last_used_at")


for _model, _admin in (
    (EmailAddress, EmailAddressAdmin),
    (SocialAccount, SocialAccountAdmin),
    (Authenticator, AuthenticatorAdmin),
    (SocialApp, None),  # the sign-in is set in the environment
    (SocialToken, None),  # none is kept
    (UserSession, None),  # everybody ends their own, under Your account
):
    if admin.site.is_registered(_model):
        admin.site.unregister(_model)
    if _admin is not None:
        admin.site.register(_model, _admin)
