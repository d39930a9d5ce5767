"""Every write to a contact raises its revision, on both databases; a link's writes raise nothing."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection, connections, transaction
from django.db.models import F
from django.utils import timezone

from contacts_sync import migrations, triggers
from contacts_sync.models import (
    Connection,
    Contact,
    EmailAddress,
    ExternalLink,
    PhoneNumber,
    RemoteContact,
)
from contacts_sync.models.contact import VALUE_MODELS

pytestmark = pytest.mark.django_db

committed = pytest.mark.django_db(transaction=True)
postgresql_only = pytest.mark.skipif(
    "connection.vendor != 'postgresql'", reason="SQLite has one writer at a time"
)

# The column that holds the value, for each kind of value.
COLUMNS = {
    "emails": "address",
    "phones": "number",
    "messengers": "address",
    "addresses": "city",
    "websites": "url",
}
every_value = pytest.mark.parametrize(
    ("model", "column"),
    [(model, COLUMNS[kind]) for kind, model in VALUE_MODELS.items()],
    ids=list(VALUE_MODELS),
)


def revision(contact):
    return Contact.objects.values_list("revision", flat=True).get(pk=contact.pk)


def settled(remote):
    return RemoteContact.objects.values_list("settled", flat=True).get(pk=remote.pk)


def sql(statement, *parameters):
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)


@contextmanager
def raised(*contacts):
    """Expect that each of these contacts gets a new number, higher than any before."""
    before = triggers.watermark()
    yield
    assert [revision(contact) > before for contact in contacts] == [True] * len(contacts)


@contextmanager
def unraised(*contacts):
    """Expect that none of these contacts gets a new number."""
    before = [revision(contact) for contact in contacts]
    yield
    assert [revision(contact) for contact in contacts] == before


@pytest.fixture
def anna():
    return Contact.objects.create(first_name="Anna")


@pytest.fixture
def bert():
    return Contact.objects.create(first_name="Bert")


@pytest.fixture
def acme():
    return Contact.objects.create(kind="company", name="Acme")


@pytest.fixture
def mailbox(alice):
    return Connection.objects.create(
        owner=alice, tenant_id="t", object_id="o", username="alice@firm.example"
    )


@pytest.fixture
def remote(mailbox):
    return mailbox.mirror.create(remote_id="r1", fingerprint="f1", settled="f1")


@pytest.fixture
def other_remote(mailbox):
    return mailbox.mirror.create(remote_id="r2", fingerprint="f2", settled="f2")


@pytest.fixture
def link(mailbox, anna, remote):
    return mailbox.links.create(contact=anna, mirror=remote, remote_id="r1", state="linked")


# --- A contact's own row ------------------------------------------------------------------------


def test_a_new_contact_has_a_number(anna):
    assert revision(anna) > 0


def test_contacts_made_together_have_numbers_and_primary_keys():
    with raised():
        made = Contact.objects.bulk_create([Contact(first_name="A"), Contact(first_name="B")])

    assert all(contact.pk and revision(contact) for contact in made)


def save(contact):
    contact.first_name = "Anne"
    contact.save()


def save_one_field(contact):
    contact.job_title = "Judge"
    contact.save(update_fields=["job_title"])


def update(contact):
    Contact.objects.filter(pk=contact.pk).update(first_name="Anne")


def update_with_an_expression(contact):
    Contact.objects.filter(pk=contact.pk).update(last_name=F("first_name"))


def bulk_update(contact):
    contact.birthday = "2000-01-01"
    Contact.objects.bulk_update([contact], ["birthday"])


def bulk_create_over_it(contact):
    Contact.objects.bulk_create(
        [Contact(uid=contact.uid, suffix="jr.")],
        update_conflicts=True,
        unique_fields=["uid"],
        update_fields=["suffix"],
    )


def write_sql(contact):
    sql("UPDATE contacts_sync_contact SET prefix = 'Dr.' WHERE id = %s", contact.pk)


def trash(contact):
    contact.delete()


def trash_many(contact):
    Contact.objects.filter(pk=contact.pk).delete()


WRITES = [save, save_one_field, update, update_with_an_expression, bulk_update]
WRITES += [bulk_create_over_it, write_sql, trash, trash_many]


@pytest.mark.parametrize("write", WRITES)
def test_every_write_raises_the_contact_and_no_other(anna, bert, write):
    with raised(anna), unraised(bert):
        write(anna)


def test_a_restored_contact_is_raised(anna):
    anna.delete()

    with raised(anna):
        Contact.objects.restore()


def test_every_column_counts_except_when_it_was_saved(anna):
    told = {"id", "revision", "updated_at", "edited_at"}
    samples = {
        "uid": "00000000-0000-4000-8000-000000000000",
        "kind": "company",
        "company": Contact.objects.create(kind="company", name="Acme").pk,
        "birthday": "2000-01-01",
        "from_company_name": True,
        "deleted_at": "2000-01-01T00:00Z",
        "created_at": "2000-01-01T00:00Z",
    }

    for field in Contact._meta.concrete_fields:
        if field.name not in told:
            contact = Contact.objects.create()
            with raised(contact):
                Contact.objects.filter(pk=contact.pk).update(
                    **{field.name: samples.get(field.name, "new")}
                )

    with unraised(anna):
        Contact.objects.filter(pk=anna.pk).update(updated_at="2000-01-01T00:00Z")
        Contact.objects.filter(pk=anna.pk).update(edited_at="2000-01-01T00:00Z")


LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "edit",
    [
        lambda anna: Contact.objects.filter(pk=anna.pk).update(job_title="Judge"),
        lambda anna: EmailAddress.objects.create(contact=anna, address="new@example.com"),
        lambda anna: anna.phones.update(number="2"),
        lambda anna: anna.phones.all().delete(),
        lambda anna: Contact.objects.filter(kind="company").update(name="Acme Inc."),
        lambda anna: anna.delete(),
    ],
    ids=["update", "value added", "value edited", "value removed", "company renamed", "trash"],
)
def test_every_edit_leaves_its_time(anna, edit):
    firm = Contact.objects.create(kind="company", name="Acme")
    anna.phones.create(number="1")
    Contact.objects.filter(pk=anna.pk).update(company=firm)
    Contact.objects.filter(pk=anna.pk).update(edited_at=LONG_AGO)

    edit(anna)

    anna.refresh_from_db()
    assert timedelta() <= timezone.now() - anna.edited_at < timedelta(minutes=1)


def test_what_is_no_edit_leaves_the_time_alone(anna, link):
    Contact.objects.filter(pk=anna.pk).update(edited_at=LONG_AGO)

    with raised(anna):
        link.delete()
    with raised(anna):
        triggers.raise_all(connection)
    Contact.objects.get(pk=anna.pk).save()

    anna.refresh_from_db()
    assert anna.edited_at == LONG_AGO


def test_an_instance_read_earlier_does_not_set_the_time_back(anna):
    Contact.objects.filter(pk=anna.pk).update(edited_at=LONG_AGO)
    stale = Contact.objects.get(pk=anna.pk)
    EmailAddress.objects.create(contact=anna, address="anna@example.com")

    stale.save()

    anna.refresh_from_db()
    assert anna.edited_at > LONG_AGO


def test_a_save_that_changes_nothing_raises_nothing(anna):
    fresh = Contact.objects.get(pk=anna.pk)

    with unraised(anna):
        fresh.save()


def test_an_instance_read_earlier_does_not_set_the_number_back(anna):
    stale = Contact.objects.get(pk=anna.pk)
    EmailAddress.objects.create(contact=anna, address="anna@example.com")

    with unraised(anna):
        stale.save()


def test_an_instance_read_earlier_raises_what_it_changes(anna):
    stale = Contact.objects.get(pk=anna.pk)
    EmailAddress.objects.create(contact=anna, address="anna@example.com")

    stale.first_name = "Anne"
    with raised(anna):
        stale.save()


def test_a_number_is_seen_inside_the_transaction_and_goes_with_it(anna):
    before = revision(anna)

    with transaction.atomic():
        with raised(anna):
            Contact.objects.filter(pk=anna.pk).update(first_name="Anne")
        with raised(anna):
            Contact.objects.filter(pk=anna.pk).update(first_name="Ann")
        transaction.set_rollback(True)

    assert revision(anna) == before


def test_a_purged_contact_takes_its_number_along(anna):
    taken = revision(anna)
    Contact.objects.filter(pk=anna.pk).purge()

    restored = Contact.objects.create(pk=anna.pk, first_name="Anna")

    assert revision(restored) > taken


def test_a_purge_takes_values_and_leaves_the_link(link, anna, remote):
    EmailAddress.objects.create(contact=anna, address="anna@example.com")

    Contact.objects.filter(pk=anna.pk).purge()

    link.refresh_from_db()
    assert (link.contact, link.open, settled(remote)) == (None, True, "f1")
    assert not EmailAddress.objects.exists()


# --- Its values ---------------------------------------------------------------------------------


def create(model, column, contact):
    return model.objects.create(contact=contact, **{column: "old"})


@every_value
def test_a_new_value_raises_its_contact(model, column, anna, bert):
    with raised(anna), unraised(bert):
        create(model, column, anna)
    with raised(anna), unraised(bert):
        model.objects.bulk_create([model(contact=anna), model(contact=anna)])


@every_value
def test_a_changed_value_raises_its_contact(model, column, anna, bert):
    value = create(model, column, anna)

    with raised(anna), unraised(bert):
        setattr(value, column, "newer")
        value.save()
    with raised(anna), unraised(bert):
        model.objects.filter(contact=anna).update(primary=True)
    with raised(anna), unraised(bert):
        setattr(value, column, "newest")
        model.objects.bulk_update([value], [column])
    with raised(anna), unraised(bert):
        sql(f"UPDATE {model._meta.db_table} SET label = 'Other' WHERE id = %s", value.pk)


@every_value
def test_a_removed_value_raises_its_contact(model, column, anna, bert):
    first, *_ = [create(model, column, anna) for _ in range(3)]

    with raised(anna), unraised(bert):
        first.delete()
    with raised(anna), unraised(bert):
        model.objects.filter(pk=model.objects.earliest("pk").pk).delete()
    with raised(anna), unraised(bert):
        sql(f"DELETE FROM {model._meta.db_table}")


@every_value
def test_a_value_that_moves_raises_both_contacts(model, column, anna, bert, acme):
    create(model, column, anna)

    with raised(anna, bert), unraised(acme):
        model.objects.update(contact=bert)


def test_values_of_many_contacts_raise_them_all(anna, bert, acme):
    with raised(anna, bert), unraised(acme):
        PhoneNumber.objects.bulk_create(
            PhoneNumber(contact=contact, number="1") for contact in (anna, bert)
        )
    with raised(anna, bert), unraised(acme):
        PhoneNumber.objects.update(number="2")
    with raised(anna, bert), unraised(acme):
        PhoneNumber.objects.all().delete()


# --- Its company --------------------------------------------------------------------------------


def test_a_companys_new_name_raises_its_people(acme, anna, bert):
    Contact.objects.filter(pk=anna.pk).update(company=acme)

    with raised(acme, anna), unraised(bert):
        Contact.objects.filter(pk=acme.pk).update(name="Acme Inc.")
    with raised(acme, anna), unraised(bert):
        acme.name = "Acme Ltd."
        acme.save()


def test_other_news_of_a_company_do_not_raise_its_people(acme, anna):
    Contact.objects.filter(pk=anna.pk).update(company=acme)

    with raised(acme), unraised(anna):
        Contact.objects.filter(pk=acme.pk).update(job_title="Supplier")
    with raised(acme), unraised(anna):
        PhoneNumber.objects.create(contact=acme, number="1")


def test_a_purged_company_raises_its_people(acme, anna):
    Contact.objects.filter(pk=anna.pk).update(company=acme)

    with raised(anna):
        Contact.objects.filter(pk=acme.pk).purge()


# --- Its links ----------------------------------------------------------------------------------


def test_making_and_completing_a_link_raises_nothing(mailbox, anna, remote):
    with unraised(anna):
        link = mailbox.links.create(contact=anna, state="creating")
        link.mirror, link.remote_id, link.state = remote, "r1", "linked"
        link.local_revision = revision(anna)
        link.save()

    assert settled(remote) == "f1"


def test_giving_a_link_its_contact_raises_nothing(mailbox, anna, remote):
    link = mailbox.links.create(mirror=remote, remote_id="r1", state="held")

    with unraised(anna):
        ExternalLink.objects.filter(pk=link.pk).update(contact=anna, state="linked")

    assert settled(remote) == "f1"


def test_settling_a_link_raises_nothing(link, anna, remote):
    with unraised(anna):
        link.local_shadow = {"first_name": "Anna"}
        link.save()
        ExternalLink.objects.bulk_update([link], ["local_shadow", "contact", "mirror"])
        RemoteContact.objects.update(fingerprint="f2", settled="f2")

    assert settled(remote) == "f2"


@pytest.mark.parametrize(
    "remove",
    [
        lambda link: link.delete(),
        lambda link: ExternalLink.objects.all().delete(),
        lambda link: sql("DELETE FROM contacts_sync_externallink"),
    ],
    ids=["delete", "delete of many", "SQL"],
)
def test_a_removed_link_raises_its_contact_and_unsettles_its_mirror(
    link, anna, bert, remote, other_remote, remove
):
    with raised(anna), unraised(bert):
        remove(link)

    assert (settled(remote), settled(other_remote)) == ("", "f2")


def test_a_link_without_contact_and_mirror_can_be_removed(mailbox, anna):
    mailbox.links.create(remote_id="r1", state="gone")

    with unraised(anna):
        ExternalLink.objects.all().delete()


def test_removing_a_connection_raises_the_contacts_it_had_linked(link, anna, bert, mailbox):
    with raised(anna), unraised(bert):
        mailbox.delete()


def test_a_link_moved_to_another_contact_raises_the_old_one_and_unsettles_the_mirror(
    link, anna, bert, remote
):
    with raised(anna), unraised(bert):
        ExternalLink.objects.filter(pk=link.pk).update(contact=bert)

    assert settled(remote) == ""


def test_a_contact_taken_from_its_link_is_raised(link, anna, remote):
    with raised(anna):
        ExternalLink.objects.filter(pk=link.pk).update(contact=None)

    assert settled(remote) == "f1"


def test_a_link_moved_to_another_mirror_unsettles_the_old_one(link, anna, remote, other_remote):
    with unraised(anna):
        ExternalLink.objects.filter(pk=link.pk).update(mirror=other_remote)

    assert (settled(remote), settled(other_remote)) == ("", "f2")


def test_two_links_that_swap_their_contacts_raise_both(
    link, mailbox, anna, bert, remote, other_remote
):
    other = mailbox.links.create(contact=bert, mirror=other_remote, remote_id="r2")

    with raised(anna, bert):
        ExternalLink.objects.filter(pk=link.pk).update(contact=None)
        ExternalLink.objects.filter(pk=other.pk).update(contact=anna)
        ExternalLink.objects.filter(pk=link.pk).update(contact=bert)

    assert settled(other_remote) == ""


def test_a_linked_contact_whose_mirror_row_vanishes_is_raised(link, anna, remote):
    with raised(anna):
        remote.delete()


def test_dropping_the_mirror_row_of_a_gone_link_raises_nothing(link, anna, remote):
    ExternalLink.objects.filter(pk=link.pk).update(state="gone")

    with unraised(anna):
        remote.delete()


# --- The watermark ------------------------------------------------------------------------------


def test_the_watermark_is_the_highest_number_given(anna):
    assert triggers.watermark() == revision(anna)


def test_reading_the_watermark_gives_no_number(anna):
    assert triggers.watermark() == triggers.watermark()


@contextmanager
def in_flight(write):
    """Write in another session, and leave its transaction open until the block ends."""
    written, finish = threading.Event(), threading.Event()

    def session():
        try:
            with transaction.atomic():
                write()
                written.set()
                finish.wait(10)
        finally:
            connections.close_all()

    thread = threading.Thread(target=session)
    thread.start()
    try:
        assert written.wait(10)
        yield
    finally:
        finish.set()
        thread.join()


@committed
@postgresql_only
@pytest.mark.parametrize(
    "write",
    [update, lambda contact: EmailAddress.objects.create(contact=contact, address="a@b.example")],
    ids=["contact", "value"],
)
def test_a_number_that_is_still_to_come_holds_the_watermark_back(anna, bert, write):
    with in_flight(lambda: write(anna)):
        Contact.objects.filter(pk=bert.pk).update(first_name="Berta")

        assert triggers.watermark() is None

    assert triggers.watermark() == revision(bert)
    assert revision(anna) < revision(bert)


@committed
@postgresql_only
def test_a_reader_or_a_settling_run_does_not_hold_the_watermark_back(link, anna):
    def settle():
        Contact.objects.select_for_update(no_key=True).get(pk=anna.pk)
        ExternalLink.objects.filter(pk=link.pk).update(local_revision=1)
        RemoteContact.objects.update(settled="f3")

    with in_flight(settle):
        assert triggers.watermark() == revision(anna)


@committed
@postgresql_only
def test_the_watermark_keeps_no_lock_inside_a_transaction(anna):
    with transaction.atomic():
        triggers.watermark()

        with in_flight(lambda: sql("LOCK TABLE contacts_sync_contact IN EXCLUSIVE MODE NOWAIT")):
            pass


# --- Putting them up ----------------------------------------------------------------------------


def test_they_stand_after_migrate():
    assert triggers.current(connection)


def test_installing_them_again_does_nothing(anna, django_assert_max_num_queries):
    with unraised(anna), django_assert_max_num_queries(3):
        assert not triggers.install(connection)


@committed
def test_contacts_written_while_they_were_away_are_raised(anna, bert):
    triggers.drop(connection)
    with unraised(anna, bert):
        Contact.objects.filter(pk=anna.pk).update(first_name="Anne")
    assert not triggers.current(connection)

    with raised(anna, bert):
        assert triggers.install(connection)

    assert triggers.current(connection)
    with raised(anna), unraised(bert):
        Contact.objects.filter(pk=anna.pk).update(first_name="Ann")


@committed
@pytest.mark.parametrize("name", ["contact", "emailaddress"])
def test_one_that_is_missing_is_noticed(name):
    table = f"contacts_sync_{name}"
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(
                "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s", [table]
            )
        else:
            cursor.execute(
                "SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND NOT tgisinternal",
                [table],
            )
        trigger = cursor.fetchone()[0]
    where = "" if connection.vendor == "sqlite" else f" ON {table}"
    sql(f"DROP TRIGGER {trigger}{where}")

    assert not triggers.current(connection)

    assert triggers.install(connection)
    assert triggers.current(connection)


@committed
@postgresql_only
def test_one_that_is_disabled_is_noticed():
    sql("ALTER TABLE contacts_sync_website DISABLE TRIGGER USER")

    assert not triggers.current(connection)

    assert triggers.install(connection)


@committed
def test_a_lost_clock_starts_above_every_number_in_use(link, anna):
    ExternalLink.objects.update(local_revision=5_000_000)
    sql(
        "DROP TABLE contacts_sync_clock"
        if connection.vendor == "sqlite"
        else "DROP SEQUENCE contacts_sync_revision"
    )
    assert not triggers.current(connection)

    triggers.install(connection)

    assert revision(anna) > 5_000_000


def test_raise_all_raises_every_contact_in_the_trash_or_not(anna, bert):
    anna.delete()

    with raised(anna, bert):
        triggers.raise_all(connection)


@committed
def test_a_flush_leaves_them_and_repeats_no_number(anna):
    taken = revision(anna)

    call_command("flush", interactive=False, verbosity=0)

    assert triggers.current(connection)
    assert revision(Contact.objects.create(first_name="Bert")) > taken


REBUILDING = """
from django.db import migrations, models


def rename(apps, schema_editor):
    apps.get_model("contacts_sync", "Contact").objects.update(first_name="Anne")


class Migration(migrations.Migration):
    dependencies = [("contacts_sync", "{last}")]
    operations = [
        migrations.RunPython(rename, migrations.RunPython.noop),
        migrations.AlterField("contact", "suffix", models.CharField(max_length=90, default="")),
        migrations.AlterField("contact", "updated_at", models.DateTimeField(null=True)),
        migrations.AddField("contact", "added", models.TextField(default="new")),
        migrations.AlterField("emailaddress", "address", models.CharField(max_length=900)),
        migrations.AlterField("externallink", "name", models.CharField(max_length=900)),
        migrations.AlterField("remotecontact", "version", models.CharField(max_length=900)),
    ]
"""


@pytest.fixture
def rebuilding(tmp_path, monkeypatch, settings):
    """Plan one more migration, which rebuilds tables on SQLite; give its name and the last one."""
    *_, last = sorted(path.stem for path in Path(migrations.__path__[0]).glob("[0-9]*.py"))
    package = tmp_path / "rebuilding"
    package.mkdir()
    (package / "__init__.py").write_text(
        "from contacts_sync import migrations\n__path__ = [*migrations.__path__, *__path__]\n"
    )
    (package / "9999_rebuild.py").write_text(REBUILDING.format(last=last))
    monkeypatch.syspath_prepend(tmp_path)
    settings.MIGRATION_MODULES = {"contacts_sync": "rebuilding"}
    return "9999_rebuild", last


@committed
def test_tables_can_be_rebuilt_while_they_stand(rebuilding, link, anna):
    EmailAddress.objects.create(contact=anna, address="anna@example.com")
    rebuild, last = rebuilding

    try:
        with raised(anna):
            call_command("migrate", "contacts_sync", rebuild, verbosity=0)
        assert triggers.current(connection)
        with raised(anna):
            sql("UPDATE contacts_sync_contact SET added = 'newer'")
        with raised(anna):
            EmailAddress.objects.update(address="anne@example.com")
    finally:
        with raised(anna):
            call_command("migrate", "contacts_sync", last, verbosity=0)

    assert triggers.current(connection)
    with raised(anna):
        ExternalLink.objects.all().delete()


@committed
def test_a_migrate_without_news_raises_nothing(anna):
    with unraised(anna):
        call_command("migrate", verbosity=0)
