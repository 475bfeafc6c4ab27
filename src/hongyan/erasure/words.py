"""Words for where something was found, and for the columns that a person is shown."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from hongyan.privacy import Kind

KINDS: dict[str, str | Promise] = {
    Kind.PEOPLE: _("Address books"),
    Kind.CUSTOMERS: _("Customers and their people"),
    Kind.LISTS: _("Recipient lists"),
    Kind.TABLES: _("Tables"),
    Kind.AUDIENCES: _("Audiences"),
    Kind.CONSENTS: _("Consents"),
    Kind.REFUSALS: _("Opt-outs and lists"),
    Kind.SUBMISSIONS: _("Submissions and drafts"),
    Kind.MESSAGES: _("Messages"),
    Kind.REPLIES: _("Replies"),
    Kind.FILES: _("Uploads and exports"),
    Kind.USERS: _("Users"),
    Kind.AUDIT: _("Audit log"),
    Kind.WIRE: _("Receipts and customers' doors"),
    Kind.SYSTEM: _("Jobs and rules"),
    "staying": _("Files of evidence that prove other people's consent as well"),
}
FATES: dict[str, str | Promise] = {
    Kind.PEOPLE: _("the contact is deleted"),
    Kind.CUSTOMERS: _("the person is deleted; orders stay with the customer"),
    Kind.LISTS: _("the row is deleted"),
    Kind.TABLES: _("the number is taken out, also of the history; the row stays"),
    Kind.AUDIENCES: _("the row is deleted"),
    Kind.CONSENTS: _("times and kinds stay as proof under a seal; words and files go"),
    Kind.REFUSALS: _("a seal takes the number's place, so that the refusal still holds; words go"),
    Kind.SUBMISSIONS: _("the number is taken out"),
    Kind.MESSAGES: _("number, name and text are emptied; the sums stay"),
    Kind.REPLIES: _("number and text are emptied, notes deleted"),
    Kind.FILES: _("files that hold the number are deleted"),
    Kind.USERS: _("the number is taken out of the account"),
    Kind.AUDIT: _("the number is taken out"),
    Kind.WIRE: _("the row is deleted"),
    Kind.SYSTEM: _("the number is taken out"),
    "staying": _("stay: what they prove for others would be lost"),
}
COLUMNS: dict[str, str | Promise] = {
    "number": _("Number"), "name": _("Name"), "text": _("Text"), "state": _("State"), "title": _("Title"),
    "company": _("Company"), "email": _("E-mail"), "notes": _("Notes"), "fields": _("Further columns"),
    "birthday": _("Birthday"), "planned_at": _("Planned"), "submitted_at": _("Sent"), "received_at": _("Received"),
    "at": _("Time"), "created_at": _("Created"), "topic": _("Topic"), "act": _("What was done"), "source": _("Source"),
    "evidence": _("Evidence"), "wording": _("What was asked"), "until": _("Until"), "expires_at": _("Expires"),
    "reason": _("Reason"), "data": _("Values"), "variables": _("Values"), "gender": _("Gender"),
    "landline": _("Landline"), "address": _("Address"), "region": _("Region"), "service_number": _("Service number"),
    "former_names": _("Former names"), "done_at": _("Time"),
}  # fmt: skip
"""What is not named here is the house's own numbering: it is in the file for programs."""
