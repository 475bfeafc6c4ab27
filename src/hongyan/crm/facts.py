"""What is said of a customer, as a form, a file, a phone or a program says it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from hongyan.accounts.models import User
from hongyan.crm.models import CustomerType, Post


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """Somebody at a customer, as a form, a file or a program says; `number` in any form people write."""

    name: str
    number: str = ""
    post: Post | None = None
    gender: str = ""
    landline: str = ""
    id: int | None = None
    """Of the person it changes; None for somebody new."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is said of a customer."""

    name: str
    type: CustomerType
    source: str
    consent: str
    salesperson: User
    code: str = ""
    region: str = ""
    address: str = ""
    landline: str = ""
    notes: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    registered_on: date | None = None
    people: Sequence[PersonFacts] = ()
