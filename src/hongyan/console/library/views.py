"""Stored texts to start from: the company's, and one's own."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from hongyan.accounts.models import User
from hongyan.accounts.rights import Right
from hongyan.console.access import me, needs
from hongyan.inputs import asked_of
from hongyan.messaging.models import Phrase


class PhraseForm(forms.ModelForm[Phrase]):
    is_company = forms.BooleanField(label=gettext_lazy("For the whole company"), required=False)

    class Meta:
        model = Phrase
        fields = ("folder", "title", "text", "category")
        labels = {"title": gettext_lazy("Title"), "category": gettext_lazy("Category")}


def _mine(user: User, phrase_id: int) -> Phrase:
    """One's own, or the company's for who manages people. Missing and forbidden answer alike."""
    found = Phrase.objects.filter(pk=phrase_id).first()
    if found is None or (found.owner_id != user.pk and not (found.owner_id is None and user.may(Right.MANAGE_PEOPLE))):
        raise Http404
    return found


@needs(Right.SEND)
def phrases(request: HttpRequest) -> HttpResponseBase:
    user, asked = me(request), asked_of(request.GET.get("q"))
    found = Phrase.objects.filter(Q(owner=None) | Q(owner=user))
    if asked:
        found = found.filter(Q(title__icontains=asked) | Q(text__icontains=asked))
    return render(
        request, "console/library/phrases.html", {"phrases": found, "may_company": user.may(Right.MANAGE_PEOPLE)}
    )


@needs(Right.SEND)
def phrase(request: HttpRequest, phrase_id: int | None = None) -> HttpResponseBase:
    user = me(request)
    found = _mine(user, phrase_id) if phrase_id else Phrase(owner=user)
    initial = {"is_company": bool(phrase_id and found.owner_id is None)}
    form = PhraseForm(request.POST or None, instance=found, initial=initial)
    if not user.may(Right.MANAGE_PEOPLE):
        del form.fields["is_company"]
    if request.method == "POST" and form.is_valid():
        form.instance.owner = None if form.cleaned_data.get("is_company") else user
        form.save()
        messages.success(request, _("Saved."))
        return redirect("console:phrases")
    return render(request, "console/library/phrase.html", {"form": form, "phrase": found})


@needs(Right.SEND)
@require_POST
def remove(request: HttpRequest, phrase_id: int) -> HttpResponseBase:
    _mine(me(request), phrase_id).delete()
    messages.success(request, _("The phrase has been deleted."))
    return redirect("console:phrases")
