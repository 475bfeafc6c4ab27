"""The register of the console's pages: the menu's sections in the order of the map, and what only the palette finds.

Each page says its right, its icon, further words to be found by and, where something may wait in it, how that is
counted. A new page is one line here; `menu.py` shows them, `finding.py` finds them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from hongyan.accounts.models import User
from hongyan.accounts.rights import Right
from hongyan.console import waiting
from hongyan.contacts.reach import has_people


@cache
def _path(url_name: str) -> str:
    """Kept: a menu asks some two hundred times, and an address never changes."""
    return reverse(url_name if ":" in url_name else f"console:{url_name}")


@dataclass(frozen=True, slots=True, eq=False)
class Page:
    label: str | Promise
    url_name: str
    icon: str
    right: Right | None = None
    words: str | Promise = ""
    """What else people call it or look for in it, separated by commas."""
    query: str = ""
    """The part of the page that is meant: "state=failed"."""
    anchor: str = ""
    """The field that is meant."""
    also: Callable[[User], bool] | None = None
    """Who opens it without the right."""
    waits: waiting.Rows | None = None
    """Rows that wait here for the user; how many stands beside the page's name."""

    @property
    def path(self) -> str:
        return _path(self.url_name)

    @property
    def url(self) -> str:
        return self.path + (f"?{self.query}" if self.query else "") + (f"#{self.anchor}" if self.anchor else "")

    def is_for(self, user: User) -> bool:
        return self.right is None or user.may(self.right) or (self.also is not None and self.also(user))


@dataclass(frozen=True, slots=True, eq=False)
class Section:
    key: str
    label: str | Promise
    icon: str
    pages: tuple[Page, ...]


OVERVIEW = Page(_("Overview"), "overview", "home", words=_("home, today, dashboard, charts, figures, costs"))
WRITE = Page(_("Write a message"), "write", "send", Right.SEND, words=_("compose, send, new message, mass sending"))
CHANNELS, PEOPLE, USERS = Right.MANAGE_CHANNELS, Right.SEE_PEOPLE, Right.MANAGE_USERS

MENU: tuple[Page | Section, ...] = (
    OVERVIEW,
    Section(
        "submissions",
        _("Submissions"),
        "list-details",
        (
            Page(_("All submissions"), "submissions", "list-details", words=_("jobs, tasks, sent jobs, history"),
                 waits=waiting.submissions),
            Page(_("Running"), "submissions", "player-play", query="state=running", words=_("under way, paused, now")),
            Page(_("Scheduled"), "submissions", "clock", query="state=scheduled", words=_("later, timed, planned")),
            Page(_("Drafts"), "submissions", "edit", query="state=draft", words=_("unfinished, not sent")),
            Page(_("Calendar"), "submission_calendar", "calendar", words=_("month, dates")),
        ),
    ),
    Section(
        "mailbox",
        _("Mailbox"),
        "inbox",
        (
            Page(_("Replies"), "mailbox", "inbox", words=_("answers, inbox, incoming messages, conversations"),
                 waits=waiting.replies),
            Page(_("Favourites"), "mailbox", "star", query="folder=favourites", words=_("starred")),
            Page(_("Sent messages"), "mailbox_sent", "send-2", words=_("every single message, outbox, look up a number")),
            Page(_("How replies are read"), "reading_rules", "list-details", Right.MANAGE_PEOPLE,
                 words=_("rules, opt-out words, refusals understood, patterns")),
            Page(_("Failed messages"), "mailbox_sent", "circle-x", query="state=failed",
                 words=_("not delivered, errors, resend")),
        ),
    ),
    Section(
        "people",
        _("People"),
        "address-book",
        (
            Page(_("Contacts"), "people", "users", PEOPLE, also=has_people, words=_("address books, groups, customers, numbers")),
            Page(_("Customers"), "customers", "building", Right.SEE_CUSTOMERS, waits=waiting.customers,
                 words=_("organisations, clients, dealers, CRM, key persons, salespersons")),
            Page(_("Orders"), "orders", "file-spreadsheet", Right.SEE_CUSTOMERS, words=_("sales, purchases, what was bought")),
            Page(_("Products"), "products", "tag", Right.SEE_CUSTOMERS, words=_("goods, SKU, categories, price list")),
            Page(_("Customer types and classes"), "customer_setup", "filter", Right.SET_UP_CUSTOMERS,
                 words=_("posts, rules, classification, required facts, kinds of customers")),
            Page(_("Audiences"), "audiences", "filter", PEOPLE,
                 words=_("segments, conditions, target groups, selections, samples")),
            Page(_("Tables"), "tables", "table", PEOPLE,
                 words=_("own data, database, records, fields, look-ups, spreadsheets, drivers, prices")),
            Page(_("Recipient lists"), "recipient_lists", "file-spreadsheet", Right.SEND,
                 words=_("uploaded files, spreadsheets, Excel")),
            Page(_("Columns of people"), "people_columns", "table", Right.MANAGE_PEOPLE,
                 words=_("custom fields, further columns, kinds of values, member level, birthday")),
            Page(_("Birthdays"), "birthdays", "calendar", PEOPLE,
                 words=_("anniversaries, lunar, leap month, who has a birthday, congratulations")),
            Page(_("Possible duplicates"), "duplicates", "copy", PEOPLE,
                 words=_("twice, the same person, merge people, clean up, undo a merge")),
            Page(_("Number health"), "numbers", "phone-off", PEOPLE,
                 words=_("dead numbers, not reached, phone off, inbox full, new owner, paused, saved")),
            Page(_("Lists"), "lists", "ban", Right.MANAGE_PEOPLE,
                 words=_("blocklist, blacklist, unsubscribe, refusals, opted out, grey, white, VIP, test numbers")),
            Page(_("Consents"), "consents", "shield-check", Right.MANAGE_PEOPLE,
                 words=_("ledger, agreed, permission, evidence, proof, opt-in")),
            Page(_("Marketing rules"), "marketing", "adjustments", Right.MANAGE_PEOPLE,
                 words=_("topics, consent required, frequency cap, limit, purposes")),
            Page(_("Personal data requests"), "person_requests", "shield-check", Right.ANSWER_PEOPLE,
                 words=_("erasure, erase a person, right to be forgotten, access request, PIPL, GDPR, privacy, everything about a number")),
        ),
    ),
    Section(
        "library",
        _("Library"),
        "notes",
        (
            Page(_("Phrases"), "phrases", "notes", Right.SEND, words=_("templates, texts, snippets")),
            Page(_("Signatures"), "signatures", "signature", CHANNELS, words=_("company name, brackets, sender name")),
        ),
    ),
    Section(
        "carriers",
        _("Carriers"),
        "antenna",
        (
            Page(_("Channels"), "channels", "plug", CHANNELS, waits=waiting.channels,
                 words=_("carrier accounts, connections, login, CMPP, SGIP, SMGP, SMPP, speed, window")),
            Page(_("Routes"), "routes", "route", CHANNELS, words=_("which channel, order, share, carriers")),
            Page(_("Prices"), "prices", "coin", CHANNELS, words=_("cost of a segment, price list, money")),
            Page(_("Customers' doors"), "doors", "lock-open", CHANNELS,
                 words=_("customer access, their systems, CMPP server, SMPP server")),
            Page(_("Retries and failover"), "code_rules", "refresh", CHANNELS,
                 words=_("error codes, try again, other channel, outage")),
            Page(_("Stray receipts"), "parked_reports", "ghost", CHANNELS,
                 words=_("delivery reports without a message, unmatched")),
            Page(_("Virtual phones"), "phones", "device-mobile-message", Right.SEND,
                 words=_("simulator, simulated carrier, test phones, try out")),
        ),
    ),
    Section(
        "settings",
        _("Settings"),
        "settings",
        (
            Page(_("Departments"), "departments", "building", USERS, words=_("organisation, company tree, branches")),
            Page(_("Users"), "users", "users-group", USERS, words=_("accounts, roles, rights, colleagues, extension")),
            Page(_("Sending hours"), "sending_hours", "clock", CHANNELS,
                 words=_("quiet hours, night, holidays, days off, marketing hours")),
            Page(_("Retention"), "retention", "trash", CHANNELS,
                 words=_("how long texts and numbers are kept, erase, delete old messages, privacy")),
            Page(_("Exports"), "exports", "download", Right.EXPORT, words=_("files, Excel, taken away, downloads")),
            Page(_("API keys"), "api_keys", "key", Right.USE_API, words=_("programs, token, access, allowance")),
            Page(_("Audit log"), "audit", "history", Right.SEE_AUDIT, words=_("who did what, changes, sign-ins")),
            Page(_("System health"), "health", "heart-rate-monitor", CHANNELS,
                 words=_("status, database, disk, worker, gateway, version, upkeep")),
        ),
    ),
)  # fmt: skip

FURTHER: tuple[Page, ...] = (
    Page(_("Replies that may be refusals"), "mailbox", "alert-triangle", query="folder=doubtful",
         words=_("in doubt, review, opt out")),
    Page(_("Unread replies"), "mailbox", "mail", query="folder=unread", words=_("new answers")),
    Page(_("All replies I may see"), "mailbox", "messages", query="folder=all", words=_("replies of others")),
    Page(_("Finished submissions"), "submissions", "check", query="state=finished", words=_("done, cancelled, failed")),
    Page(_("My customers on the phone"), "field", "device-mobile", Right.CHANGE_CUSTOMERS,
         words=_("field staff, without network, offline, visits")),
    Page(_("Customers to be merged"), "merges", "copy", Right.MANAGE_CUSTOMERS, words=_("duplicates, the same number twice")),
    Page(_("Numbers to be found out"), "number_tasks", "phone-off", Right.SEE_CUSTOMERS,
         words=_("dead numbers, wrong numbers of customers")),
    Page(_("Where does a number go?"), "route_explain", "route", CHANNELS, words=_("explain, test a route, why")),
    Page(_("Ported numbers"), "ported_numbers", "arrow-right", CHANNELS, words=_("number portability, other carrier")),
    Page(_("Number ranges"), "number_ranges", "list-details", CHANNELS, words=_("prefixes, carrier of a number")),
    Page(_("Import users"), "user_import", "file-upload", USERS, words=_("colleagues from a file, Excel, roster, many users")),
    Page(_("Guide for programs"), "api:openapi-view", "link", Right.USE_API,
         words=_("API documentation, interface, examples, REST, HTTP")),
    Page(_("All settings"), "settings", "settings", words=_("overview of the settings, administration, configure")),
    Page(_("My settings"), "profile", "user", words=_("profile, name, e-mail, mobile number")),
    Page(_("My language"), "profile", "language", anchor="id_language", words=_("Chinese, English, Traditional")),
    Page(_("My signature"), "profile", "signature", anchor="id_personal_signature", words=_("name below the text")),
    Page(_("Height of rows"), "profile", "adjustments", anchor="id_is_roomy", words=_("density, compact, roomy, lists")),
    Page(_("My password"), "password", "lock", words=_("change the password")),
    Page(_("Two-step sign-in"), "two_step", "shield-check", words=_("second factor, authenticator, code, safety")),
)  # fmt: skip
"""Pages and settings inside others: no line of their own in the menu."""

ACTS: tuple[Page, ...] = (
    WRITE,
    Page(_("Add a contact"), "new_contact", "user-plus", PEOPLE, words=_("new person")),
    Page(
        _("Add a customer"),
        "new_customer",
        "building",
        Right.CHANGE_CUSTOMERS,
        words=_("new customer, new organisation"),
    ),
    Page(
        _("Add a customer type"),
        "new_customer_type",
        "plus",
        Right.SET_UP_CUSTOMERS,
        words=_("new type, kind of customer"),
    ),
    Page(
        _("Add a class of customers"),
        "new_customer_class",
        "plus",
        Right.SET_UP_CUSTOMERS,
        words=_("new class, rule, classification"),
    ),
    Page(_("Add a product"), "new_product", "plus", Right.SET_UP_CUSTOMERS, words=_("new product, new SKU")),
    Page(_("Add an address book"), "new_book", "address-book", PEOPLE, words=_("new book")),
    Page(
        _("Add an audience"),
        "new_audience",
        "filter",
        PEOPLE,
        words=_("new audience, new segment, select by conditions"),
    ),
    Page(_("Import people from a file"), "import", "file-upload", PEOPLE, words=_("upload, Excel, CSV, spreadsheet")),
    Page(_("Make a table"), "new_table", "table", Right.SEND, words=_("new table, from a spreadsheet, database")),
    Page(_("Add a phrase"), "new_phrase", "plus", Right.SEND, words=_("new template, new text")),
    Page(_("Add a department"), "departments", "building", USERS, query="new=1", words=_("new department")),
    Page(_("Add a user"), "new_user", "user-plus", USERS, words=_("new user, new colleague, new account")),
    Page(_("Add a channel"), "new_channel", "plug", CHANNELS, words=_("new channel, connect a carrier")),
    Page(_("Add a route"), "new_route", "route", CHANNELS, words=_("new route")),
    Page(_("Add a customer's door"), "new_door", "lock-open", CHANNELS, words=_("new door, new customer")),
    Page(_("Add a signature"), "signatures", "signature", CHANNELS, anchor="id_text", words=_("new signature")),
    Page(
        _("Make a backup"), "health", "download", CHANNELS, anchor="backups", words=_("save, dump, restore, schedule")
    ),
    Page(_("Add an API key"), "api_keys", "key", Right.USE_API, anchor="id_name", words=_("new key")),
)
"""What the palette does for who names it: each opens the page where it is done."""


def in_the_menu() -> Iterator[Page]:
    for entry in MENU:
        yield from (entry,) if isinstance(entry, Page) else entry.pages


def everything() -> Iterator[Page]:
    yield from in_the_menu()
    yield from FURTHER
    yield from ACTS
