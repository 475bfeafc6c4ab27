"""Links to a password by text message: one submission, however many users, over the same road as all else."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from django.db import transaction
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from hongyan.accounts.errors import Refused
from hongyan.accounts.invitations import VALID_FOR
from hongyan.accounts.models import User
from hongyan.accounts.users import invite
from hongyan.contacts import lists
from hongyan.dispatch.models import Message
from hongyan.messaging import submissions
from hongyan.messaging.asking import Request
from hongyan.messaging.models import Category, Signature, Submission
from hongyan.messaging.reasons import words
from hongyan.messaging.recipients import Selection
from hongyan.runtime import clock

COLUMNS = ("name", "login", "until", "link")


@transaction.atomic
def send(actor: User, users: Sequence[User], site: str, *, address: str | None = None) -> Submission:
    """Write each of `users` a link below `site` ("https://sms.example.com"). All or none; raises Refused.

    Refused, too, when the only one would not get it, so that the link can be handed over instead.
    """
    until = date_format(localtime(clock.now() + VALID_FOR - timedelta(minutes=10)), "SHORT_DATETIME_FORMAT")
    rows = []
    for line, user in enumerate(users, start=1):
        if not user.phone:
            raise Refused("no_number", _("%(name)s has no mobile number.") % {"name": user.name}, field="phone")
        link = f"{site.rstrip('/')}/i/{invite(actor, user, address=address)}/"
        said = (user.name, user.username, until, link)
        rows.append((line, user.phone, dict(zip(COLUMNS, said, strict=True))))
    title = _("Invitation of users")
    default = Signature.objects.filter(is_default=True).first()
    request = Request(
        text=_("{name}, please set a password for your account {login} by {until}: {link} The link works once; pass it on to nobody."),
        selection=Selection(list_ids=(lists.from_rows(actor, title, COLUMNS, rows).pk,)), title=title,
        category=Category.VERIFICATION, signature=default.text if default else "", origin=Submission.Origin.INVITATION,
        validity_minutes=int(VALID_FOR.total_seconds() // 60),
    )  # fmt: skip
    made = submissions.submit(actor, request, address=address)
    if len(users) == 1 and (stopped := Message.objects.filter(submission_id=made.pk, state="blocked").first()):
        raise Refused("not_sent", words(stopped.reason))
    return made
