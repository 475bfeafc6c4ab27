"""Saved filters: how a user looks at a list, under a name of one's own."""

from __future__ import annotations

from django.db import transaction
from django.http import Http404
from django.utils.translation import gettext as _

from hongyan.accounts.errors import Refused
from hongyan.accounts.models import SavedFilter, User

MOST = 20
"""Filters of one list; more would no longer be quicker than filtering."""


def saved_filters(user: User, page: str) -> list[SavedFilter]:
    return list(SavedFilter.objects.filter(user=user, page=page))


@transaction.atomic
def save_filter(user: User, page: str, name: str, query: str) -> SavedFilter:
    """Keep `query` under `name`; the same name again replaces it. Raises Refused."""
    name, query = name.strip()[:40], query.lstrip("?")
    if not name:
        raise Refused("no_name", _("Give the filter a name."), field="name")
    if not query or len(query) > 500:
        raise Refused("nothing_to_save", _("There is nothing to save yet. Filter the list first."))
    # Two savings at once wait here for each other.
    User.objects.select_for_update().filter(pk=user.pk).first()
    kept = SavedFilter.objects.filter(user=user, page=page)
    if not kept.filter(name=name).exists() and kept.count() >= MOST:
        raise Refused(
            "too_many_filters",
            _("A list can keep up to %(most)d saved filters. Remove one first.") % {"most": MOST},
            status=409,
        )
    saved, _is_new = SavedFilter.objects.update_or_create(user=user, page=page, name=name, defaults={"query": query})
    return saved


def remove_filter(user: User, filter_id: int) -> SavedFilter:
    """Forget one of one's own. Missing and forbidden answer alike."""
    found = SavedFilter.objects.filter(user=user, pk=filter_id).first()
    if found is None:
        raise Http404
    found.delete()
    return found
