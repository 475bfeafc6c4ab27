"""Verbs of what is asked of marketing, and of its topics."""

from __future__ import annotations

import re

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from hongyan.accounts import audit
from hongyan.accounts.errors import Refused
from hongyan.accounts.models import User
from hongyan.consent import entering
from hongyan.consent.models import ConsentEvent, OptOut, Policy, Topic

_CODE = re.compile(r"[0-9A-Za-z]{1,12}", re.ASCII)


@transaction.atomic
def change(
    user: User, *, consent: str, most: int | None, days: int, grey_days: int, address: str | None = None
) -> Policy:
    """What marketing must meet from now on. Raises Refused."""
    entering.check(user)
    if consent not in Policy.Consent.values:
        raise Refused("unknown_choice", _("Choose one of the three."), field="consent")
    if (most is not None and not 1 <= most <= 1000) or not 1 <= days <= 90 or not 1 <= grey_days <= 90:
        raise Refused("limit", _("A limit is from 1 to 1,000 messages, in 1 to 90 days."), field="most")
    row = Policy.objects.select_for_update().first() or Policy()
    before = {"consent": row.consent, "most": row.most, "days": row.days, "grey_days": row.grey_days}
    row.consent, row.most, row.days, row.grey_days = consent, most, days, grey_days
    row.save()
    audit.record(
        user, "consent.policy_changed", summary=str(row.get_consent_display()), address=address,
        detail={"before": before, "after": {"consent": consent, "most": most, "days": days, "grey_days": grey_days}},
    )  # fmt: skip
    return row


@transaction.atomic
def add_topic(user: User, code: str, name: str, words: str = "", *, address: str | None = None) -> Topic:
    """A kind of marketing that may be agreed to and refused by itself. Raises Refused."""
    entering.check(user)
    code, name = code.strip().upper(), name.strip()
    if not _CODE.fullmatch(code):
        raise Refused("topic_code", _("A code has 1 to 12 letters and digits."), field="code")
    if not name or len(name) > 40:
        raise Refused("topic_name", _("A topic's name has 1 to 40 characters."), field="name")
    if Topic.objects.filter(code=code).exists() or Topic.objects.filter(name=name).exists():
        raise Refused("topic_exists", _("There is a topic with this code or name already."), field="code", status=409)
    topic = Topic.objects.create(code=code, name=name, words=words.strip()[:200])
    audit.record(user, "topic.created", topic, address=address)
    return topic


@transaction.atomic
def change_topic(user: User, topic: Topic, name: str, words: str, *, address: str | None = None) -> None:
    """Its name and what people call it; the code stays. Raises Refused."""
    entering.check(user)
    name = name.strip()
    if not name or len(name) > 40:
        raise Refused("topic_name", _("A topic's name has 1 to 40 characters."), field="name")
    if Topic.objects.filter(name=name).exclude(pk=topic.pk).exists():
        raise Refused("topic_exists", _("There is a topic with this code or name already."), field="name", status=409)
    topic.name, topic.words = name, words.strip()[:200]
    topic.save()
    audit.record(user, "topic.changed", topic, address=address)


@transaction.atomic
def remove_topic(user: User, topic: Topic, *, address: str | None = None) -> None:
    """Raises Refused where somebody has agreed to it or refused it: that must stay readable."""
    entering.check(user)
    used = OptOut.objects.filter(topic=topic.code).exists() or ConsentEvent.objects.filter(topic=topic.code).exists()
    if used:
        raise Refused("topic_used", _("People have agreed to this topic or refused it, so it stays."), status=409)
    audit.record(user, "topic.removed", topic, address=address)
    topic.delete()


def topic_names() -> dict[str, str]:
    """Code -> name."""
    return dict(Topic.objects.values_list("code", "name"))
