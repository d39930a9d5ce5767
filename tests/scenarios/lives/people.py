"""What people do to contacts: in the firm's list, in Outlook, and by file."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import rule

from contacts_sync.files import Draft, DraftValue
from contacts_sync.importing import bring_in
from contacts_sync.importing.drafts import draft_of
from contacts_sync.models import Contact
from contacts_sync.run import decisions, merging
from contacts_sync.store import records
from tests.scenarios.lives.ledger import TEXTS, Ledger, serial_of
from tests.scenarios.worlds import person

which = st.integers(0, 30)
boxes = st.integers(0, 1)


class People(Ledger):
    """Edits, deletions, copies and moves."""

    # Here

    @rule(mail=st.booleans(), phone=st.booleans())
    def add_here(self, mail, phone):
        """Enter a person."""
        serial = self.new()
        person(
            f"F{serial}",
            "Ash",
            [f"e{serial}@example.com"] if mail else [],
            [f"55{serial:05d}"] if phone else [],
            job_title=self.text(None, serial, "job_title"),
            department=f"s{serial}",
        )

    @rule(number=which, field=st.sampled_from(["first_name", "last_name", "job_title"]))
    def edit_here(self, number, field):
        """Change one field."""
        if contact := self.contact(number):
            text = self.text(None, serial_of(contact.department), field)
            Contact.objects.filter(pk=contact.pk).update(**{field: text})

    @rule(number=which, act=st.sampled_from(["add", "edit", "drop", "label", "primary"]), one=which)
    def change_phones_here(self, number, act, one):
        """Change one of several values."""
        contact = self.contact(number)
        if not contact:
            return
        rows = list(contact.phones.order_by("pk"))
        if act == "add" or not rows:
            label = ["Work", "Home", "Mobile", "Fax"][one % 4]
            contact.phones.create(label=label, number=f"55{self.new():05d}")
            return
        row = rows[one % len(rows)]
        match act:
            case "edit":
                contact.phones.filter(pk=row.pk).update(number=f"55{self.new():05d}")
            case "drop":
                row.delete()
            case "label":
                contact.phones.filter(pk=row.pk).update(label=["Work", "Home", "Fax"][one % 3])
            case "primary":
                contact.phones.update(primary=False)
                contact.phones.filter(pk=row.pk).update(primary=True)

    @rule(number=which, field=st.sampled_from(["job_title", "last_name"]))
    def clear_here(self, number, field):
        """Empty a field."""
        if contact := self.contact(number):
            Contact.objects.filter(pk=contact.pk).update(**{field: ""})
            self.tokens[None].pop((serial_of(contact.department), field), None)

    @rule()
    def edit_all_here(self):
        """Change the whole list past every form: `QuerySet.update()`."""
        text = f"T{self.new()}x"
        for contact in Contact.objects.filter(kind="person"):
            self.tokens[None][serial_of(contact.department), "job_title"] = text
        Contact.objects.filter(kind="person").update(job_title=text)

    @rule(number=which)
    def rename_company_here(self, number):
        """Rename a company, and with it what its people show."""
        firms = Contact.objects.filter(kind="company", deleted_at=None).order_by("pk")
        if firms:
            Contact.objects.filter(pk=firms[number % len(firms)].pk).update(name=f"Co{self.new()}")

    @rule(number=which)
    def trash(self, number):
        """Delete a contact here."""
        if contact := self.contact(number):
            contact.delete()
            self.goes_into_trash(contact)

    @rule()
    def trash_many(self):
        """Delete half of the list here: an accident, perhaps."""
        people = Contact.objects.filter(kind="person", deleted_at=None).order_by("pk")
        for contact in people[: len(people) // 2]:
            contact.delete()
            self.goes_into_trash(contact)

    @rule(number=which)
    def restore(self, number):
        """Take a contact out of the trash."""
        if contact := self.contact(number, alive=False):
            Contact.objects.filter(pk=contact.pk).restore()
            self.comes_out_of_trash(contact)

    @rule(number=which)
    def remove_here_only(self, number):
        """Delete a contact here and leave it in Outlook."""
        if contact := self.contact(number):
            decisions.remove_here_only(Contact.objects.filter(pk=contact.pk), self.owners[0])
            self.goes_into_trash(contact)

    @rule(one=which, other=which)
    def merge(self, one, other):
        """Merge two contacts of the list."""
        keep, drop = self.contact(one), self.contact(other)
        if not keep or keep.pk == drop.pk:
            return
        for box, world in enumerate(self.worlds):
            if drop.links.filter(connection=world.connection).exists():
                self.removed[box].discard(serial_of(keep.department))
        merging.merge_contacts(keep, drop, self.owners[0])
        self.goes_into_trash(drop)

    @rule(new=st.integers(0, 2), number=which)
    def bring_in_a_file(self, new, number):
        """Import a file: a few who are new, and one whom the list has."""
        drafts = []
        for _one in range(new):
            serial = self.new()
            mail = DraftValue("Work", f"e{serial}@example.com", True)
            names = {"first_name": f"F{serial}", "last_name": "Ash", "department": f"s{serial}"}
            names["job_title"] = self.text(None, serial, "job_title")
            drafts.append(Draft("person", names, emails=(mail,)))
        if contact := self.contact(number):
            drafts.append(draft_of(records.load_contacts([contact.pk])[contact.pk]))
        list(bring_in(lambda: drafts, reason="imported"))

    # In Outlook

    @rule(box=boxes, mail=st.booleans(), company=st.booleans())
    def add_there(self, box, mail, company):
        """Enter a person in Outlook."""
        serial = self.new()
        fields = {"givenName": f"F{serial}", "surname": "Ash", "department": f"s{serial}"}
        fields["jobTitle"] = self.text(box, serial, "job_title")
        if mail:
            fields["emailAddresses"] = [{"address": f"e{serial}@example.com"}]
        if company:
            fields["companyName"] = "Elm Ltd"
        self.worlds[box].mailbox.put(fields)

    @rule(box=boxes, number=which, field=st.sampled_from(sorted(TEXTS)))
    def edit_there(self, box, number, field):
        """Change one field in Outlook."""
        remote_id, fields = self.there(box, number)
        if remote_id:
            text = self.text(box, serial_of(fields["department"]), field)
            self.worlds[box].mailbox.put({TEXTS[field]: text}, remote_id)

    @rule(box=boxes, number=which, act=st.sampled_from(["add", "edit", "drop", "move"]))
    def change_phones_there(self, box, number, act):
        """Change one of several values in Outlook."""
        remote_id, fields = self.there(box, number)
        if not remote_id:
            return
        phones, mobile = list(fields.get("businessPhones") or []), fields.get("mobilePhone")
        match act:
            case "add" if len(phones) < 2:
                phones.append(f"55{self.new():05d}")
            case "edit" if phones:
                phones[0] = f"55{self.new():05d}"
            case "drop" if phones:
                phones.pop(0)
            case "move" if phones and not mobile:
                mobile = phones.pop()
        self.worlds[box].mailbox.put({"businessPhones": phones, "mobilePhone": mobile}, remote_id)

    @rule(box=boxes, number=which, field=st.sampled_from(["job_title", "last_name", "company"]))
    def clear_there(self, box, number, field):
        """Empty a field in Outlook."""
        remote_id, fields = self.there(box, number)
        if remote_id:
            self.worlds[box].mailbox.put({TEXTS[field]: ""}, remote_id)
            self.tokens[box].pop((serial_of(fields["department"]), field), None)

    @rule(box=boxes, number=which)
    def remove_there(self, box, number):
        """Delete a contact in Outlook."""
        remote_id, fields = self.there(box, number)
        if remote_id:
            self.worlds[box].mailbox.remove(remote_id)
            self.leaves(box, remote_id, fields)

    @rule(box=boxes)
    def remove_many_there(self, box):
        """Delete half of the folder in Outlook: an accident, perhaps."""
        items = sorted(self.worlds[box].mailbox.contacts.items())
        for remote_id, fields in items[: len(items) // 2]:
            self.worlds[box].mailbox.remove(remote_id)
            self.leaves(box, remote_id, fields)

    @rule(box=boxes, number=which)
    def move_out(self, box, number):
        """Move a contact into another folder."""
        remote_id, fields = self.there(box, number)
        if remote_id:
            self.worlds[box].mailbox.move(remote_id, "Clients")
            self.leaves(box, remote_id, fields)

    @rule(box=boxes, number=which)
    def move_back(self, box, number):
        """Move a contact back into the main folder."""
        self.worlds[box].mailbox.folder("Clients")
        remote_id, fields = self.there(box, number, "Clients")
        if remote_id:
            serial = serial_of(fields["department"])
            if serial in self.serials_there(box) or serial in self.put_back_there[box]:
                self.copied[serial] += 1
            self.worlds[box].mailbox.move(remote_id, "contacts")
            self.removed[box].discard(serial)

    @rule(box=boxes, number=which)
    def enter_anew(self, box, number):
        """Delete a contact in Outlook and type it in again: linked if it matches, else a new one."""
        remote_id, fields = self.there(box, number)
        if not remote_id or not fields.get("emailAddresses"):
            return
        serial = serial_of(fields["department"])
        if self.serials_there(box)[serial] > 1:
            return
        again = {
            name: fields[name]
            for name in (*TEXTS.values(), "emailAddresses", "businessPhones")
            if fields.get(name)
        }
        self.worlds[box].mailbox.remove(remote_id)
        self.worlds[box].mailbox.put(again)
        self.replaced[box].add(serial)

    @rule(box=boxes, number=which)
    def copy(self, box, number):
        """Duplicate a contact in Outlook."""
        remote_id, fields = self.there(box, number)
        if remote_id:
            self.worlds[box].mailbox.copy(remote_id)
            self.copied[serial_of(fields["department"])] += 1
