"""Verbs of users: who may manage whom, and what is written down about it."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.http import Http404
from django.utils.translation import gettext as _

from hongyan.accounts import audit, departments
from hongyan.accounts.errors import AccountsError
from hongyan.accounts.models import Department, User
from hongyan.accounts.rights import Reach, Right, Role

RANK = {Role.VIEWER: 0, Role.SENDER: 1, Role.DEPARTMENT_ADMINISTRATOR: 2, Role.ADMINISTRATOR: 3}


def access_user(actor: User, user_id: int) -> User:
    """A user whom `actor` may manage. Missing and forbidden answer alike."""
    found = User.objects.visible_to(actor).select_related("department").filter(pk=user_id).first()
    if found is None or not actor.may(Right.MANAGE_USERS):
        raise Http404
    return found


def may_manage(actor: User, user: User) -> bool:
    """Whether `actor` may change `user`: within reach, and of no higher role."""
    try:
        _check_manages(actor, user.department, user.role)
    except AccountsError:
        return False
    return True


def _check_manages(actor: User, department: Department, role: str) -> None:
    """Within reach, and with no role above one's own."""
    if not actor.may(Right.MANAGE_USERS):
        raise AccountsError(_("You may not manage users."))
    if actor.reach is not Reach.EVERYTHING and not department.path.startswith(actor.department.path):
        raise AccountsError(_("This department is not one of yours."))
    if RANK[Role(role)] > RANK[Role(actor.role)]:
        raise AccountsError(_("You may not give a role above your own."))


def _check_password(password: str, user: User) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise AccountsError(" ".join(error.messages)) from error


@transaction.atomic
def create_user(actor: User, *, password: str, address: str | None = None, **facts: Any) -> User:
    """A new user. Raises AccountsError."""
    user = User(**facts)
    _check_manages(actor, user.department, user.role)
    _check_password(password, user)
    user.set_password(password)
    _save(user)
    audit.record(actor, "user.created", user, detail={"role": user.role}, address=address)
    return user


@transaction.atomic
def change_user(actor: User, user: User, *, password: str = "", address: str | None = None, **facts: Any) -> None:
    """Change facts; an empty password leaves the old one. Takes effect on the user's next request. Raises AccountsError."""
    # All administrators, in one order: two that demote each other would otherwise leave none.
    list(User.objects.select_for_update().filter(role=Role.ADMINISTRATOR).order_by("pk").values_list("pk"))
    before = User.objects.select_for_update().select_related("department").get(pk=user.pk)
    _check_manages(actor, before.department, before.role)
    changed = {name: value for name, value in facts.items() if getattr(before, name) != value}
    was_last = _is_last_administrator(before)
    for name, value in facts.items():
        setattr(before, name, value)
    _check_manages(actor, before.department, before.role)
    if actor.pk == before.pk and {"is_active", "role", "department"} & set(changed):
        raise AccountsError(_("Your own role, department and sign-in are changed by another administrator."))
    if was_last and not (before.is_active and before.role == Role.ADMINISTRATOR):
        raise AccountsError(_("This is the last administrator; make another one first."))
    if password:
        _check_password(password, before)
        before.set_password(password)
    _save(before)
    audit.record(
        actor,
        "user.changed",
        before,
        detail={"fields": sorted(changed), "password": bool(password), "role": before.role},
        address=address,
    )


def _is_last_administrator(user: User) -> bool:
    if not user.is_active or user.role != Role.ADMINISTRATOR:
        return False
    return not User.objects.filter(role=Role.ADMINISTRATOR, is_active=True).exclude(pk=user.pk).exists()


def deactivate(actor: User, user: User, *, address: str | None = None) -> None:
    """May no longer sign in; keys stop working too. Raises AccountsError."""
    change_user(actor, user, is_active=False, address=address)


def set_password(actor: User, user: User, password: str, *, address: str | None = None) -> None:
    """By who manages the user; all their sessions end. Raises AccountsError."""
    change_user(actor, user, password=password, address=address)


@transaction.atomic
def change_own_password(user: User, password: str, *, address: str | None = None) -> None:
    """By the user, who has proved the present one. Raises AccountsError."""
    _check_password(password, user)
    user.set_password(password)
    user.save(update_fields=["password"])
    audit.record(user, "user.password_changed", user, address=address)


def _save(user: User) -> None:
    try:
        with transaction.atomic():
            user.save()
    except IntegrityError as error:
        if "extension" in str(error):
            raise AccountsError(_("Another user has this extension already.")) from error
        raise AccountsError(_("There is already a user with this sign-in name.")) from error


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
    """Only while there is nobody. Raises AccountsError."""
    with transaction.atomic():
        user = create_administrator(
            username=username, name=name, password=password, enterprise=enterprise, address=address
        )
        if User.objects.exclude(pk=user.pk).exists():
            raise AccountsError(_("There is an administrator already; please sign in."))
    return user


def next_extension() -> str:
    """The lowest free extension of four digits, or none when all are taken."""
    taken = set(User.objects.exclude(extension="").values_list("extension", flat=True))
    return next((str(number) for number in range(1001, 10000) if str(number) not in taken), "")
