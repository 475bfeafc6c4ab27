"""Two people that are one: each fact from the one or the other, everything else united, and the whole thing taken back.

The record that stays keeps its id. What it did not take over is not lost: another number becomes a further one, another name a
former one, and both records as they stood are kept with the decision. Groups live in one book, so of a record of another book only
those groups follow that the book of the one that stays has too; the page says which do not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.db import IntegrityError, transaction
from django.http import Http404
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from hongyan.accounts import audit, changes
from hongyan.accounts.errors import Refused
from hongyan.accounts.models import User
from hongyan.contacts import needs, people
from hongyan.contacts.models import AddressBook, Contact, Group, NumberKind, NumberState
from hongyan.contacts.phones import MOST_PHONES
from hongyan.duplicates import choosing, snapshots
from hongyan.duplicates.choosing import Side
from hongyan.duplicates.models import Merge, Pair
from hongyan.reachability.models import Number
from hongyan.runtime import clock

FACTS = ("name", "number", "title", "company", "email", "birthday", "language", "time_zone", "notes")
"""What is chosen of, in the order of the page; further columns follow as "field:<name>"."""
OF_NUMBER, OF_BIRTHDAY = ("number_kind", "number_state"), ("birth_year",)
"""What goes with a fact."""


@dataclass(frozen=True, slots=True)
class Follower:
    """How a room above takes along what it keeps by a person's id; `follow` gives what `give_back` needs, fit for JSON."""

    follow: Callable[[int, int], Any]
    """(from the person that goes, to the one that stays)."""
    give_back: Callable[[int, int, Any], None]


followers: dict[str, Follower] = {}


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person decides about a pair."""

    keep: Side = "first"
    """Which record stays, in its book."""
    taken: Mapping[str, str] | None = None
    """Fact -> "first" or "second"; None: as `usual` proposes."""
    keeps_number: bool = True
    """The number that is not taken becomes a further one; not where it was a slip of the pen."""


def access_pair(user: User, pair_id: int) -> Pair:
    """An open pair whose people the user may change. Http404 for missing and forbidden alike."""
    found = Pair.objects.visible_to(user).filter(pk=pair_id, state=Pair.State.OPEN).first()
    if found is None:
        raise Http404
    return found


def access_merge(user: User, merge_id: int) -> Merge:
    found: Merge | None = Merge.objects.visible_to(user).filter(pk=merge_id).first()
    if found is None:
        raise Http404
    return found


def facts_of(contact: Contact) -> dict[str, Any]:
    """What is chosen of."""
    plain = {name: getattr(contact, name) for name in FACTS}
    return plain | {f"field:{name}": value for name, value in contact.fields.items()}


def usual(first: Contact, second: Contact, kind: str, prefers: str = "latest") -> Wish:
    """What is proposed: facts that only one has, of others those of the record that was changed last, or says more."""
    a, b = facts_of(first), facts_of(second)
    later = second.updated_at > first.updated_at
    side: Side = "second" if (choosing.filled(b) > choosing.filled(a) if prefers == "fullest" else later) else "first"
    taken = choosing.proposed(a, b, prefers=side)
    if first.number != second.number:
        taken["number"] = _reached(first.number, second.number) or side
    ranks = {AddressBook.Kind.ENTERPRISE: 0, AddressBook.Kind.DEPARTMENT: 1, AddressBook.Kind.PERSONAL: 2}
    keep: Side = "second" if ranks[second.book.kind] < ranks[first.book.kind] else "first"  # type: ignore[index]
    return Wish(keep, taken, keeps_number=kind != Pair.Kind.NEAR_NUMBER)


def _reached(first: str, second: str) -> Side | None:
    """Of two numbers the one that works, where the other one does not."""
    dead = set(
        Number.objects.troubled().filter(number__in=[first, second], state="dead").values_list("number", flat=True)
    )
    return None if len(dead) != 1 else "second" if first in dead else "first"


@transaction.atomic
def keep_apart(user: User, pair: Pair) -> None:
    """They are two people, or shall stand in both books; never offered again."""
    locked = _locked(user, pair)
    locked.state, locked.decided_by, locked.decided_at = Pair.State.APART, user, clock.now()
    locked.save()
    names = Contact.objects.filter(pk__in=[pair.first_id, pair.second_id]).order_by("pk").values_list("name", flat=True)
    audit.record(user, "contacts.kept_apart", summary=" / ".join(names))


def _locked(user: User, pair: Pair) -> Pair:
    access_pair(user, pair.pk)
    locked = Pair.objects.select_for_update().filter(pk=pair.pk, state=Pair.State.OPEN).first()
    if locked is None:
        raise Refused("wrong_state", _("This has been decided already."), status=409)
    return locked


@transaction.atomic
def merge(user: User, pair: Pair, wish: Wish | None = None, *, only_clear: bool = False) -> Merge:
    """Make the two one. `only_clear`: refused where somebody should look first. Raises Refused."""
    locked = _locked(user, pair)
    rows = {one.pk: one for one in Contact.objects.select_for_update(of=("self",)).select_related("book")
            .filter(pk__in=[pair.first_id, pair.second_id]).order_by("pk")}  # fmt: skip
    first, second = rows[pair.first_id], rows[pair.second_id]
    if only_clear and not (
        locked.is_clear and not set(choosing.differing(facts_of(first), facts_of(second))) - {"number"}
    ):
        raise Refused("not_clear", _("These two differ. Look at them one by one."), status=409)
    wish = wish or usual(first, second, locked.kind)
    if wish.taken is None:
        wish = replace(wish, taken=usual(first, second, locked.kind).taken)
    survivor, gone = (first, second) if wish.keep == "first" else (second, first)
    needs.check_contacts(Contact.objects.filter(pk=gone.pk))
    before = {"survivor": snapshots.take(survivor), "gone": snapshots.take(gone)}
    decision = choosing.decide(facts_of(first), facts_of(second), wish.taken or {})
    after = _united(before, decision, first, second, wish)
    followed = {name: one.follow(gone.pk, survivor.pk) for name, one in followers.items()}
    people.remove([gone.pk])
    merged = _put(survivor.pk, after)
    Pair.objects.filter(first_id__in=[gone.pk]).delete()
    Pair.objects.filter(second_id__in=[gone.pk]).delete()
    made = Merge.objects.create(
        survivor_id=survivor.pk, gone_id=gone.pk, name=merged.name, other_name=gone.name, book_id=survivor.book_id,
        other_book_id=gone.book_id, before=before, after=snapshots.take(merged), chosen=decision.chosen, followed=followed, by=user,
        at=clock.now(),
    )  # fmt: skip
    detail = changes.between(survivor, merged, private=("notes", "fields"))
    audit.record(user, "contact.merged", merged, summary=f"{merged.name} ← {gone.name}", detail=detail)
    return made


def _united(
    before: Mapping[str, Any], decision: choosing.Decision, first: Contact, second: Contact, wish: Wish
) -> dict[str, Any]:
    """The one that stays, as it shall stand."""
    own, other = before["survivor"], before["gone"]
    result = dict(own)
    for name in FACTS:
        result[name] = decision.values[name]
        source = second if decision.chosen[name][2] == "second" else first
        for along in OF_NUMBER if name == "number" else OF_BIRTHDAY if name == "birthday" else ():
            result[along] = getattr(source, along)
    result["fields"] = {
        name.removeprefix("field:"): value
        for name, value in decision.values.items()
        if name.startswith("field:") and value is not None
    }
    names = [*own["former_names"].split("、"), *other["former_names"].split("、"), own["name"], other["name"]]
    former = "、".join(dict.fromkeys(one for one in names if one and one != result["name"]))
    result["former_names"] = former if len(former) <= 160 else own["former_names"]
    numbers = {one[0]: one for one in [*other["phones"], *own["phones"]]}
    if wish.keeps_number:
        for one in (own, other):
            numbers.setdefault(one["number"], [one["number"], NumberKind.MOBILE, NumberState.IN_USE])
    numbers.pop(result["number"], None)
    if len(numbers) > MOST_PHONES:
        raise Refused(
            "too_many_phones",
            _("Together they have more numbers than a person may have. Remove some first."),
            status=409,
        )
    result["phones"] = sorted(numbers.values())
    result["tags"] = sorted({*own["tags"], *other["tags"]})
    result["groups"] = sorted({*own["groups"], *_there(other["groups"], own["book_id"])})
    pair = {first.pk, second.pk}
    stays = second.pk if wish.keep == "second" else first.pk
    moved = {
        (stays if a in pair else a, kind, stays if b in pair else b)
        for a, kind, b in [*own["relations"], *other["relations"]]
    }
    result["relations"] = sorted([a, kind, b] for a, kind, b in moved if a != b)
    return result


def _there(groups: Iterable[int], book_id: int) -> list[int]:
    """Those of `groups` that stand in the book, or whose namesakes on the same path of names do."""
    by_path = {}
    found = list(Group.objects.filter(pk__in=groups))
    if any(one.book_id != book_id for one in found):
        by_path = {path: pk for pk, path in paths(Group.objects.filter(book_id=book_id)).items()}
    theirs = paths(found)
    return [one.pk if one.book_id == book_id else by_path[theirs[one.pk]]
            for one in found if one.book_id == book_id or theirs[one.pk] in by_path]  # fmt: skip


def paths(groups: Iterable[Group]) -> dict[int, str]:
    """Id -> its name behind those above it: "Sales / East"."""
    found = list(groups)
    above = {int(part) for one in found for part in one.path.split("/") if part}
    names = dict(Group.objects.filter(pk__in=above).values_list("pk", "name"))
    return {one.pk: " / ".join(names[int(part)] for part in one.path.split("/") if part) for one in found}


def lost_groups(gone: Contact, survivor: Contact) -> list[str]:
    """Groups of the one that would not follow into the other's book."""
    if gone.book_id == survivor.book_id:
        return []
    theirs = paths(gone.groups.all())
    there = set(paths(Group.objects.filter(book_id=survivor.book_id)).values())
    return [path for path in theirs.values() if path not in there]


def _put(pk: int, snapshot: Mapping[str, Any]) -> Contact:
    try:
        with transaction.atomic():
            return snapshots.put(pk, snapshot)
    except IntegrityError:
        raise Refused(
            "number_taken", gettext("This book has a contact with this number already."), status=409
        ) from None


def changed_since(merge: Merge) -> list[str]:
    """Facts of the one that stayed that somebody has changed after the merge. Names as `snapshots.PLAIN` has them."""
    contact = Contact.objects.filter(pk=merge.survivor_id).first()
    now = snapshots.take(contact) if contact else {}
    return [name for name in snapshots.PLAIN if now and now[name] != merge.after[name]]


@transaction.atomic
def undo(user: User, merge: Merge, *, keeps_newer: bool = False) -> Contact:
    """Two people again, as they were; what came to the one since (groups, tags, numbers) stays with it. Gives the one that returned.

    Facts that were changed since would be lost: refused unless `keeps_newer`, which leaves them as they are now. Raises Refused.
    """
    access_merge(user, merge.pk)
    row = Merge.objects.select_for_update().get(pk=merge.pk)
    if row.undone_at is not None:
        raise Refused("wrong_state", _("This has been undone already."), status=409)
    contact = Contact.objects.select_for_update().filter(pk=row.survivor_id).first()
    if contact is None:
        raise Refused(
            "gone",
            _("The person has been deleted or merged into another one since. Undo that merge first."),
            status=409,
        )
    newer = changed_since(row)
    if newer and not keeps_newer:
        raise Refused(
            "changed_since",
            _("The person has been changed since the merge. Say whether the newer values shall stay."),
            status=409,
        )
    restored = _apart(row.before["survivor"], row.after, snapshots.take(contact))
    _put(contact.pk, restored)
    returned = _put(row.gone_id, row.before["gone"])
    for name, kept in row.followed.items():
        if name in followers:
            followers[name].give_back(row.gone_id, contact.pk, kept)
    row.undone_by, row.undone_at = user, clock.now()
    row.save(update_fields=["undone_by", "undone_at"])
    first, second = sorted((row.gone_id, contact.pk))
    Pair.objects.update_or_create(
        first_id=first, second_id=second,
        defaults={"kind": Pair.Kind.SAME_NAME, "state": Pair.State.APART, "found_at": row.at, "decided_by": user,
                  "decided_at": row.undone_at},
    )  # fmt: skip
    audit.record(user, "contact.merge_undone", returned, summary=f"{returned.name} / {restored['name']}")
    return returned


def _apart(before: Mapping[str, Any], after: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, Any]:
    """What the one that stayed shall be: as before, with what has happened to it since."""
    result = dict(now)
    for name in snapshots.PLAIN:
        if now[name] == after[name]:
            result[name] = before[name]
    for name in snapshots.SETS:
        was, then, is_now = (
            {tuple(one) if isinstance(one, list) else one for one in side[name]} for side in (before, after, now)
        )
        kept = (was | (is_now - then)) - (then - is_now)
        result[name] = sorted([list(one) if isinstance(one, tuple) else one for one in kept])
    result["phones"] = [one for one in result["phones"] if one[0] != result["number"]]
    return result


def merge_clear(user: User, pairs: Iterable[Pair]) -> tuple[int, int]:
    """Merge those of `pairs` in which nothing speaks against it; gives how many were merged and how many were left."""
    done = left = 0
    for one in pairs:
        try:
            merge(user, one, only_clear=True)
        except (Refused, Http404):
            # Somebody decided meanwhile, or has to look: the pair says so itself.
            left += 1
        else:
            done += 1
    return done, left
