"""A file of opt-outs, lists or consents: how it is read, how far it is, what could not be used."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse

from hongyan.accounts.rights import Right
from hongyan.consent import importing
from hongyan.console.access import me, needs
from hongyan.console.context import follow
from hongyan.console.downloads import first_errors, row_errors
from hongyan.console.refusing import told
from hongyan.console.strips import answers_of, strip


@needs(Right.MANAGE_PEOPLE)
def upload(request: HttpRequest, upload_id: int) -> HttpResponseBase:
    """A POST reads it otherwise, or as shown."""
    follow(request, f"uploads-{me(request).pk}")
    found = importing.access_upload(me(request), upload_id)
    if request.method == "POST":
        with told(request):
            if answers := answers_of(request.POST):
                found = importing.answer(me(request), found, **answers)
            else:
                importing.start(me(request), found)
                return redirect("console:list_upload", found.pk)
    where = found.target.get("list", importing.OUT)
    back = reverse("console:consents") if where == importing.CONSENTS else f"{reverse('console:lists')}?list={where}"
    return render(
        request, "console/consent/upload.html",
        {
            "upload": found, "strip": strip(found) if found.columns else None, "back": back,
            "errors": first_errors(found, me(request)),
        },
    )  # fmt: skip


@needs(Right.MANAGE_PEOPLE)
def errors(request: HttpRequest, upload_id: int) -> HttpResponseBase:
    """All rows that could not be used, as xlsx."""
    return row_errors(importing.access_upload(me(request), upload_id), me(request))
