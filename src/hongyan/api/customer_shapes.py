"""What the API takes and gives of customers, orders and products."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated

from django.utils.translation import gettext_noop
from ninja import Field, Query, Schema

from hongyan.api.shapes import Body, Digits, Text, Told

NEXT = gettext_noop("Pass it as `after` to get the next page; null at the end.")
Search = Annotated[
    Text, Query("", max_length=200, description=gettext_noop("Words that the name, pinyin, code or people hold."))
]


class PersonIn(Body):
    id: int | None = Field(None, description=gettext_noop("Of a person that is known; without it, somebody new."))
    name: Text = Field(max_length=80, examples=["王芳"])
    post: Text = Field(
        "", max_length=40, examples=["采购"], description=gettext_noop("One of the company's list of posts.")
    )
    gender: Text = Field("", max_length=1, examples=["f"], description=gettext_noop("f, m or empty."))
    number: Digits = Field("", max_length=40, examples=["13800138000"])
    landline: Text = Field("", max_length=40)


class CustomerIn(Body):
    """A whole customer: people who are not named any more go."""

    name: Text = Field(max_length=120, examples=["东山镇中心卫生院"])
    type: Text = Field(
        max_length=40, examples=["乡镇卫生院"], description=gettext_noop("One of the company's list of types.")
    )
    source: Text = Field(examples=["field_visit"], description=gettext_noop("partner_list or field_visit."))
    consent: Text = Field(max_length=300, description=gettext_noop("How its people agreed to receive messages."))
    salesperson: Text = Field(
        "", max_length=64, description=gettext_noop("Sign-in name; by default the key's user, or who has it.")
    )
    code: Text = Field("", max_length=40, examples=["KH00001"])
    region: Text = Field("", max_length=80)
    address: Text = Field("", max_length=200)
    landline: Text = Field("", max_length=40)
    notes: Text = Field("", max_length=500)
    fields: dict[Text, Text] = Field(default={}, max_length=60, description=gettext_noop("Further facts by name."))
    registered_on: date | None = None
    people: list[PersonIn] = Field(default=[], max_length=50)
    version: int | None = Field(
        None,
        description=gettext_noop("The version that was read: a change is refused when it is not that one any more."),
    )


class PersonOut(Schema):
    id: int
    name: str
    post: str
    gender: str
    number: str = Field(
        examples=["+8613800138000"], description=gettext_noop("Masked for keys whose user may not see numbers.")
    )
    landline: str


class CustomerOut(Schema):
    id: int
    version: int
    code: str
    name: str
    type: str
    region: str
    address: str
    landline: str
    source: str
    consent: str
    salesperson: str = Field(description=gettext_noop("Sign-in name."))
    notes: str
    fields: dict[str, str]
    registered_on: date
    classes: list[str]
    people: list[PersonOut]
    updated_at: Told


class CustomerPage(Schema):
    items: list[CustomerOut]
    next: int | None = Field(description=NEXT)


class LineIn(Body):
    sku: Text = Field(max_length=40, examples=["KT-035"])
    quantity: Decimal = Field(gt=0, max_digits=12, decimal_places=3, examples=["2"])
    price: Decimal | None = Field(
        None, ge=0, max_digits=12, decimal_places=2, description=gettext_noop("In yuan; the list price without it.")
    )


class OrderIn(Body):
    number: Text = Field(max_length=40, examples=["20261130-001"])
    customer_id: int
    person_id: int | None = None
    ordered_on: date
    state: Text = Field("open", description=gettext_noop("open, shipped, completed or void."))
    notes: Text = Field("", max_length=500)
    lines: list[LineIn] = Field(min_length=1, max_length=200)


class LineOut(Schema):
    sku: str
    product: str
    quantity: Decimal
    price: Decimal
    amount: Decimal


class OrderOut(Schema):
    id: int
    number: str
    customer_id: int
    person_id: int | None
    ordered_on: date
    state: str
    total: Decimal
    notes: str
    lines: list[LineOut]


class OrderPage(Schema):
    items: list[OrderOut]
    next: int | None = Field(description=NEXT)


class ProductIn(Body):
    sku: Text = Field(max_length=40, examples=["KT-035"])
    name: Text = Field(max_length=120)
    category: Text = Field(
        examples=["家电/空调"], max_length=300, description=gettext_noop("Its way through the tree of categories.")
    )
    price: Decimal = Field(ge=0, max_digits=12, decimal_places=2)
    unit: Text = Field("", max_length=10)
    is_sold: bool = True


class ProductOut(Schema):
    id: int
    sku: str
    name: str
    category: str
    price: Decimal
    unit: str
    is_sold: bool


class ProductPage(Schema):
    items: list[ProductOut]
    next: int | None = Field(description=NEXT)
