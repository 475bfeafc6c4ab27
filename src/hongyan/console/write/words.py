"""How figures of the compose and check pages are said."""

from __future__ import annotations

from django.utils.translation import gettext as _

from hongyan.console.templatetags.components import number


def how_many(count: int, *, is_about: bool) -> str:
    """The figure, or that there are no more than so many while they are being counted."""
    return _("at most %(n)s") % {"n": number(count)} if is_about else number(count)
