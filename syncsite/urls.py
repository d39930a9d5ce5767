"""The three houses on this street: the admin, sign-in, and our own pages."""

from __future__ import annotations

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from contacts_sync.views import microsoft_sign_in

# Rate limits and two-factor codes guard the admin too, because there is only one way to sign in.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

urlpatterns = [
    path("", RedirectView.as_view(url="/settings/"), name="home"),
    # One way to change a password, with its rate limit and its mail.
    path("admin/password_change/", RedirectView.as_view(pattern_name="account_change_password")),
    path("admin/", admin.site.urls),
    # Before theirs, whose address is the same and asks for no tenant.
    path("accounts/microsoft/login/callback/", microsoft_sign_in.callback),
    path("accounts/", include("allauth.urls")),
    path("", include("contacts_sync.urls")),
]
