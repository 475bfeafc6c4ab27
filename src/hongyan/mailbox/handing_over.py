"""Who leaves hands the mailbox over: what phones have answered, and what they will."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from hongyan.accounts import audit
from hongyan.accounts.errors import Refused
from hongyan.accounts.models import User
from hongyan.accounts.rights import Right
from hongyan.accounts.users import may_manage
from hongyan.mailbox.inbox import colleagues
from hongyan.mailbox.models import Reply
from hongyan.runtime.live import publish


@transaction.atomic
def hand_over(actor: User, user: User, to: User, *, address: str | None = None) -> int:
    """Give the replies of `user`, who may not sign in any more, to `to`; later ones follow by themselves.

    Gives how many replies went over. What others had handed over to `user` goes along. Raises Refused.
    """
    rows = {one.pk: one for one in User.objects.select_for_update(of=("self",)).select_related("department")
            .filter(pk__in=[user.pk, to.pk]).order_by("pk")}  # fmt: skip
    leaver, heir = rows[user.pk], rows[to.pk]
    if not may_manage(actor, leaver):
        raise Refused("not_allowed", _("You may not manage this user."), status=403)
    if leaver.is_active:
        raise Refused("still_active", _("First take the right to sign in from who leaves."), status=409)
    is_colleague = heir.pk == actor.pk or colleagues(actor).filter(pk=heir.pk).exists()
    if heir.pk == leaver.pk or not heir.is_active or not heir.may(Right.SEND) or not is_colleague:
        raise Refused("no_colleague", _("This person cannot take replies."), field="to")
    User.objects.filter(successor=leaver).update(successor=heir)
    User.objects.filter(pk=leaver.pk).update(successor=heir)
    given = Reply.objects.filter(owner=leaver).update(owner=heir, department=heir.department)
    audit.record(actor, "user.handed_over", leaver, detail={"to": heir.name, "count": given}, address=address)
    publish(f"mailbox-{heir.pk}")
    return given
