"""Numbers of customers' people that do not exist any more: the salesperson has a task.

That a number is dead is judged from its whole history (`reachability/`); it heals by itself when it is reached again, and a
person may say that it is right.
"""

from __future__ import annotations

from datetime import datetime

from django.db import connection, transaction
from django.http import Http404
from django.utils.translation import gettext_lazy as _

from hongyan.accounts.errors import Refused
from hongyan.accounts.models import User
from hongyan.accounts.rights import Right
from hongyan.crm.models import NumberTask
from hongyan.reachability import pausing
from hongyan.runtime import clock

# One that was settled opens again when the number has died anew since.
_TASKS = """
insert into crm_numbertask as t (person_id, number, failures, code, failed_at, created_at)
select p.id, p.number, r.failures, r.code, r.failed_at, %(now)s from reachability_number r
join crm_person p on p.number = r.number join crm_customer c on c.id = p.customer_id and c.merged_into_id is null
where r.state = 'dead' and (r.confirmed_until is null or r.confirmed_until <= %(now)s)
on conflict (person_id, number) do update
set failures = excluded.failures, code = excluded.code, failed_at = excluded.failed_at, done_at = null, done_by_id = null
where t.done_at < excluded.failed_at
"""
# Reached again before anybody had found out a new one.
_HEALED = """
update crm_numbertask t set done_at = %(now)s
where done_at is null and exists (select from reachability_number r where r.number = t.number and r.state in ('', 'suspect'))
"""


@transaction.atomic
def note(now: datetime) -> int:
    """Make the tasks of dead numbers and end those of numbers that live again; gives how many are new. Again makes no more."""
    with connection.cursor() as cursor:
        cursor.execute(_TASKS, {"now": now})
        made = int(cursor.rowcount)
        cursor.execute(_HEALED, {"now": now})
    return made


@transaction.atomic
def number_is_right(user: User, task_id: int, days: int) -> NumberTask:
    """The salesperson has asked: the number is the person's, and nothing is paused for so long. Raises Refused."""
    task = NumberTask.objects.visible_to(user).filter(pk=task_id, done_at=None).select_related("person").first()
    if task is None:
        raise Http404
    if not user.may(Right.CHANGE_CUSTOMERS):
        raise Refused("not_allowed", _("You may not change this."), status=403)
    pausing.confirm(user, task.number, days)
    NumberTask.objects.filter(number=task.number, done_at=None).update(done_at=clock.now(), done_by=user)
    return task
