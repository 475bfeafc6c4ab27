"""Words for the audit log's actions; an action without words shows its code."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

ACTIONS: dict[str, Promise] = {
    "submission.asked": _("asked for the submission"),
    "submission.paused": _("paused the submission"),
    "submission.resumed": _("resumed the submission"),
    "submission.cancelled": _("cancelled the submission"),
    "submission.rescheduled": _("changed the time of the submission"),
    "submission.rewritten": _("changed the text of the submission"),
    "submission.resent": _("sent again to who did not get it"),
    "submission.exported": _("exported recipients"),
    "reply.claimed": _("claimed a reply"),
    "reply.deleted": _("deleted replies"),
    "reply.exported": _("exported replies"),
    "user.created": _("created the user"),
    "user.changed": _("changed the user"),
    "user.signed_in": _("signed in"),
    "user.password_changed": _("changed the password"),
    "user.two_step_on": _("turned two-step sign-in on"),
    "user.two_step_off": _("turned two-step sign-in off"),
    "department.created": _("created the department"),
    "department.renamed": _("renamed the department"),
    "department.moved": _("moved the department"),
    "department.removed": _("removed the department"),
    "audit.exported": _("exported the audit log"),
    "api_key.created": _("created an API key"),
    "api_key.revoked": _("revoked an API key"),
    "channel.created": _("created the channel"),
    "channel.changed": _("changed the channel"),
    "channel.removed": _("removed the channel"),
    "route.changed": _("changed the routes"),
    "simulator.changed": _("changed a simulated carrier"),
    "simulator.incident": _("caused an incident at a simulated carrier"),
    "simulator.crowd_answered": _("made a crowd of virtual phones answer"),
    "signature.created": _("added the signature"),
    "signature.changed": _("changed the signature"),
    "signature.made_default": _("made the signature the default"),
    "signature.removed": _("removed the signature"),
    "refusal.added": _("put a number on a list"),
    "refusal.removed": _("took a number off a list"),
    "message.deleted": _("deleted messages from the list"),
    "upload.received": _("uploaded a file"),
    "upload.finished": _("finished reading a file"),
    "address_book.created": _("created the address book"),
    "address_book.renamed": _("renamed the address book"),
    "address_book.deleted": _("deleted the address book"),
    "group.deleted": _("deleted the group"),
    "contact.created": _("added a contact"),
    "contact.changed": _("changed a contact"),
    "contacts.deleted": _("deleted contacts"),
    "contacts.copied": _("copied contacts"),
    "contacts.exported": _("exported contacts"),
    "recipient_list.deleted": _("deleted the recipient list"),
}


def words(action: str) -> str:
    return str(ACTIONS.get(action, action))
