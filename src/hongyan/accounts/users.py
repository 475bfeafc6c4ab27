"""Verbs of users: who may manage whom, and what is written down about it."""

from __future__ import annotations

from copy import copy
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.http import Http404
from django.utils.translation import gettext as _

from hongyan.accounts import audit, changes, departments, invitations, sign_ins
from hongyan.accounts.errors import Refused
from hongyan.accounts.models import Department, User
from hongyan.accounts.rights import Reach, Right, Role

RANK = {Role.VIEWER: 0, Role.SALESPERSON: 1, Role.SENDER: 1, Role.DEPARTMENT_ADMINISTRATOR: 2, Role.ADMINISTRATOR: 3}


def access_user(actor: User, user_id: int) -> User:
    """A user whom `actor` may manage. Missing and forbidden answer alike."""
    found = User.objects.visible_to(actor).select_related("department").filter(pk=user_id).first()
    if found is None or not actor.may(Right.MANAGE_USERS):
        raise Http404
    return found


def may_manage(actor: User, user: User) -> bool:
    """Whether `actor` may change `user`: within reach, and of no higher role."""
    try:
        check_manages(actor, user.department, user.role)
    except Refused:
        return False
    return True


def check_manages(actor: User, department: Department, role: str) -> None:
    """Within reach, and with no role above one's own. Raises Refused."""
    if not actor.may(Right.MANAGE_USERS):
        raise Refused("not_allowed", _("You may not manage users."), status=403)
    if actor.reach is not Reach.EVERYTHING and not department.path.startswith(actor.department.path):
        raise Refused("not_allowed", _("You do not manage this department."), field="department", status=403)
    if RANK[Role(role)] > RANK[Role(actor.role)]:
        raise Refused("role_above_own", _("You cannot assign a role above your own."), field="role", status=403)


def check_change(actor: User, before: User, after: User) -> None:
    """Whether `actor` may make `after` of `before`. Raises Refused."""
    check_manages(actor, before.department, before.role)
    check_manages(actor, after.department, after.role)
    touched = {name for name in ("is_active", "role", "department") if getattr(before, name) != getattr(after, name)}
    if actor.pk == before.pk and touched:
        raise Refused(
            "own_account", _("Your own role, department and sign-in are changed by another administrator."), status=403
        )
    if not (after.is_active and after.role == Role.ADMINISTRATOR) and _is_last_administrator(before):
        raise Refused("last_administrator", _("This is the last administrator. Appoint another one first."), status=409)


def _check_password(password: str, user: User) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise Refused("weak_password", " ".join(error.messages), field="password") from error


@transaction.atomic
def create_user(actor: User, *, password: str = "", address: str | None = None, **facts: Any) -> User:
    """A new user, who changes `password` at the first sign-in; without one, an invitation lets the user set it.

    Raises Refused.
    """
    user = User(**facts)
    check_manages(actor, user.department, user.role)
    _give_password(actor, user, password)
    _save(user)
    audit.record(actor, "user.created", user, detail={"role": user.role}, address=address)
    return user


@transaction.atomic
def change_user(actor: User, user: User, *, password: str = "", address: str | None = None, **facts: Any) -> None:
    """Change facts; an empty password leaves the old one. Takes effect on the user's next request. Raises Refused."""
    # All administrators, in one order: two that demote each other would otherwise leave none.
    list(User.objects.select_for_update().filter(role=Role.ADMINISTRATOR).order_by("pk").values_list("pk"))
    before = User.objects.select_for_update().select_related("department").get(pk=user.pk)
    was, changed = copy(before), {name for name, value in facts.items() if getattr(before, name) != value}
    for name, value in facts.items():
        setattr(before, name, value)
    check_change(actor, was, before)
    if before.is_active:
        before.successor = None
    if password:
        _give_password(actor, before, password)
    _save(before)
    if password or changed & {"phone", "is_active"}:
        invitations.close(before)
    if password or "is_active" in changed:
        sign_ins.end_all(before)
    audit.record(
        actor,
        "user.changed",
        before,
        detail=changes.between(was, before),
        address=address,
    )


def _give_password(actor: User, user: User, password: str) -> None:
    """Known to two people, unless it is one's own: so it has to be changed."""
    if not password:
        user.set_unusable_password()
        return
    _check_password(password, user)
    user.set_password(password)
    user.must_change_password = actor.pk != user.pk


def _is_last_administrator(user: User) -> bool:
    if not user.is_active or user.role != Role.ADMINISTRATOR:
        return False
    return not User.objects.filter(role=Role.ADMINISTRATOR, is_active=True).exclude(pk=user.pk).exists()


def deactivate(actor: User, user: User, *, address: str | None = None) -> None:
    """May no longer sign in; keys stop working too. Raises Refused."""
    change_user(actor, user, is_active=False, address=address)


def set_password(actor: User, user: User, password: str, *, address: str | None = None) -> None:
    """By who manages the user; all their sessions end. Raises Refused."""
    change_user(actor, user, password=password, address=address)


@transaction.atomic
def change_own_password(user: User, password: str, *, address: str | None = None) -> None:
    """By the user, who has proved the present one. All sessions end. Raises Refused."""
    if user.must_change_password and user.check_password(password):
        raise Refused("same_password", _("Choose another password than the one you were given."), field="new")
    _set_own_password(user, password)
    audit.record(user, "user.password_changed", user, address=address)


@transaction.atomic
def change_own_facts(user: User, *, address: str | None = None, **facts: Any) -> None:
    """What everybody may change of themselves."""
    row = User.objects.select_for_update(of=("self",)).select_related("department").get(pk=user.pk)
    was, changed = copy(row), sorted(name for name, value in facts.items() if getattr(row, name) != value)
    if not changed:
        return
    for name in changed:
        setattr(row, name, facts[name])
    row.save(update_fields=changed)
    if "phone" in changed:
        invitations.close(row)
    audit.record(row, "user.changed", row, detail=changes.between(was, row), address=address)


@transaction.atomic
def invite(actor: User, user: User, *, address: str | None = None) -> str:
    """The token of a link by which `user` sets a password; older links end. Raises Refused."""
    row = User.objects.select_for_update(of=("self",)).select_related("department").get(pk=user.pk)
    check_manages(actor, row.department, row.role)
    if not row.is_active:
        raise Refused("inactive", _("%(name)s may not sign in.") % {"name": row.name}, status=409)
    token = invitations.make(actor, row)
    audit.record(actor, "user.invited", row, address=address)
    return token


@transaction.atomic
def accept(token: str, password: str, *, address: str | None = None) -> User | None:
    """Set the password by a link, which is used up by this; None when the link is good no more. Raises Refused."""
    user = invitations.redeem(token)
    if user is not None:
        _set_own_password(user, password)
        audit.record(user, "user.invitation_used", user, address=address)
    return user


def _set_own_password(user: User, password: str) -> None:
    _check_password(password, user)
    user.set_password(password)
    user.must_change_password = False
    user.save(update_fields=["password", "must_change_password"])
    invitations.close(user)
    sign_ins.end_all(user)


def _save(user: User) -> None:
    try:
        with transaction.atomic():
            user.save()
    except IntegrityError as error:
        if "extension" in str(error):
            raise Refused(
                "extension_taken", _("Another user has this extension already."), field="extension", status=409
            ) from error
        raise Refused(
            "username_taken", _("This sign-in name is already taken."), field="username", status=409
        ) from error


@transaction.atomic
def create_administrator(
    *, username: str, name: str, password: str, enterprise: str = "", address: str | None = None
) -> User:
    """An administrator made from outside: the first one by the sign-in page, any by the command line."""
    with connection.cursor() as cursor:
        # Two at once: the second waits and finds the first one's enterprise.
        cursor.execute("select pg_advisory_xact_lock(hashtext('first administrator'))")
    root = Department.objects.filter(parent=None).first()
    if root is None:
        root = departments.create(enterprise or _("Our company"), None)
    user = User(username=username, name=name, department=root, role=Role.ADMINISTRATOR)
    _check_password(password, user)
    user.set_password(password)
    _save(user)
    audit.record(user, "user.created", user, detail={"role": user.role}, address=address)
    return user


def create_first_administrator(
    *, enterprise: str, username: str, name: str, password: str, address: str | None = None
) -> User:
    """Only while there is nobody. Raises Refused."""
    with transaction.atomic():
        user = create_administrator(
            username=username, name=name, password=password, enterprise=enterprise, address=address
        )
        if User.objects.exclude(pk=user.pk).exists():
            raise Refused("administrator_exists", _("An administrator already exists. Please sign in."), status=409)
    return user


def next_extension() -> str:
    """The lowest free extension of four digits, or none when all are taken."""
    taken = set(User.objects.exclude(extension="").values_list("extension", flat=True))
    return next((str(number) for number in range(1001, 10000) if str(number) not in taken), "")
