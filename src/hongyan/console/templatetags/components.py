"""Components of the console as template tags; a builtin library, so pages need not load it. See console/README.md."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from django import template
from django.db.models import QuerySet
from django.forms import (
    BoundField,
    CheckboxInput,
    CheckboxSelectMultiple,
    ModelChoiceField,
    RadioSelect,
    Select,
    SelectMultiple,
)
from django.http import QueryDict
from django.template import Context
from django.templatetags.static import static
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timesince import timesince
from django.utils.translation import gettext as _

from hongyan.accounts import saved_filters as kept
from hongyan.accounts.audit_words import words as action_words
from hongyan.console import filters
from hongyan.console.bulk import bound
from hongyan.console.components.states import STATES
from hongyan.console.strips import ACCEPTED
from hongyan.contacts.people import shown_to
from hongyan.contacts.reach import Sight
from hongyan.dispatch.numbers import mask
from hongyan.messaging.models import Submission
from hongyan.privacy import is_sealed
from hongyan.protocols.sentences import parts

register = template.Library()


@register.simple_tag
def icon(name: str, extra: str = "") -> SafeString:
    """A decoration: hidden from screen readers, so words must stand beside it."""
    return format_html(
        '<svg class="icon {}" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        extra,
        static("vendor/icons.svg"),
        name,
    )


@register.simple_tag
def badge(state: str) -> SafeString:
    """A state in words with its colour and icon; one place says which."""
    shown = STATES.get(state)
    if shown is None:
        return format_html('<span class="badge hy-badge hy-quiet">{}</span>', state)
    return format_html(
        '<span class="badge hy-badge hy-{}">{} {}</span>', shown.tone, icon(shown.icon), str(shown.label)
    )


@register.filter
def connection_words(sentence: str) -> str:
    """What a gateway says of a connection, in the reader's language."""
    return _(": ").join(
        [_(message) % values if values else message and _(message) for message, values in parts(sentence)]
    )


@register.filter
def number(value: float | None) -> str:
    # Thousands in every language: Django's Chinese formats have no separator.
    return f"{value:,}" if value is not None else "–"


@register.filter
def roughly(value: float | None, is_about: bool) -> str:
    """The figure, said to be about so much where it is."""
    return _("about %(n)s") % {"n": number(value)} if is_about else number(value)


@register.filter
def money(micros: int | None) -> str:
    """Millionths of a yuan as yuan; four places below ten fen, as unit prices need them."""
    if micros is None:
        return "–"
    yuan = micros / 1_000_000
    places = 4 if 0 < abs(yuan) < 0.1 else 2
    return f"¥{yuan:,.{places}f}".removesuffix("00") if places == 4 else f"¥{yuan:,.2f}"


@register.filter
def yuan(value: Decimal | None) -> str:
    """An amount of money that is kept in yuan."""
    return f"¥{value:,.2f}" if value is not None else "–"


@register.simple_tag(takes_context=True)
def phone(context: Context, value: str, sight: Sight | Literal[""] = Sight.AS_ROLE) -> SafeString:
    """A phone number as this user may see it; `sight` where a view has put it onto the row. Of one that was erased, that it was."""
    user = context.get("user")
    if is_sealed(value):
        return format_html('<span class="hy-number">{}</span>', _("erased"))
    seen = Sight.AS_ROLE if sight == "" else sight
    if user is None or not user.is_authenticated:
        return format_html('<span class="hy-number">{}</span>', mask(value))
    if seen <= Sight.HIDDEN:
        return format_html('<span class="text-secondary">{}</span>', shown_to(user, value, seen))
    return format_html('<span class="hy-number">{}</span>', shown_to(user, value, seen))


@register.simple_tag(takes_context=True)
def said(context: Context, submission: Submission, text: str) -> str:
    """A text of this submission as this user may read it: codes are dots for others than who asked for them."""
    return submission.told_to(context.get("user"), text)


@register.simple_tag
def ago(at: datetime | None) -> SafeString:
    """How long ago or in how long, the exact time on hover; the exact time itself beyond two days."""
    if at is None:
        return SafeString("–")
    local, now = timezone.localtime(at), timezone.now()
    exact = date_format(local, "DATETIME_FORMAT")
    seconds = (now - at).total_seconds()
    if abs(seconds) > 2 * 86400:
        # Figures only: as narrow as a column of times should be, the same in every language.
        words = local.strftime("%m-%d %H:%M" if local.year == timezone.localtime(now).year else "%Y-%m-%d")
    elif seconds < 0:
        words = _("in %(time)s") % {"time": timesince(now, at, depth=1)}
    elif seconds < 60:
        words = _("just now")
    else:
        words = _("%(time)s ago") % {"time": timesince(at, now, depth=1)}
    return format_html('<time datetime="{}" title="{}">{}</time>', at.isoformat(), exact, words)


@register.simple_tag
def audit_words(action: str) -> str:
    """What somebody did, in words."""
    return action_words(action)


@register.simple_tag
def percent(part: float | None, whole: float | None) -> str:
    if not whole:
        return "–"
    share = (part or 0) / whole * 100
    return "<0.1%" if 0 < share < 0.05 else f"{share:.1f}%"


@register.inclusion_tag("console/components/field.html")
def field(bound: BoundField, *, extra_class: str = "") -> dict[str, Any]:
    """Label above, control, help under, error at the field."""
    widget = bound.field.widget
    if isinstance(widget, CheckboxInput):
        kind, css = "check", "form-check-input"
    elif isinstance(widget, CheckboxSelectMultiple | RadioSelect):
        kind, css = "group", "form-check-input"
    elif isinstance(widget, Select | SelectMultiple):
        kind, css = "plain", "form-select"
    else:
        kind, css = "plain", "form-control"
    # Django's own empty choice is a row of dashes.
    if isinstance(bound.field, ModelChoiceField) and bound.field.empty_label:
        bound.field.empty_label = _("Choose one") if bound.field.required else _("None")
    # Django puts a group's attributes on its wrapper, so a group gets its look from console.css.
    attributes: dict[str, str | bool] = (
        {} if kind == "group" else {"class": f"{css} {'is-invalid' if bound.errors else ''}"}
    )
    if bound.errors:
        attributes["aria-invalid"] = "true"
        attributes["aria-describedby"] = f"{bound.auto_id}_error"
    elif bound.help_text:
        attributes["aria-describedby"] = f"{bound.auto_id}_help"
    return {"field": bound, "control": bound.as_widget(attrs=attributes), "kind": kind, "extra_class": extra_class}


@register.inclusion_tag("console/components/file_drop.html")
def file_drop(
    label: str, *, help: str = "", name: str = "file", at_once: bool = False, of_any_kind: bool = False
) -> dict[str, Any]:
    """Where a spreadsheet is dropped or picked; `at_once` leaves sending to the page's own script. A file `of_any_kind`
    may be left out."""
    return {
        "label": label, "help": help, "name": name, "is_required": not at_once and not of_any_kind, "is_sent_at_once": at_once,
        "accepted": "" if of_any_kind else ACCEPTED,
    }  # fmt: skip


@register.inclusion_tag("console/components/errors.html")
def errors(form: Any) -> dict[str, Any]:
    """What is wrong with the form, summed up above it."""
    return {"form": form}


@register.inclusion_tag("console/components/empty_state.html")
def empty_state(title: str, text: str, *, icon: str = "inbox", action: str = "", url: str = "") -> dict[str, Any]:
    """What this list is for and the first step."""
    return {"title": title, "text": text, "icon_name": icon, "action": action, "url": url}


@register.inclusion_tag("console/components/bulk.html")
def bulk(whole: int, shown: int, found: QuerySet[Any, Any] | None = None) -> dict[str, Any]:
    """How many rows are ticked of `shown`, and the offer to act on all `whole` that the filter finds: `found`."""
    is_offered = found is not None and whole > shown
    return {"whole": whole, "is_offered": is_offered, "bound": bound(found) if found is not None and is_offered else ""}


@register.inclusion_tag("console/components/tile.html")
def tile(label: str, value: str, *, icon: str = "", tone: str = "", note: str = "", url: str = "") -> dict[str, Any]:
    """One figure with its name."""
    return {"label": label, "value": value, "icon_name": icon, "tone": tone, "note": note, "url": url}


@register.simple_tag
def progress(done: float, whole: float, label: str = "") -> SafeString:
    share = min(100.0, done / whole * 100) if whole else 0.0
    return format_html(
        '<div class="progress hy-progress" role="progressbar" aria-valuenow="{}" aria-valuemin="0" aria-valuemax="100" '
        'aria-label="{}"><div class="progress-bar" style="width:{}%"></div></div>',
        round(share),
        label or _("Progress"),
        f"{share:.2f}",
    )


@register.simple_tag
def stacked(parts: Iterable[tuple[str, int]], whole: int) -> SafeString:
    """One bar of the shares of each state; colours are the badges', words stand in the title and beside it."""
    bars = format_html_join(
        "",
        '<div class="hy-{}" style="width:{}%" title="{} {}"></div>',
        (
            (STATES[state].tone, f"{count / whole * 100:.3f}", str(STATES[state].label), number(count))
            for state, count in parts
            if whole and count > 0 and state in STATES
        ),
    )
    return format_html('<div class="hy-stacked" role="img">{}</div>', bars)


@register.inclusion_tag("console/components/chart.html")
def chart(name: str, option: dict[str, Any], *, height: int = 280, label: str = "") -> dict[str, Any]:
    """An ECharts plot from an option dict; colours come from the theme, a table view stands beside it."""
    return {"name": name, "option": json.loads(json.dumps(option, default=str)), "height": height, "label": label}


@register.inclusion_tag("console/components/pages.html", takes_context=True)
def pages(context: Context, page: Any) -> dict[str, Any]:
    """Links to the pages of a django Page, keeping the filters in the address."""
    query = context["request"].GET.copy()
    query.pop("page", None)
    return {"page": page, "query": query.urlencode()}


@register.simple_tag(takes_context=True)
def address_with(context: Context, **changes: Any) -> str:
    """This address with some parameters changed; an empty value removes one."""
    query: QueryDict = context["request"].GET.copy()
    for name, value in changes.items():
        query.pop(name, None)
        if value not in (None, ""):
            query[name] = str(value)
    return f"?{query.urlencode()}"


@register.inclusion_tag("console/components/saved_filters.html", takes_context=True)
def saved_filters(context: Context, page: str) -> dict[str, Any]:
    """The user's saved filters of a list (one of console/filters.py's LISTS), and the offer to save this one."""
    request = context["request"]
    query, saved = filters.clean(request.GET), kept.saved_filters(request.user, page)
    return {
        "request": request,
        "csrf_token": context.get("csrf_token"),
        "page": page,
        "query": query,
        "saved": saved,
        "is_saved": any(one.query == query for one in saved),
    }
