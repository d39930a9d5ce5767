"""The pages of this application."""

from __future__ import annotations

from django.urls import path

from contacts_sync.views import (
    authorization,
    decide,
    health,
    history,
    lists,
    metrics,
    office365,
    preview,
    same_for_all,
    settings,
    sync,
    undoing,
)

SYNC = "settings/contact-and-calendar-sync/"
OFFICE = f"{SYNC}office365/"
CONTACTS = f"{OFFICE}contacts/"

urlpatterns = [
    path("settings/", settings.settings, name="settings"),
    path(SYNC, settings.overview, name="contact_and_calendar_sync"),
    path(OFFICE, office365.office365, name="office365"),
    path(f"{OFFICE}authorize/", authorization.authorize, name="office365_authorize"),
    path(f"{OFFICE}callback/", authorization.callback, name="office365_callback"),
    path(f"{OFFICE}disconnect/", authorization.disconnect, name="office365_disconnect"),
    path(f"{OFFICE}another-account/", authorization.replace, name="office365_another_account"),
    path(f"{CONTACTS}preview/", preview.preview, name="office365_preview"),
    path(f"{CONTACTS}start/", sync.start, name="office365_start"),
    path(f"{CONTACTS}stop/", sync.stop, name="office365_stop"),
    path(f"{CONTACTS}sync-now/", sync.sync_now, name="office365_sync_now"),
    path(f"{CONTACTS}progress/", sync.progress, name="office365_progress"),
    path(f"{CONTACTS}winner/", office365.winner, name="office365_winner"),
    path(f"{CONTACTS}leave-out/", preview.leave_out, name="office365_leave_out"),
    path(
        f"{CONTACTS}leave-out/ticked/", preview.leave_out_ticked, name="office365_leave_out_ticked"
    ),
    path(f"{CONTACTS}leave-out/all/", preview.leave_out_all, name="office365_leave_out_all"),
    path(f"{CONTACTS}take-back-in/", lists.take_back_in, name="office365_take_back_in"),
    path(f"{CONTACTS}decisions/", decide.waiting, name="office365_decisions"),
    path(f"{CONTACTS}decisions/answer/", decide.answer, name="office365_answer"),
    path(f"{CONTACTS}decisions/link/", decide.link, name="office365_link"),
    path(f"{CONTACTS}decisions/different/", decide.tell_apart, name="office365_tell_apart"),
    path(
        f"{CONTACTS}decisions/same-for-all/<slug:about>/<slug:answer>/",
        same_for_all.same_for_all,
        name="office365_same_for_all",
    ),
    path(f"{CONTACTS}decisions/keep-both/", decide.keep_both, name="office365_keep_both"),
    path(
        f"{CONTACTS}decisions/leave-out/", decide.leave_out_group, name="office365_leave_out_group"
    ),
    path(f"{CONTACTS}decisions/held/<slug:name>/", decide.guard, name="office365_guard"),
    path(f"{CONTACTS}not-in-outlook/", lists.missing, name="office365_missing"),
    path(f"{CONTACTS}list/", lists.contacts, name="office365_contacts"),
    path(f"{CONTACTS}list/<int:pk>/", lists.contact, name="office365_contact"),
    path(f"{CONTACTS}put-back/", lists.put_back, name="office365_put_back"),
    path(f"{CONTACTS}problems/", lists.problems, name="office365_problems"),
    path(f"{CONTACTS}problems/try-again/", lists.try_again, name="office365_try_again"),
    path(f"{CONTACTS}history/", history.runs, name="office365_history"),
    path(f"{CONTACTS}history/<int:pk>/", history.run, name="office365_run"),
    path(f"{CONTACTS}history/changes/<int:pk>/put-back/", undoing.put_back, name="office365_undo"),
    path(
        f"{CONTACTS}history/changes/<int:pk>/other-value/<int:number>/",
        undoing.other_value,
        name="office365_other_value",
    ),
    path("healthz", health.alive, name="healthz"),
    path("readyz", health.ready, name="readyz"),
    path("metrics", metrics.metrics, name="metrics"),
]
