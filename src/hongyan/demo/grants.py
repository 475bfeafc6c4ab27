"""Rights on people beyond what roles give: field staff who write to members without seeing their numbers, and others."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from hongyan.accounts.models import Department, User
from hongyan.contacts import grants
from hongyan.contacts.allowing import Allows
from hongyan.contacts.models import Group
from hongyan.runtime import clock

DAYS = 5


def load(users: Mapping[str, User], departments: Mapping[str, Department]) -> None:
    admin, ends = users["admin"], clock.now() + timedelta(days=DAYS)
    groups = {one.name: one for one in Group.objects.filter(book__name="会员客户")}
    grants.give(admin, groups["金卡"], Allows.SEND_UNSEEN, to_user=users["huabei"])
    grants.give(admin, groups["云帆空调 K35"], Allows.SEND, to_user=users["huanan"], expires_at=ends)
    grants.give(admin, groups["银卡"], Allows.SEE_MASKED, to_department=departments["销售部"])
