"""All places of the installation in the order in which they are gone through: what plans and feeds first, messages last."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain

from hongyan.accounts import privacy as accounts
from hongyan.audiences import privacy as audiences
from hongyan.consent import privacy as consent
from hongyan.contacts import privacy as contacts
from hongyan.crm import privacy as crm
from hongyan.datasets import privacy as datasets
from hongyan.dispatch import privacy as dispatch
from hongyan.doors import privacy as doors
from hongyan.duplicates import privacy as duplicates
from hongyan.exports import privacy as exports
from hongyan.mailbox import privacy as mailbox
from hongyan.messaging import privacy as messaging
from hongyan.privacy import Digits, Kind, Place, nothing
from hongyan.reachability import privacy as reachability
from hongyan.reports import privacy as reports
from hongyan.uploads import privacy as uploads

OTHERS = (
    Place(
        "procrastinate_jobs", Kind.SYSTEM, values=("args",), words=("lock", "queueing_lock"),
        never=("queue_name", "task_name"),
    ),
    Place("axes_accessattempt", Kind.SYSTEM, words=("username", "path_info", "get_data", "post_data"),
          never=("user_agent", "ip_address", "http_accept")),
    Place("axes_accessfailurelog", Kind.SYSTEM, words=("username", "path_info"),
          never=("user_agent", "ip_address", "http_accept")),
    Place("axes_accesslog", Kind.SYSTEM, words=("username", "path_info"),
          never=("user_agent", "ip_address", "http_accept", "session_hash")),
    nothing("procrastinate_periodic_defers", "task_name", "periodic_id"),
    nothing("auth_group", "name"),
    nothing("auth_permission", "name", "codename"),
    nothing("django_content_type", "app_label", "model"),
    nothing("django_migrations", "app", "name"),
    # Who is signed in; sentences that wait to be shown stand in a cookie or go with the next page.
    nothing("django_session", "session_key", "session_data"),
    # Our own: the number and the file that was made are encrypted, the rest knows the seal.
    nothing("erasure_request", "kind", "state", "seal", "masked", "number_encrypted", "file_encrypted", "found", "error"),
)  # fmt: skip

PLACES: tuple[Place, ...] = tuple(
    chain(
        contacts.PLACES, duplicates.PLACES, crm.PLACES, datasets.PLACES, audiences.PLACES, consent.PLACES, messaging.PLACES,
        mailbox.PLACES, reachability.PLACES, doors.PLACES, uploads.PLACES, exports.PLACES, accounts.PLACES, reports.PLACES, OTHERS,
        dispatch.PLACES,
    )
)  # fmt: skip

FILES: tuple[tuple[Callable[[Digits], list[int]], Callable[[int], object]], ...] = (
    (uploads.files_with, uploads.drop_file),
    (exports.files_with, exports.drop_file),
)
"""Files that hold a number: which, and how each goes."""
STAYING = consent.files_with
"""Files that hold it and stay."""
