"""What the forms of `components/grants.html` and `components/grant_form.html` say: for whom, what, until when."""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from hongyan.accounts.errors import Refused
from hongyan.accounts.models import Department, User
from hongyan.inputs import Unreadable, id_of, read_moment


class Given(TypedDict):
    to_user: User | None
    to_department: Department | None
    to_role: str
    expires_at: datetime | None


def given(request: HttpRequest) -> Given:
    """`whom` is a kind and an id: "user-3", "department-4", "role-sender". Raises Refused."""
    kind, _dash, text = request.POST.get("whom", "").partition("-")
    return {
        "to_user": User.objects.filter(pk=id_of(text), is_active=True).first() if kind == "user" else None,
        "to_department": Department.objects.filter(pk=id_of(text)).first() if kind == "department" else None,
        "to_role": text if kind == "role" else "",
        "expires_at": until(request),
    }


def until(request: HttpRequest) -> datetime | None:
    """Nothing is without end. Raises Refused."""
    said = request.POST.get("expires_at", "").strip()
    if not said:
        return None
    try:
        return read_moment(said, timezone.get_current_timezone())
    except Unreadable as error:
        raise Refused("no_moment", _("This is not a time."), field="expires_at") from error
