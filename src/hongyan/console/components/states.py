"""Every state that a badge can show: word, tone and icon, so that the same state looks the same everywhere."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Shown:
    label: str | Promise
    tone: str
    """good, bad, wait, quiet, info or warn: see console.css."""
    icon: str


STATES: dict[str, Shown] = {
    # Messages
    "blocked": Shown(_("Blocked"), "quiet", "ban"),
    "queued": Shown(_("Waiting"), "wait", "clock"),
    "submitted": Shown(_("Sent, no receipt yet"), "info", "send"),
    "delivered": Shown(_("Delivered"), "good", "circle-check"),
    "expired": Shown(_("Expired"), "warn", "hourglass"),
    "uncertain": Shown(_("Uncertain"), "warn", "alert-triangle"),
    "cancelled": Shown(_("Cancelled"), "quiet", "circle-minus"),
    "failed": Shown(_("Failed"), "bad", "circle-x"),
    # Lines of a balance sheet that are no message's state
    "in_flight": Shown(_("Being submitted"), "info", "bolt"),
    "unplanned": Shown(_("Not created yet"), "quiet", "circle-dashed"),
    "unwritten": Shown(_("Stopped before it was created"), "quiet", "circle-minus"),
    "dropped": Shown(_("Removed before sending"), "quiet", "filter"),
    # Submissions
    "draft": Shown(_("Draft"), "quiet", "edit"),
    "scheduled": Shown(_("Scheduled"), "info", "calendar"),
    "planning": Shown(_("Being prepared"), "wait", "circle-dashed"),
    "running": Shown(_("Sending"), "wait", "send"),
    "paused": Shown(_("Paused"), "warn", "player-pause"),
    "finished": Shown(_("Finished"), "good", "check"),
    # Trial parts
    "tried": Shown(_("Being tried"), "wait", "clock"),
    "passed": Shown(_("Trial part went well"), "good", "check"),
    "halted": Shown(_("Halted"), "bad", "player-stop"),
    "continued": Shown(_("Continued by hand"), "info", "player-play"),
    "stopped": Shown(_("Stopped"), "quiet", "player-stop"),
    # Connections
    "logged_in": Shown(_("Connected"), "good", "plug"),
    "listening": Shown(_("Listening for the carrier"), "good", "antenna"),
    "connecting": Shown(_("Connecting"), "wait", "circle-dashed"),
    "refused": Shown(_("Login refused"), "bad", "lock"),
    "refusing": Shown(_("Refuses every message"), "bad", "ban"),
    "waiting": Shown(_("Waits to connect again"), "warn", "clock"),
    "nobody_in": Shown(_("Nobody logged in"), "quiet", "lock-open"),
    "writing": Shown(_("Being written"), "wait", "circle-dashed"),
    "packed": Shown(_("Packed"), "good", "check"),
    "off": Shown(_("Off"), "quiet", "power"),
    # Orders
    "order_open": Shown(_("In progress"), "wait", "clock"),
    "order_shipped": Shown(_("Shipped"), "info", "send"),
    "order_completed": Shown(_("Completed"), "good", "check"),
    "order_void": Shown(_("Void"), "quiet", "circle-minus"),
    # Numbers
    "number_dead": Shown(_("Number no longer exists"), "bad", "phone-off"),
    "number_off": Shown(_("Often off or suspended"), "warn", "power"),
    "number_full": Shown(_("Inbox full"), "warn", "inbox"),
    "number_suspect": Shown(_("May belong to somebody else now"), "warn", "alert-triangle"),
    # Parts of the system
    "up": Shown(_("Running"), "good", "check"),
    "down": Shown(_("Not running"), "bad", "circle-x"),
}
