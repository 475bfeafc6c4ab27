"""Verbs of what headquarters sets up for all customers: their types and the posts of their people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils.translation import gettext_lazy as _

from hongyan.accounts import audit, changes
from hongyan.accounts.errors import Refused
from hongyan.accounts.models import User
from hongyan.accounts.rights import Right
from hongyan.crm.models import CustomerType, Post
from hongyan.crm.requirements import REQUIRABLE

MOST_FIELDS = 20
Row = TypeVar("Row", CustomerType, Post)


def _check(user: User) -> None:
    if not user.may(Right.SET_UP_CUSTOMERS):
        raise Refused("not_allowed", _("You may not set up customers."), status=403)


@transaction.atomic
def save_type(
    user: User, one: CustomerType | None, name: str, *, required: Sequence[str] = (), fields: Sequence[str] = (),
    is_private: bool = False,
) -> CustomerType:  # fmt: skip
    """Make or change a type. `required` may name `requirements.REQUIRABLE` and "field:<one of fields>"."""
    _check(user)
    made = CustomerType.objects.select_for_update().get(pk=one.pk) if one is not None else CustomerType()
    before = changes.stored(made)
    own = list(dict.fromkeys(name.strip()[:40] for name in fields if name.strip()))[:MOST_FIELDS]
    made.fields, made.is_private = own, is_private
    allowed = {*REQUIRABLE, *(f"field:{name}" for name in own)}
    made.required = [one for one in dict.fromkeys(required) if one in allowed]
    return _save(user, made, name, before, "customer_type")


def save_post(user: User, one: Post | None, name: str) -> Post:
    _check(user)
    with transaction.atomic():
        made = Post.objects.select_for_update().get(pk=one.pk) if one is not None else Post()
        return _save(user, made, name, changes.stored(made), "customer_post")


def _save(user: User, made: Row, name: str, before: Row | None, kind: str) -> Row:
    made.name = name.strip()[:40]
    if not made.name:
        raise Refused("no_name", _("Give it a name."), field="name")
    if before is None:
        last = type(made)._default_manager.order_by("-position").values_list("position", flat=True).first()
        made.position = (last or 0) + 10
    try:
        with transaction.atomic():
            made.save()
    except IntegrityError:
        raise Refused("name_taken", _("This name is already on the list."), field="name", status=409) from None
    audit.record(user, f"{kind}.changed", made, detail=changes.between(before, made))
    return made


@transaction.atomic
def delete_type(user: User, one: CustomerType) -> None:
    """Raises Refused while customers are of this type."""
    _delete(user, one, "customer_type.removed")


@transaction.atomic
def delete_post(user: User, one: Post) -> None:
    """Raises Refused while somebody holds this post."""
    _delete(user, one, "customer_post.removed")


def _delete(user: User, one: CustomerType | Post, action: str) -> None:
    _check(user)
    audit.record(user, action, one)
    try:
        one.delete()
    except ProtectedError:
        raise Refused("in_use", _("“%(name)s” is still in use.") % {"name": one.name}, status=409) from None
