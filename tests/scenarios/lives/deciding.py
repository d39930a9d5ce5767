"""What people decide: put back, leave out, approve, dismiss, undo, stop, disconnect, start again."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from contacts_sync import connections, credentials
from contacts_sync.models import Connection, Contact, ExternalLink, SyncChange
from contacts_sync.run import decisions, undo
from tests.scenarios.lives.ledger import serial_of
from tests.scenarios.lives.people import People, boxes, which


class Decisions(People):
    """Decisions, and changes of the connections themselves."""

    def choose(self, rows, number):
        """Choose one of some rows."""
        found = list(rows.order_by("pk"))
        return found[number % len(found)] if found else None

    @rule(number=which)
    def put_back(self, number):
        """Press *Put back in Outlook*."""
        links = ExternalLink.objects.filter(state="gone", contact__deleted_at=None)
        if link := self.choose(links.exclude(contact=None), number):
            decisions.put_back(link, self.owners[0])
            self.is_put_back(link)

    @rule(box=boxes, number=which, here=st.booleans())
    def leave_out(self, box, number, here):
        """Leave a contact out of one mailbox."""
        connection = self.worlds[box].connection
        contact = self.contact(number) if here else None
        remote_id = "" if here else self.there(box, number)[0]
        if contact is None and not remote_id:
            return
        try:
            decisions.leave_out(
                connection,
                contact_id=contact.pk if contact else None,
                remote_id=remote_id,
                actor=self.owners[0],
            )
        except decisions.NotPossible:
            assert not here

    @rule(number=which)
    def take_back_in(self, number):
        """Let what was left out take part again."""
        link = self.choose(ExternalLink.objects.filter(state="apart"), number)
        if link is None:
            return
        box, contact = self.box_of(link), link.contact
        serials = {serial_of(contact.department)} if contact else set()
        if contact and contact.deleted_at and link.remote_id in self.worlds[box].mailbox.contacts:
            self.copied.update(serials)  # the original of somebody in the trash: it is new here
        decisions.take_back_in(link, self.owners[0])
        self.removed[box] -= serials

    @rule(number=which, yes=st.booleans())
    def decide_what_is_held(self, number, yes):
        """Approve or dismiss what waits."""
        held = SyncChange.objects.filter(status="held")
        change = self.choose(held, number)
        if change is None:
            return
        some = held.filter(connection=change.connection, guard=change.guard)
        if yes:
            decisions.approve(some, self.owners[0])
            return
        for one in some.select_related("link__contact"):
            if one.guard == "vanished" and one.link and one.link.contact:
                self.is_put_back(one.link)
        decisions.dismiss(some, self.owners[0])
        for contact in Contact.objects.filter(pk__in=self.trashed, deleted_at=None):
            self.comes_out_of_trash(contact)

    @rule(number=which)
    def undo(self, number):
        """Undo a change."""
        change = self.choose(SyncChange.objects.filter(status="done"), number)
        if change is None:
            return
        link, contact = change.link, change.contact
        try:
            undo.undo(change, self.owners[0])
        except decisions.NotPossible:
            return
        match change.action, change.side:
            case "add", "there":
                self.may_go[self.box_of(link)].add(serial_of(contact.department))
            case "gone", _ if link:
                self.is_put_back(link)
        now = set(Contact.objects.trashed().values_list("pk", flat=True))
        for one in Contact.objects.filter(pk__in=now - self.trashed):
            self.goes_into_trash(one)
        for one in Contact.objects.filter(pk__in=self.trashed - now):
            self.comes_out_of_trash(one)
            for removed in self.removed:  # a merge that is undone brings its copies back
                removed.discard(serial_of(one.department))

    # Connections

    @rule(box=boxes, how=st.sampled_from(["stop", "stop", "disconnect", "retire"]))
    def pause(self, box, how):
        """Stop, disconnect, or let go of a mailbox."""
        world = self.worlds[box]
        if not self.is_on(box):
            return
        if how == "retire":
            self._forget(box)
        getattr(connections, how)(world.connection)
        world.wire.waits_until = 0.0

    def _forget(self, box):
        """Note what nobody knows any more without links; only our key and a match find again."""
        world = self.worlds[box]
        for remote_id, fields in world.mailbox.contacts.items():
            if not world.mailbox.marks(remote_id):
                self.copied[serial_of(fields["department"])] += 1
        self.removed[box].clear()

    @precondition(lambda self: not (self.is_on(0) and self.is_on(1)))
    @rule()
    def start_again(self):
        """Authorize again where that is needed, and press *Start Sync*."""
        for box, world in enumerate(self.worlds):
            if self.is_on(box):
                continue
            if world.connection.state == Connection.State.RETIRED:
                world.connect(self.owners[box])
            if world.connection.state == Connection.State.DISCONNECTED:
                credentials.store(world.connection, "{}")
                Connection.objects.filter(pk=world.connection.pk).update(state="stopped")
            world.start_again()
