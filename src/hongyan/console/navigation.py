"""The sidebar: sections and pages in the order of the console's map, each with the right that shows it."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from hongyan.accounts.models import User
from hongyan.accounts.rights import Right


@dataclass(frozen=True, slots=True)
class Page:
    label: str | Promise
    url_name: str
    icon: str
    right: Right | None = None

    @property
    def url(self) -> str:
        return reverse(f"console:{self.url_name}")


@dataclass(frozen=True, slots=True)
class Section:
    label: str | Promise
    icon: str
    pages: tuple[Page, ...]


OVERVIEW = Page(_("Overview"), "overview", "home")
WRITE = Page(_("Write a message"), "write", "send", Right.SEND)
SECTIONS: tuple[Page | Section, ...] = (
    OVERVIEW,
    Page(_("Submissions"), "submissions", "list-details"),
    Page(_("Mailbox"), "mailbox", "inbox"),
    Section(
        _("People"),
        "address-book",
        (
            Page(_("Address books"), "people", "users", Right.SEE_PEOPLE),
            Page(_("Recipient lists"), "recipient_lists", "file-spreadsheet", Right.SEND),
        ),
    ),
    Page(_("Library"), "phrases", "notes", Right.SEND),
    Section(
        _("Carriers"),
        "antenna",
        (
            Page(_("Channels"), "channels", "plug", Right.MANAGE_CHANNELS),
            Page(_("Routes"), "routes", "route", Right.MANAGE_CHANNELS),
            Page(_("Customers' doors"), "doors", "lock-open", Right.MANAGE_CHANNELS),
            Page(_("Retries and failover"), "code_rules", "refresh", Right.MANAGE_CHANNELS),
            Page(_("Virtual phones"), "phones", "device-mobile-message", Right.SEND),
        ),
    ),
    Section(
        _("Settings"),
        "settings",
        (
            Page(_("Users"), "users", "users-group", Right.MANAGE_USERS),
            Page(_("Departments"), "departments", "building", Right.MANAGE_USERS),
            Page(_("Signatures"), "signatures", "signature", Right.MANAGE_CHANNELS),
            Page(_("Sending hours"), "sending_hours", "clock", Right.MANAGE_CHANNELS),
            Page(_("Blocked and opted out"), "refusals", "ban", Right.MANAGE_PEOPLE),
            Page(_("API keys"), "api_keys", "key", Right.USE_API),
            Page(_("Audit log"), "audit", "history", Right.SEE_AUDIT),
            Page(_("System health"), "health", "heart-rate-monitor", Right.MANAGE_CHANNELS),
        ),
    ),
)


def for_user(user: User) -> list[Page | Section]:
    """What `user` may open; a section without pages is left out."""

    def allowed(page: Page) -> bool:
        return page.right is None or user.may(page.right)

    shown: list[Page | Section] = []
    for entry in SECTIONS:
        if isinstance(entry, Page):
            if allowed(entry):
                shown.append(entry)
        elif pages := tuple(page for page in entry.pages if allowed(page)):
            shown.append(Section(entry.label, entry.icon, pages))
    return shown
