"""What customers' doors need of the rooms below: a user, a channel, a service number."""

from __future__ import annotations

from collections.abc import Iterator

from hongyan.accounts.models import User
from hongyan.accounts.needs import Need
from hongyan.accounts.rights import Right
from hongyan.carriers.roads import Loss
from hongyan.doors.models import Door


def for_user(before: User, after: User) -> Iterator[Need]:
    """Doors in the user's name stop taking submits when the user may no longer send."""
    if before.may(Right.SEND) and not after.may(Right.SEND):
        for door in Door.objects.filter(user=before, removed_at=None, is_enabled=True):
            yield Need("door", door.pk, door.name)


def without_road(loss: Loss) -> Iterator[tuple[Need, str]]:
    """Doors some of whose submits would find no channel."""
    for door in Door.objects.filter(removed_at=None, is_enabled=True).select_related("user__department"):
        if carriers := loss.carriers(door.user.department, door.category):
            yield Need("door", door.pk, door.name), carriers


def for_service_number(number: str) -> Iterator[Need]:
    """Doors whose own numbers stand under it: their replies would come to nobody."""
    for door in Door.objects.filter(removed_at=None):
        if any(source.startswith(number) for source in [*door.sources, door.default_source] if source):
            yield Need("door", door.pk, door.name)
