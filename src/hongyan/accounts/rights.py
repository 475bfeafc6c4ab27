"""What a user may do, and how far down the department tree: one table from role to rights."""

from __future__ import annotations

from enum import StrEnum

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """A user has one role; it decides the rights and the reach."""

    ADMINISTRATOR = "administrator", _("Administrator")
    DEPARTMENT_ADMINISTRATOR = "department_administrator", _("Department administrator")
    SENDER = "sender", _("Sender")
    SALESPERSON = "salesperson", _("Salesperson")
    VIEWER = "viewer", _("Viewer")


class Right(StrEnum):
    """One thing that a page, an endpoint or a command asks before it acts."""

    SEND = "send"
    """Write to people, one at a time or many (many also needs SEND_TO_GROUPS)."""
    SEND_TO_GROUPS = "send_to_groups"
    """More than one recipient in a submission; given to each user singly by an administrator (rows A21, B08)."""
    SEE_PEOPLE = "see_people"
    """Open address books that belong to or are shared with the user."""
    MANAGE_PEOPLE = "manage_people"
    """Add, change, import contacts in the enterprise's and department's books; one's own book needs SEND only."""
    SEE_CUSTOMERS = "see_customers"
    """Customers and their orders, within reach: salespersons see their own."""
    CHANGE_CUSTOMERS = "change_customers"
    """Add and correct customers and orders, within reach."""
    MANAGE_CUSTOMERS = "manage_customers"
    """Hand customers over and merge them, within reach."""
    SET_UP_CUSTOMERS = "set_up_customers"
    """Types, posts, classes, products: the same for everybody."""
    SEE_NUMBERS = "see_numbers"
    """Phone numbers in clear; without it 138****1234."""
    EXPORT = "export"
    """Take lists away as a file; every export is audited."""
    SEE_REPORTS = "see_reports"
    MANAGE_USERS = "manage_users"
    """Users and departments, within reach."""
    MANAGE_CHANNELS = "manage_channels"
    """Channels, routes, prices, the simulated carrier."""
    ANSWER_PEOPLE = "answer_people"
    """Show people what is known of them, and erase it: everything, whoever it belongs to."""
    SEE_AUDIT = "see_audit"
    """The audit log, within reach."""
    USE_API = "use_api"


class Reach(StrEnum):
    """How far the rights reach over records of other people."""

    EVERYTHING = "everything"
    SUBTREE = "subtree"
    """The user's department and all below it."""
    OWN = "own"


RIGHTS: dict[Role, frozenset[Right]] = {
    Role.ADMINISTRATOR: frozenset(Right),
    Role.DEPARTMENT_ADMINISTRATOR: frozenset(Right) - {Right.MANAGE_CHANNELS, Right.SET_UP_CUSTOMERS, Right.ANSWER_PEOPLE},
    Role.SENDER: frozenset(
        {Right.SEND, Right.SEND_TO_GROUPS, Right.SEE_PEOPLE, Right.SEE_NUMBERS, Right.EXPORT, Right.SEE_REPORTS,
         Right.USE_API, Right.SEE_CUSTOMERS, Right.CHANGE_CUSTOMERS}
    ),
    # Field staff: their own customers, and no address book of others.
    Role.SALESPERSON: frozenset(
        {Right.SEND, Right.SEND_TO_GROUPS, Right.SEE_NUMBERS, Right.USE_API, Right.SEE_CUSTOMERS, Right.CHANGE_CUSTOMERS}
    ),
    Role.VIEWER: frozenset({Right.SEE_PEOPLE, Right.SEE_REPORTS, Right.SEE_CUSTOMERS}),
}  # fmt: skip

REACH: dict[Role, Reach] = {
    Role.ADMINISTRATOR: Reach.EVERYTHING,
    Role.DEPARTMENT_ADMINISTRATOR: Reach.SUBTREE,
    Role.SENDER: Reach.OWN,
    Role.SALESPERSON: Reach.OWN,
    Role.VIEWER: Reach.SUBTREE,
}
