"""The check page: the exact effect before anything happens, everybody one by one, and the button."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from hongyan.accounts.errors import Refused
from hongyan.accounts.models import User
from hongyan.accounts.rights import Right
from hongyan.consent.lists import test_numbers
from hongyan.console.access import me, needs
from hongyan.console.refusing import told
from hongyan.console.write import picking
from hongyan.console.write.words import how_many
from hongyan.contacts import reach
from hongyan.dispatch.models import Channel
from hongyan.dispatch.numbers import read_many
from hongyan.inputs import asked_of, whole_of
from hongyan.messaging import accounting, asking, confirming, drafts, lapsing, recipients, surveying, unseen
from hongyan.messaging.asking import request_of
from hongyan.messaging.confirming import ChangedSince
from hongyan.messaging.models import Submission
from hongyan.messaging.reasons import words

PAGE = 50


@needs(Right.SEND)
def confirm(request: HttpRequest, draft_id: int) -> HttpResponseBase:
    """The exact effect, before anything happens."""
    user = me(request)
    if sent := _sent(user, draft_id):
        return redirect("console:submission", sent.pk)
    return _confirmation(request, user, drafts.access_draft(user, draft_id))


def _sent(user: User, draft_id: int) -> Submission | None:
    """What has become of a draft that was sent, from another tab or by a second click."""
    return Submission.objects.filter(pk=draft_id, owner=user).exclude(state=Submission.State.DRAFT).first()


def _confirmation(request: HttpRequest, user: User, draft: Submission, changed: str = "") -> HttpResponseBase:
    """What will happen, and the mark of it; `changed` says what is another than on the page before."""
    back = f"{reverse('console:write')}?draft={draft.pk}"
    asked = request_of(draft)
    try:
        rehearsal = asking.rehearse(user, asked)
    except Refused as error:
        messages.error(request, str(error))
        return redirect(back)
    typed = read_many(draft.recipients.get("typed", ""))
    files = [one for one in accounting.files_of(user, asked.selection) if one.rows_bad]
    channels = dict(Channel.objects.values_list("pk", "name"))
    total = rehearsal.scaled(rehearsal.sendable)
    if rehearsal.is_about:
        surveying.kept(user, draft, asked, "")
    return render(
        request,
        "console/write/confirm.html",
        {
            "draft": draft, "lapsing": lapsing.people(user, asked.selection, draft.scheduled_at) if draft.scheduled_at else 0,
            "chosen": picking.chosen(user, asked.selection), "typed_count": len(asked.selection.numbers),
            "lacking": _lacking(rehearsal), "rehearsal": rehearsal, "back": back, "typed": typed, "files": files,
            "mark": confirming.mark(asked, rehearsal), "changed": changed,
            "left_out": rehearsal.scaled(rehearsal.blocked.total()) + len(typed.bad) + sum(one.rows_bad for one in files),
            "total": total, "total_shown": how_many(total, is_about=rehearsal.is_about), "segments": rehearsal.scaled(rehearsal.total_segments),
            "price": rehearsal.scaled(rehearsal.price_micros),
            "trial": asked.canary.size(rehearsal.recipients) if asked.canary else 0, "terms": asked.canary,
            "test_numbers": test_numbers().count(),
            "without_consent": rehearsal.scaled(rehearsal.without_consent),
            "blocked": [
                (words(reason), rehearsal.scaled(count), rehearsal.blocked_examples[reason])
                for reason, count in rehearsal.blocked.most_common()
            ],
            "channels": [(channels.get(pk, "?"), rehearsal.scaled(count)) for pk, count in rehearsal.channels.most_common()],
            "per_message": [(size, rehearsal.scaled(count)) for size, count in sorted(rehearsal.segments.items())],
        },
    )  # fmt: skip


@needs(Right.SEND)
def counted(request: HttpRequest, draft_id: int) -> HttpResponseBase:
    """Asked while the exact figure is being counted: once it is there, the page is shown anew with it."""
    user = me(request)
    if asking.count(user, request_of(drafts.access_draft(user, draft_id))).is_about:
        return HttpResponse(status=204)
    return HttpResponse(status=204, headers={"HX-Refresh": "true"})


@needs(Right.SEND)
@require_POST
def send(request: HttpRequest, draft_id: int) -> HttpResponseBase:
    user = me(request)
    draft = _sent(user, draft_id) or drafts.access_draft(user, draft_id)
    try:
        submission = drafts.send(
            user, draft, shown=request.POST.get("shown", ""), address=request.META.get("REMOTE_ADDR")
        )
    except ChangedSince as error:
        return _confirmation(request, user, drafts.access_draft(user, draft_id), str(error))
    except Refused as error:
        messages.error(request, str(error))
        return redirect(f"{reverse('console:write')}?draft={draft.pk}")
    return redirect("console:submission", submission.pk)


def _lacking(rehearsal: asking.Rehearsal) -> list[tuple[str, int]]:
    """(variable, how many lack it) of those that would be left out for it."""
    found = [(why.removeprefix("missing_variable:"), count) for why, count in rehearsal.blocked.most_common()
             if why.startswith("missing_variable:")]  # fmt: skip
    return [(name, rehearsal.scaled(count)) for name, count in found]


@needs(Right.SEND)
def everybody(request: HttpRequest, draft_id: int) -> HttpResponseBase:
    """Each recipient with the text they would get, or why they get none; a draft's, or of what is scheduled."""
    user = me(request)
    scheduled = _scheduled(user, draft_id)
    asking_for = scheduled or drafts.access_draft(user, draft_id)
    asked, after = request_of(asking_for), request.GET.get("after", "")
    who, wording = asked_of(request.GET.get("who")), asked.wording(asking_for.owner)
    by_row, skip = not wording.is_shared, whole_of(after) if not after.startswith("+") else 0
    hides = asked.selection.of_people and not unseen.sees_all(user) and reach.of(asking_for.owner).hides_any
    if hides:
        found = recipients.page_by_name(
            asking_for.owner, asked.selection, by_row=by_row, skip=skip, asked=who, most=PAGE
        )
    else:
        after = after if after.startswith("+") else ""
        found = recipients.page(asking_for.owner, asked.selection, by_row=by_row, after=after, asked=who, most=PAGE)
    shared = wording.render({}) if wording.is_shared else ""
    planned = asking.screened(found, asked, wording, asking.router(asking_for.owner, asked.category)) if found else []
    sights = unseen.of_chosen(user, asking_for.owner, [one.contact_id for one in found])
    rows = [
        (
            one,
            sights.get(one.contact_id, ""),
            asking_for.told_to(user, shared if one.text is None else one.text),
            words(one.blocked_because),
        )
        for one in planned
    ]
    is_more = len({one.number for one in found}) == PAGE
    return render(
        request,
        "console/write/everybody.html",
        {
            "draft": asking_for,
            "is_scheduled": scheduled is not None,
            "rows": rows,
            "who": who,
            "after": (skip + PAGE if hides else found[-1].number) if is_more else "",
            "is_later": bool(after),
        },
    )


def _scheduled(user: User, submission_id: int) -> Submission | None:
    """What waits for its time and may be seen by the user, whoever asked for it."""
    return Submission.objects.visible_to(user).filter(pk=submission_id, state=Submission.State.SCHEDULED).first()


@needs(Right.SEND)
@require_POST
def put_default(request: HttpRequest, draft_id: int) -> HttpResponseBase:
    """Whoever lacks a value reads a word instead; then the check page anew."""
    user = me(request)
    draft = drafts.access_draft(user, draft_id)
    with told(request):
        drafts.put_default(user, draft, request.POST.get("name", ""), request.POST.get("default", "").strip())
    return redirect("console:write_confirm", draft.pk)


@needs(Right.SEND)
@require_POST
def try_it(request: HttpRequest, draft_id: int) -> HttpResponseBase:
    """First to oneself."""
    user = me(request)
    draft = drafts.access_draft(user, draft_id)
    with told(request):
        drafts.try_on_oneself(user, draft, request.POST.get("number", ""), address=request.META.get("REMOTE_ADDR"))
        messages.success(request, _("The test is on its way to your phone. It does not count towards this submission."))
    return redirect("console:write_confirm", draft.pk)
