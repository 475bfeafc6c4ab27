"""Endpoints: opt-outs, the company's lists, consents."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from ninja import Router

from hongyan.accounts.errors import Refused
from hongyan.accounts.models import User
from hongyan.api.keys import user_of
from hongyan.api.shapes import (
    After,
    ConsentIn,
    ConsentPage,
    Entered,
    ForbidPage,
    Limit,
    ListedIn,
    OptOutIn,
    shown,
)
from hongyan.consent import entering, ledger, lists, optouts
from hongyan.consent.models import ConsentEvent, Listed, OptOut, Source
from hongyan.consent.policy import topic_names
from hongyan.dispatch.numbers import Numbers
from hongyan.inputs import day_of

router = Router(tags=["consents"])
CODES = ", ".join(Listed.Kind.values)


def _entered(added: int, read: Numbers) -> dict[str, Any]:
    return {"added": added, "refused": [one.value for one in read.bad]}


def _topic(code: str) -> str:
    if code and code not in topic_names():
        raise Refused("unknown_topic", _("There is no such topic."), field="topic")
    return code


def _page(user: User, found: QuerySet[Any], after: int, limit: int) -> dict[str, Any]:
    rows = list(found.filter(pk__gt=after).order_by("pk")[:limit])
    return {
        "items": [
            {
                "id": one.pk, "number": shown(user, one.number), "topic": getattr(one, "topic", ""),
                "signature": getattr(one, "signature", ""), "source": one.source, "at": one.at, "expires_at": one.expires_at,
                "reason": one.evidence if isinstance(one, OptOut) else one.reason,
            }
            for one in rows
        ],
        "next": rows[-1].pk if rows else None,
    }  # fmt: skip


@router.get("/opt-outs", response=ForbidPage, summary=gettext_noop("Who has opted out, in order of id"))
def opt_outs(request: HttpRequest, after: After, limit: Limit) -> dict[str, Any]:
    user = user_of(request)
    entering.check(user)
    return _page(user, OptOut.objects.all(), after, limit)


@router.post(
    "/opt-outs",
    response=Entered,
    summary=gettext_noop("Opt out"),
    description=gettext_noop("Marketing that waits for these numbers is withdrawn at once."),
)
def opt_out(request: HttpRequest, body: OptOutIn) -> dict[str, Any]:
    user = user_of(request)
    # Before anything that is said, so that who may not learns nothing of topics.
    entering.check(user)
    added, read = optouts.add(
        user, "\n".join(body.numbers), body.evidence, topic=_topic(body.topic), signature=body.signature,
        source=Source.API, address=request.META.get("REMOTE_ADDR"),
    )  # fmt: skip
    return _entered(added, read)


@router.get(
    "/lists/{kind}",
    response=ForbidPage,
    summary=gettext_noop("A list of the company, in order of id"),
    description=gettext_noop("block, grey, white, vip or test."),
)
def listed(request: HttpRequest, kind: str, after: After, limit: Limit) -> dict[str, Any]:
    user = user_of(request)
    entering.check(user)
    return _page(user, Listed.objects.filter(kind=_kind(kind)), after, limit)


@router.post(
    "/lists/{kind}",
    response=Entered,
    summary=gettext_noop("Put numbers on a list"),
    description=gettext_noop("block, grey, white, vip or test."),
)
def put_on_list(request: HttpRequest, kind: str, body: ListedIn) -> dict[str, Any]:
    user = user_of(request)
    entering.check(user)
    added, read = lists.add(
        user, _kind(kind), "\n".join(body.numbers), body.reason, expires_at=body.expires_at,
        source=Source.API, address=request.META.get("REMOTE_ADDR"),
    )  # fmt: skip
    return _entered(added, read)


def _kind(kind: str) -> str:
    if kind not in Listed.Kind.values:
        raise Http404
    return kind


@router.get(
    "/consents",
    response=ConsentPage,
    summary=gettext_noop("The ledger of consents, in order of its lines"),
)
def consents(request: HttpRequest, after: After, limit: Limit) -> dict[str, Any]:
    user = user_of(request)
    entering.check(user)
    rows = list(ConsentEvent.objects.filter(Q(pk__gt=after)).order_by("pk")[:limit])
    return {
        "items": [
            {
                "line": one.pk, "number": shown(user, one.number), "act": one.act, "topic": one.topic, "at": one.at,
                "source": one.source, "evidence": one.evidence, "wording": one.wording, "frequency": one.frequency,
                "until": f"{one.until:%Y-%m-%d}" if one.until else "", "operator": one.operator, "hash": one.hash,
            }
            for one in rows
        ],
        "next": rows[-1].pk if rows else None,
    }  # fmt: skip


@router.post("/consents", response=Entered, summary=gettext_noop("Enter consents"))
def consent(request: HttpRequest, body: ConsentIn) -> dict[str, Any]:
    user = user_of(request)
    entering.check(user)
    until = day_of(body.until)
    if body.until and until is None:
        raise Refused("not_a_date", _("This is not a date."), field="until")
    terms = ledger.Terms(_topic(body.topic), Source.API, body.evidence, body.wording, body.frequency, until)
    added, read = ledger.give(user, "\n".join(body.numbers), terms, address=request.META.get("REMOTE_ADDR"))
    return _entered(added, read)
