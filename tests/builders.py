"""Small things that tests are made of; what matters to a test is said in the test."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hongyan.accounts import departments
from hongyan.accounts.models import Department, User
from hongyan.accounts.rights import Role
from hongyan.consent.models import Policy
from hongyan.contacts.models import AddressBook, Contact, Group
from hongyan.contacts.names import search_text, sort_key
from hongyan.dispatch.models import Channel, Route
from hongyan.messaging.models import Signature
from hongyan.runtime.secrets import encrypt

PASSWORD = "correct-horse-1"


@dataclass
class Company:
    root: Department
    sales: Department
    north: Department
    """Below sales."""
    finance: Department
    administrator: User
    sales_head: User
    sender: User
    """In north."""
    stranger: User
    """A sender in finance."""
    viewer: User
    """In sales."""
    book: AddressBook
    channel: Channel


def a_user(username: str, department: Department, role: str = Role.SENDER, **facts: Any) -> User:
    user = User(username=username, name=username.title(), department=department, role=role, **facts)
    user.set_password(PASSWORD)
    user.save()
    return user


def a_contact(book: AddressBook, name: str, number: str, **facts: Any) -> Contact:
    return Contact.objects.create(
        book=book, name=name, number=number, pinyin=sort_key(name), search=search_text(name, number), **facts
    )


def a_group(book: AddressBook, name: str, *contacts: Contact, parent: Group | None = None) -> Group:
    group = Group.objects.create(book=book, name=name, parent=parent, path="")
    group.path = f"{parent.path if parent else '/'}{group.pk}/"
    group.save()
    group.contacts.add(*contacts)
    return group


def a_channel(**facts: Any) -> Channel:
    values = {
        "name": "Mobile", "protocol": "cmpp20", "host": "127.0.0.1", "port": 7890, "login": "901234",
        "secret_encrypted": encrypt("secret"), "service_number": "10690001", "price_micros": 50_000,
    } | facts  # fmt: skip
    return Channel.objects.create(**values)


def company() -> Company:
    root = departments.create("Company", None)
    sales = departments.create("Sales", root)
    north = departments.create("North", sales)
    finance = departments.create("Finance", root)
    channel = a_channel()
    Route.objects.create(name="All", channel=channel)
    Signature.objects.create(text="云帆", is_default=True)
    # What consent changes is said where it is asked for.
    Policy.objects.update(consent=Policy.Consent.OFF)
    return Company(
        root=root,
        sales=sales,
        north=north,
        finance=finance,
        administrator=a_user("admin", root, Role.ADMINISTRATOR),
        sales_head=a_user("head", sales, Role.DEPARTMENT_ADMINISTRATOR),
        sender=a_user("sender", north, extension="1001"),
        stranger=a_user("stranger", finance),
        viewer=a_user("viewer", sales, Role.VIEWER),
        book=AddressBook.objects.create(name="Everybody", kind=AddressBook.Kind.ENTERPRISE),
        channel=channel,
    )
