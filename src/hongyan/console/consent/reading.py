"""How replies are read: the rules by what they find, a text to try them on, rules of one's own."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hongyan.accounts.errors import Refused
from hongyan.accounts.rights import Right
from hongyan.consent import rules
from hongyan.consent.models import OwnRule
from hongyan.console.access import me, needs
from hongyan.console.consent.lists import address
from hongyan.inputs import id_of
from hongyan.understanding import Asked, Label, RuleBook, recognise

LABELS: dict[str, str | Promise] = {
    Label.OPTOUT_TOPIC: gettext_lazy("Refuses a topic"),
    Label.OPTOUT_ALL: gettext_lazy("Refuses all marketing"),
    Label.WRONG_PERSON: gettext_lazy("Wrong person"),
    Label.COMPLAINT: gettext_lazy("Complains"),
    Label.QUESTION: gettext_lazy("Asks something"),
    Label.INTEREST: gettext_lazy("Is interested"),
    Label.ANSWER: gettext_lazy("Answers"),
    Label.THANKS: gettext_lazy("Says thanks"),
    Label.OTHER: gettext_lazy("Something else"),
}
ASIDE = "aside"


@needs(Right.MANAGE_PEOPLE)
def reading(request: HttpRequest) -> HttpResponseBase:
    user, given = me(request), request.POST
    wrong: Refused | None = None
    if request.method == "POST":
        try:
            if remove := id_of(given.get("remove")):
                rules.remove(user, get_object_or_404(OwnRule, pk=remove), address=address(request))
                messages.success(request, _("The rule has been removed."))
                return redirect("console:reading_rules")
            if given.get("act") == "add":
                label = given.get("label", "")
                rules.add(
                    user, label=Label.OTHER.value if label == ASIDE else label, is_aside=label == ASIDE,
                    is_doubtful="doubt" in given, pattern=given.get("pattern", ""), like=given.get("like", ""),
                    unlike=given.get("unlike", ""), address=address(request),
                )  # fmt: skip
                messages.success(request, _("The rule holds from now on."))
                return redirect("console:reading_rules")
        except Refused as error:
            wrong = error
    book = rules.book()
    tried = given.get("try", "") if request.method == "POST" else ""
    return render(
        request, "console/consent/reading.html",
        {
            "groups": _groups(book), "own": OwnRule.objects.select_related("added_by"), "words": book.words.items(),
            "labels": [*LABELS.items(), (ASIDE, _("Only looks like a refusal"))], "label_names": LABELS,
            "tried": tried, "asked": given.get("asked", ""), "wrong": wrong, "given": given,
            "read": _told(tried, given.get("asked", ""), book) if tried else None,
            "failed": rules.failing(book) if given.get("act") == "check" else None, "checked": given.get("act") == "check",
        },
        status=422 if wrong else 200,
    )  # fmt: skip


def _groups(book: RuleBook) -> list[tuple[str | Promise, list[Any]]]:
    """(what it means, rules) in the order in which they are asked."""
    groups: list[tuple[str | Promise, list[Any]]] = [
        (_("Only looks like a refusal"), [one for one in book.rules if one.is_aside])
    ]
    for label, words in LABELS.items():
        groups.append((words, [one for one in book.rules if one.label == label and not one.is_aside]))
    return groups


def _told(text: str, asked: str, book: RuleBook) -> dict[str, Any]:
    read = recognise(text, Asked(asked) if asked else None, book)
    return {"label": LABELS[read.label], "read": read, "is_refusal": read.label.is_refusal}
