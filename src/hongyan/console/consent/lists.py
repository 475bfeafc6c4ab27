"""Who has opted out, and the company's own lists, each a tab."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from hongyan.accounts.errors import Refused
from hongyan.accounts.rights import Right
from hongyan.consent import importing, optouts
from hongyan.consent import lists as listing
from hongyan.consent.models import Listed, OptOut, Source, Topic
from hongyan.consent.policy import topic_names
from hongyan.console.access import me, needs
from hongyan.console.consent.finding import LISTS, OUT, found
from hongyan.console.consent.tokens import token_of
from hongyan.console.context import follow
from hongyan.console.refusing import not_numbers, told
from hongyan.console.taking import take_away
from hongyan.dispatch.numbers import Numbers
from hongyan.inputs import asked_of, day_of, id_of
from hongyan.messaging.models import Signature
from hongyan.uploads.models import Upload

TABS: dict[str, tuple[str | Promise, str | Promise]] = {
    OUT: (
        gettext_lazy("Opted out"),
        gettext_lazy("People who refuse marketing: all of it, a topic or a signature. Notices still reach them."),
    ),
    "block": (gettext_lazy("Block list"), gettext_lazy("Numbers the company never sends to, whatever the message.")),
    "grey": (
        gettext_lazy("Grey list"),
        gettext_lazy(
            "Numbers to be careful with: one marketing message at most in the days set under Marketing rules."
        ),
    ),
    "white": (gettext_lazy("White list"), gettext_lazy("Numbers that the limit on marketing does not count.")),
    "vip": (gettext_lazy("VIP list"), gettext_lazy("Important people, who never get marketing.")),
    "test": (
        gettext_lazy("Test numbers"),
        gettext_lazy("Phones that get the test sent from the check page, beside your own."),
    ),
}


def address(request: HttpRequest) -> str | None:
    return request.META.get("REMOTE_ADDR")


def expiry_of(text: str) -> datetime | None:
    """The end of a day. Raises Refused."""
    if not text.strip():
        return None
    day = day_of(text)
    if day is None or day < timezone.localdate():
        raise Refused("expiry", _("The last day must be today or later."), field="expires_on")
    return timezone.make_aware(datetime.combine(day + timedelta(days=1), time()))


@needs(Right.MANAGE_PEOPLE)
def lists(request: HttpRequest) -> HttpResponseBase:
    """One list: found, added to, imported into, removed from."""
    chosen = request.GET.get("list", OUT)
    tab = chosen if chosen in TABS else OUT
    follow(request, f"uploads-{me(request).pk}")
    if request.method == "POST":
        with told(request):
            return _change(request, tab)
        return redirect(f"{reverse('console:lists')}?list={tab}")
    page = Paginator(found(tab, request.GET), 30).get_page(request.GET.get("page"))
    names = topic_names()
    sources = dict(Source.choices)
    for one in page.object_list:
        one.came_by = sources.get(one.source, one.source)
        one.token = token_of(one.number)
        if tab == OUT:
            one.scope = names.get(one.topic, one.topic) or (f"【{one.signature}】" if one.signature else "")
    template = "console/consent/lists.html"
    return render(
        request,
        f"{template}#rows" if request.htmx else template,  # type: ignore[attr-defined]
        {
            "tab": tab, "lead": TABS[tab][1], "page": page, "asked": asked_of(request.GET.get("q")),
            "tabs": [(name, label, _count(name)) for name, (label, _lead) in TABS.items()],
            "topics": Topic.objects.all(), "signatures": Signature.objects.all(), "is_out": tab == OUT,
            "uploads": Upload.objects.filter(purpose=importing.PURPOSE, target__list=tab).select_related("owner")[:5],
        },
    )  # fmt: skip


def _count(tab: str) -> int:
    return OptOut.objects.count() if tab == OUT else Listed.objects.filter(kind=tab).count()


def _change(request: HttpRequest, tab: str) -> HttpResponseBase:
    user, back = me(request), redirect(f"{reverse('console:lists')}?list={tab}")
    if remove := id_of(request.POST.get("remove")):
        if tab == OUT:
            optouts.remove(user, get_object_or_404(OptOut, pk=remove), address=address(request))
        else:
            listing.remove(user, get_object_or_404(Listed, pk=remove, kind=tab), address=address(request))
        messages.success(request, _("The number has been removed from the list."))
        return back
    given = request.FILES.get("file")
    if request.POST.get("act") == "import":
        if given is None:
            messages.error(request, _("Choose a file first."))
            return back
        upload = importing.receive(user, given.name or "file", given.chunks(), {"list": tab})
        return redirect("console:list_upload", upload.pk)
    added, read = _add(request, tab)
    tell_added(request, added, read)
    return back


def _add(request: HttpRequest, tab: str) -> tuple[int, Numbers]:
    facts: dict[str, Any] = {"expires_at": expiry_of(request.POST.get("expires_on", "")), "address": address(request)}
    numbers, reason = request.POST.get("numbers", ""), request.POST.get("reason", "")
    if tab != OUT:
        return listing.add(me(request), tab, numbers, reason, **facts)
    scope = request.POST.get("scope", "")
    topic, signature = scope.removeprefix("topic:"), scope.removeprefix("signature:")
    return optouts.add(
        me(request), numbers, reason, topic=topic if topic != scope else "",
        signature=signature if signature != scope else "", **facts,
    )  # fmt: skip


def tell_added(request: HttpRequest, added: int, read: Numbers) -> None:
    """What became of the numbers of a pasted text."""
    if added:
        text = ngettext("%(n)d number added to the list.", "%(n)d numbers added to the list.", added)
        messages.success(request, text % {"n": added})
    elif read.good:
        messages.info(request, _("These numbers are already on the list."))
    if read.bad or not read.good:
        messages.error(request, not_numbers(read.bad) if read.bad else _("Enter at least one mobile number."))


@needs(Right.MANAGE_PEOPLE, Right.EXPORT)
def export(request: HttpRequest) -> HttpResponseBase:
    return take_away(request, LISTS)
