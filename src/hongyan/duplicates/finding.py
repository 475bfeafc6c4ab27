"""Looking through everybody for people who stand there twice: some joins over all books, in the background.

Pairs of two people's personal books are of no use to anybody, so they are not kept. What somebody has called two people is
never opened again; what is no longer found is dropped.
"""

from __future__ import annotations

from datetime import datetime

from django.db import connection, transaction

from hongyan.duplicates.models import Look, Pair
from hongyan.runtime import clock

MOST_ALIKE = 20
"""Records of one name and company, or one number: more are a switchboard or a list of shops, not one person."""
MOST_NEAR = 50
"""Of one name with half of the number in common: more is made-up data, and would be compared each with each."""

# In each book a number stands once. A further number that is written to counts as well, where it is somebody's main one.
_SAME_NUMBER = """
select least(a.id, b.id), greatest(a.id, b.id), 'same_number' from (
    select number from contacts_contact group by number having count(*) between 2 and %(alike)s) n
join contacts_contact a on a.number = n.number join contacts_contact b on b.number = n.number and b.id > a.id
union
select least(c.id, p.contact_id), greatest(c.id, p.contact_id), 'same_number'
from contacts_phone p join contacts_contact c on c.number = p.number and c.id <> p.contact_id where p.state = 'in_use'
"""
_SAME_NAME = """
select a.id, b.id, 'same_name' from (
    select name, company from contacts_contact where name <> '' and company <> ''
    group by 1, 2 having count(*) between 2 and %(alike)s) n
join contacts_contact a on a.name = n.name and a.company = n.company
join contacts_contact b on b.name = n.name and b.company = n.company and b.id > a.id
"""
# Of two mobile numbers a digit apart, or with two neighbours exchanged, the beginning, the end, or both ends without the
# sixth and seventh digit are the same: so only those few are compared digit by digit.
_NEAR_NUMBER = """
select distinct least(a.id, b.id), greatest(a.id, b.id), 'near_number' from keyed a
join keyed b on b.name = a.name and b.kind = a.kind and b.key = a.key and b.id > a.id and b.number <> a.number
    and (a.company = b.company or a.company = '' or b.company = '')
join lateral (
    select count(*) as n, min(i) as lo, max(i) as hi from generate_series(1, 14) i
    where substr(a.number, i, 1) <> substr(b.number, i, 1)) d
  on d.n = 1 or d.n = 2 and d.hi = d.lo + 1 and substr(a.number, d.lo, 1) = substr(b.number, d.hi, 1)
     and substr(a.number, d.hi, 1) = substr(b.number, d.lo, 1)
where a.n <= %(near)s
"""
_KEYED = """
keyed as materialized (
    select *, count(*) over (partition by name, kind, key) as n from (
        select c.id, c.name, c.company, c.number, k.kind, k.key from contacts_contact c
        cross join lateral (values (1, left(c.number, 9)), (2, right(c.number, 5)), (3, left(c.number, 8) || right(c.number, 4))) k(kind, key)
        where c.number like '+861%%' and length(c.number) = 14 and c.name <> '') all_of_them)
"""
# Clear: one number and one name, and no fact of the one contradicts the other; the record that goes stands in no group and its book
# is seen by nobody who does not see the other's. Or the same name in one book with the same e-mail address or birthday.
_CLEAR = """
a.name = b.name and (a.title = b.title or a.title = '' or b.title = '') and (a.company = b.company or a.company = '' or b.company = '')
and (a.email = b.email or a.email = '' or b.email = '') and (a.notes = b.notes or a.notes = '' or b.notes = '')
and (a.birthday = b.birthday or a.birthday = '' or b.birthday = '')
and not exists (select from jsonb_each(a.fields) f where b.fields ? f.key and b.fields -> f.key <> f.value)
and (a.number = b.number and least(oa.kind, ob.kind) <> greatest(oa.kind, ob.kind) and 'enterprise' in (oa.kind, ob.kind)
       and not exists (select from contacts_group_contacts g
                       where g.contact_id = case when oa.kind = 'enterprise' then b.id else a.id end)
  or a.book_id = b.book_id and p.kind = 'same_name' and (a.email <> '' and a.email = b.email or a.birthday <> '' and a.birthday = b.birthday))
"""
_LOOK = f"""
with {_KEYED},
found as ({_SAME_NUMBER} union all {_SAME_NAME} union all {_NEAR_NUMBER}),
pairs as (select distinct on (1, 2) * from found p(first, second, kind) order by 1, 2, position(p.kind in 'same_number same_name near_number'))
insert into duplicates_pair as d (first_id, second_id, kind, is_clear, state, found_at)
select p.first, p.second, p.kind, {_CLEAR}, 'open', %(now)s
from pairs p join contacts_contact a on a.id = p.first join contacts_contact b on b.id = p.second
join contacts_addressbook oa on oa.id = a.book_id join contacts_addressbook ob on ob.id = b.book_id
where oa.kind <> 'personal' or ob.kind <> 'personal' or oa.owner_id = ob.owner_id
on conflict (first_id, second_id) do update set kind = excluded.kind, is_clear = excluded.is_clear, found_at = excluded.found_at
where d.state = 'open'
"""  # noqa: S608 - constants only


@transaction.atomic
def look(now: datetime) -> int:
    """Look through everybody; gives how many pairs are open. Two at once take turns; again changes nothing."""
    row = Look.objects.select_for_update().get_or_create(pk=1)[0]
    with connection.cursor() as cursor:
        cursor.execute(_LOOK, {"alike": MOST_ALIKE, "near": MOST_NEAR, "now": now})
    found = Pair.objects.filter(state=Pair.State.OPEN)
    found.filter(found_at__lt=now).delete()
    row.done_at = now
    row.save(update_fields=["done_at"])
    return found.count()


def ask() -> None:
    """Have everybody looked through soon; once, however many ask."""
    from procrastinate.contrib.django import app
    from procrastinate.exceptions import AlreadyEnqueued

    Look.objects.update_or_create(pk=1, defaults={"asked_at": clock.now()})
    try:
        with transaction.atomic():
            app.configure_task("duplicates.look", queueing_lock="duplicates.look", allow_unknown=False).defer()
    except AlreadyEnqueued:
        return


def is_looking() -> bool:
    """Whether somebody has asked and has not been answered yet."""
    row = Look.objects.first()
    return bool(row and row.asked_at and (row.done_at is None or row.done_at < row.asked_at))


def last_look() -> datetime | None:
    row = Look.objects.first()
    return row.done_at if row else None
