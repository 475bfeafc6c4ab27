"""Tags of people: made by the first who uses the word, put on, taken off."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from hongyan.accounts import audit
from hongyan.accounts.errors import Refused
from hongyan.accounts.models import User
from hongyan.contacts.models import Contact, ContactQuerySet, Tag

MOST_AT_ONCE = 20
LONGEST = 40


def named(words: Iterable[str]) -> list[Tag]:
    """The tags of these words, made where they are new. Raises Refused."""
    clean = list(dict.fromkeys(" ".join(word.split()) for word in words if word.strip()))
    if len(clean) > MOST_AT_ONCE:
        raise Refused("too_many_tags", _("At most %(most)d tags at once.") % {"most": MOST_AT_ONCE}, field="tags")
    if any(len(word) > LONGEST for word in clean):
        raise Refused("tag_too_long", _("A tag has at most %(most)d characters.") % {"most": LONGEST}, field="tags")
    return [Tag.objects.get_or_create(name=word)[0] for word in clean]


@transaction.atomic
def put(user: User, contacts: ContactQuerySet, words: Iterable[str]) -> int:
    """Put tags on those of `contacts` that the user may change; gives how many people that are."""
    found = named(words)
    if not found:
        raise Refused("no_tag", _("Enter a tag first."), field="tags")
    ids = list(contacts.changeable_by(user).order_by().values_list("pk", flat=True))
    with connection.cursor() as cursor:
        cursor.execute(
            """insert into contacts_contact_tags (contact_id, tag_id)
               select p, t from unnest(%s::bigint[]) p, unnest(%s::bigint[]) t on conflict do nothing""",
            [ids, [one.pk for one in found]],
        )
        # Who has the person's page open, with the tags of before, is told when they save.
        cursor.execute("update contacts_contact set updated_at = clock_timestamp() where id = any(%s)", [ids])
    audit.record(user, "tags.put", summary=", ".join(map(str, found)), detail={"contacts": len(ids)})
    return len(ids)


@transaction.atomic
def take_off(user: User, contacts: ContactQuerySet, words: Iterable[str]) -> int:
    """Take tags off; one that nobody carries any more is gone. Gives how many people that are."""
    clean = {" ".join(word.split()) for word in words if word.strip()}
    found = list(Tag.objects.filter(name__in=clean))
    ids = list(contacts.changeable_by(user).order_by().values_list("pk", flat=True))
    Contact.tags.through.objects.filter(tag__in=found, contact_id__in=ids).delete()
    Contact.objects.filter(pk__in=ids).update(updated_at=timezone.now())
    audit.record(user, "tags.taken_off", summary=", ".join(map(str, found)), detail={"contacts": len(ids)})
    return len(ids)


def replace(contact: Contact, words: Iterable[str]) -> None:
    """What a person carries; in the caller's transaction, by who may change the person."""
    contact.tags.set(named(words))
