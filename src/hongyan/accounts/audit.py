"""The audit log: what is written when somebody looks at or changes what they answer for."""

from __future__ import annotations

from typing import Any

from django.db import models

from hongyan.accounts.models import AuditEntry, User


def record(
    user: User | None,
    action: str,
    subject: models.Model | None = None,
    *,
    summary: str = "",
    detail: dict[str, Any] | None = None,
    address: str | None = None,
) -> None:
    """Add one entry, in the caller's transaction: the entry stands exactly if the deed does.

    `action` is "<noun>.<verb in the past>", as "submission.cancelled". `detail` must be JSON and hold no phone number
    in clear and no secret.
    """
    AuditEntry.objects.create(
        user=user,
        department_path=user.department.path if user else "",
        action=action,
        object_type=subject._meta.model_name or "" if subject is not None else "",
        object_id=str(subject.pk) if subject is not None else "",
        summary=(summary or (str(subject) if subject is not None else ""))[:200],
        detail=detail or {},
        address=address,
    )
