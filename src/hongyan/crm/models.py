"""Customers with their people, types and classes; products, orders; what waits for somebody to decide."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Self

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from hongyan.accounts.models import User, within_reach
from hongyan.accounts.rights import Right

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager


class CustomerType(models.Model):
    """What a customer is: a township hospital, a pharmacy, a private person. Decides which facts must be known."""

    name = models.CharField(_("name"), max_length=40, unique=True)
    position = models.IntegerField(_("order"), default=100)
    is_private = models.BooleanField(_("private person"), default=False)
    """Its customers are people, not organisations: the form asks for one person only."""
    required: models.JSONField[list[str], list[str]] = models.JSONField(default=list)
    """Facts that a customer of this type must have, of `requirements.REQUIRABLE` or "field:<name>"."""
    fields: models.JSONField[list[str], list[str]] = models.JSONField(default=list)
    """Further facts asked for by name, in the form's order."""

    class Meta:
        ordering = ["position", "name", "id"]

    def __str__(self) -> str:
        return self.name


class Post(models.Model):
    """What a person does at a customer: buyer, manager, invoicing clerk."""

    name = models.CharField(_("name"), max_length=40, unique=True)
    position = models.IntegerField(_("order"), default=100)

    class Meta:
        ordering = ["position", "name", "id"]

    def __str__(self) -> str:
        return self.name


class CustomerQuerySet(models.QuerySet["Customer"]):
    def visible_to(self, user: User) -> Self:
        """Salespersons see their own, heads those of their departments and below, headquarters all. Merged ones are gone."""
        if not user.may(Right.SEE_CUSTOMERS):
            return self.none()
        return self.filter(within_reach(user, "salesperson", "salesperson__department"), merged_into=None)


class Customer(models.Model):
    """An organisation or a private person that buys from us, and the salesperson who looks after it.

    `search` holds name, pinyin, initials, code and the names and numbers of its people in the code of
    `contacts/names.py`; ask it through `finding.matching`. `version` grows with each change, so that two who edit at once
    are told.
    """

    class Source(models.TextChoices):
        PARTNER_LIST = "partner_list", _("Partner's list")
        FIELD_VISIT = "field_visit", _("Field visit")

    if TYPE_CHECKING:
        people: RelatedManager[Person]
        orders: RelatedManager[Order]
        classes: RelatedManager[Membership]

    code = models.CharField(_("customer number"), max_length=40, blank=True)
    name = models.CharField(_("name"), max_length=120)
    type = models.ForeignKey(CustomerType, models.PROTECT, related_name="customers", verbose_name=_("type"))
    region = models.CharField(_("region"), max_length=80, blank=True)
    address = models.CharField(_("address"), max_length=200, blank=True)
    landline = models.CharField(_("landline"), max_length=40, blank=True)
    source = models.CharField(_("source"), max_length=16, choices=Source.choices)
    consent = models.CharField(_("proof of consent"), max_length=300)
    """How we know that its people agreed to be written to: a form signed, a clause of the partner's contract."""
    salesperson = models.ForeignKey(User, models.PROTECT, related_name="customers", verbose_name=_("salesperson"))
    notes = models.CharField(_("notes"), max_length=500, blank=True)
    fields: models.JSONField[dict[str, str], dict[str, str]] = models.JSONField(default=dict)
    """Further facts by name, as its type asks for them and files bring them."""
    registered_on = models.DateField(_("registered on"))
    pinyin = models.CharField(max_length=200, blank=True, editable=False)
    search = models.TextField(editable=False, default="")
    version = models.IntegerField(default=1, editable=False)
    device_key = models.UUIDField(null=True, unique=True, editable=False)
    """Given by a phone that was without network when it was entered: sent twice, it is entered once."""
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="merged", editable=False
    )
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+", editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = CustomerQuerySet.as_manager()

    class Meta:
        ordering = ["pinyin", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["code"],
                condition=~Q(code="") & Q(merged_into=None),
                name="customer_code_is_unique",
                violation_error_message=_("Another customer has this number already."),
            )
        ]
        indexes = [
            # The list of headquarters, of a salesperson; and by type.
            models.Index(fields=["pinyin", "id"], name="customer_list"),
            models.Index(fields=["salesperson", "pinyin", "id"], name="customer_of_a_salesperson"),
            models.Index(fields=["type", "pinyin", "id"], name="customer_of_a_type"),
            models.Index(fields=["region"], name="customer_of_a_region", opclasses=["text_pattern_ops"]),
            GinIndex(fields=["search"], name="customer_search", opclasses=["gin_trgm_ops"]),
        ]

    def __str__(self) -> str:
        return self.name


class Person(models.Model):
    """Somebody at a customer. `number` is E.164 with its plus, or empty; numbers of before are `FormerNumber`."""

    class Gender(models.TextChoices):
        FEMALE = "f", _("Female")
        MALE = "m", _("Male")

    if TYPE_CHECKING:
        former: RelatedManager[FormerNumber]

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="people")
    name = models.CharField(_("name"), max_length=80)
    post = models.ForeignKey(Post, models.PROTECT, null=True, blank=True, related_name="people", verbose_name=_("post"))
    gender = models.CharField(_("gender"), max_length=1, choices=Gender.choices, blank=True)
    number = models.CharField(_("mobile number"), max_length=20, blank=True)
    landline = models.CharField(_("landline"), max_length=40, blank=True)
    position = models.IntegerField(default=0, editable=False)
    """The first is written to first."""

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "number"],
                condition=~Q(number=""),
                name="person_number_is_unique_at_its_customer",
                violation_error_message=_("Two people of this customer have the same mobile number."),
            )
        ]
        indexes = [models.Index(fields=["number"], name="person_of_a_number", condition=~Q(number=""))]

    def __str__(self) -> str:
        return self.name


class FormerNumber(models.Model):
    """A mobile number that a person had: kept to be recognised, never written to."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="former")
    number = models.CharField(max_length=20)
    until = models.DateTimeField()
    changed_by = models.ForeignKey(User, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-until"]
        indexes = [models.Index(fields=["number"], name="former_number")]


class Category(models.Model):
    """A node of the tree of product categories; `path` is the ids from the top down, "/1/4/"."""

    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    name = models.CharField(_("name"), max_length=60)
    path = models.CharField(max_length=300, editable=False)

    class Meta:
        ordering = ["path"]
        indexes = [models.Index(fields=["path"], name="category_subtree", opclasses=["text_pattern_ops"])]
        constraints = [
            models.UniqueConstraint(
                fields=["parent", "name"],
                nulls_distinct=False,
                name="category_name_is_unique_among_siblings",
                violation_error_message=_("There is already a category with this name here."),
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def indented_name(self) -> str:
        return "　" * (self.path.count("/") - 2) + self.name


class Product(models.Model):
    """What is sold, by its SKU."""

    sku = models.CharField(_("SKU"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=120)
    category = models.ForeignKey(Category, models.PROTECT, related_name="products", verbose_name=_("category"))
    unit = models.CharField(_("unit"), max_length=10, blank=True)
    price = models.DecimalField(_("price (yuan)"), max_digits=12, decimal_places=2)
    is_sold = models.BooleanField(_("on sale"), default=True)
    search = models.TextField(editable=False, default="")

    class Meta:
        ordering = ["name", "id"]
        constraints = [models.CheckConstraint(name="product_price_is_none_below_zero", condition=Q(price__gte=0))]
        indexes = [GinIndex(fields=["search"], name="product_search", opclasses=["gin_trgm_ops"])]

    def __str__(self) -> str:
        return self.name


class OrderQuerySet(models.QuerySet["Order"]):
    def visible_to(self, user: User) -> Self:
        """Orders of the customers whom the user sees."""
        if not user.may(Right.SEE_CUSTOMERS):
            return self.none()
        return self.filter(within_reach(user, "customer__salesperson", "customer__salesperson__department"))


class Order(models.Model):
    """What a customer ordered, and who there. `total` is the sum of its lines, kept by the verbs."""

    class State(models.TextChoices):
        OPEN = "open", _("In progress")
        SHIPPED = "shipped", _("Shipped")
        COMPLETED = "completed", _("Completed")
        VOID = "void", _("Void")

    if TYPE_CHECKING:
        lines: RelatedManager[OrderLine]

    number = models.CharField(_("order number"), max_length=40, unique=True)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="orders", verbose_name=_("customer"))
    person = models.ForeignKey(
        Person, models.SET_NULL, null=True, blank=True, related_name="orders", verbose_name=_("ordered by")
    )
    ordered_on = models.DateField(_("ordered on"))
    state = models.CharField(_("state"), max_length=12, choices=State.choices, default=State.OPEN)
    total = models.DecimalField(_("total"), max_digits=14, decimal_places=2, default=Decimal(0), editable=False)
    notes = models.CharField(_("notes"), max_length=500, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = OrderQuerySet.as_manager()

    class Meta:
        ordering = ["-ordered_on", "-id"]
        indexes = [
            models.Index(F("ordered_on").desc(), F("id").desc(), name="order_list"),
            models.Index("customer", F("ordered_on").desc(), F("id").desc(), name="order_of_a_customer"),
            models.Index("state", F("ordered_on").desc(), F("id").desc(), name="order_of_a_state"),
            # Who ordered for how much since a day: read from the index alone.
            models.Index(fields=["ordered_on"], include=["customer", "total", "state"], name="order_asked"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def badge(self) -> str:
        """The name under which pages show its state."""
        return f"order_{self.state}"


class OrderLine(models.Model):
    """So much of a product at a price."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="lines")
    product = models.ForeignKey(Product, models.PROTECT, related_name="lines", verbose_name=_("product"))
    quantity = models.DecimalField(_("quantity"), max_digits=12, decimal_places=3)
    price = models.DecimalField(_("price (yuan)"), max_digits=12, decimal_places=2)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                name="order_line_has_a_quantity_and_a_price", condition=Q(quantity__gt=0, price__gte=0)
            )
        ]
        # With what a line comes to, so that sums of a product need no row.
        indexes = [models.Index(fields=["product", "order"], include=["quantity", "price"], name="line_asked")]

    @property
    def amount(self) -> Decimal:
        return (self.quantity * self.price).quantize(Decimal("0.01"))


class Rule(models.Model):
    """A class of customers and what puts a customer into it: every condition holds. See `classifying.py`."""

    name = models.CharField(_("name of the class"), max_length=40, unique=True)
    conditions: models.JSONField[list[dict[str, Any]], list[dict[str, Any]]] = models.JSONField(default=list)
    is_on = models.BooleanField(_("in use"), default=True)
    position = models.IntegerField(_("order"), default=100)
    run_at = models.DateTimeField(null=True, editable=False)
    """When it last ran over everybody."""

    class Meta:
        ordering = ["position", "name", "id"]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """A customer is in a class because of `why`: the value that met each condition, in their order."""

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="classes")
    rule = models.ForeignKey(Rule, models.CASCADE, related_name="members")
    why: models.JSONField[list[Any], list[Any]] = models.JSONField(default=list)
    since = models.DateTimeField()

    class Meta:
        ordering = ["rule__position", "rule__name"]
        constraints = [models.UniqueConstraint(fields=["rule", "customer"], name="customer_is_in_a_class_once")]


class MergeProposalQuerySet(models.QuerySet["MergeProposal"]):
    def visible_to(self, user: User) -> Self:
        """For who manages both customers."""
        if not user.may(Right.MANAGE_CUSTOMERS):
            return self.none()
        return self.filter(
            within_reach(user, "first__salesperson", "first__salesperson__department"),
            within_reach(user, "second__salesperson", "second__salesperson__department"),
        )


class MergeProposal(models.Model):
    """Two customers hold one mobile number: a manager merges them field by field, or says that they are two."""

    class State(models.TextChoices):
        OPEN = "open", _("To be decided")
        MERGED = "merged", _("Merged")
        APART = "apart", _("Two customers")

    first = models.ForeignKey(Customer, models.CASCADE, related_name="+")
    second = models.ForeignKey(Customer, models.CASCADE, related_name="+")
    """The one that came later."""
    number = models.CharField(max_length=20)
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    proposed_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(auto_now_add=True)
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    chosen: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    """Field -> [value of the first, value of the second, "first" or "second"]: what stood in both and what was taken."""

    objects = MergeProposalQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["first", "second"], name="merge_is_proposed_once")]


class NumberTaskQuerySet(models.QuerySet["NumberTask"]):
    def visible_to(self, user: User) -> Self:
        if not user.may(Right.SEE_CUSTOMERS):
            return self.none()
        return self.filter(
            within_reach(user, "person__customer__salesperson", "person__customer__salesperson__department")
        )


class NumberTask(models.Model):
    """A person's number failed for good again: the salesperson is to find out the new one."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="tasks")
    number = models.CharField(max_length=20)
    failures = models.IntegerField()
    code = models.CharField(max_length=40)
    """What the carrier said last."""
    failed_at = models.DateTimeField()
    created_at = models.DateTimeField(auto_now_add=True)
    done_at = models.DateTimeField(null=True)
    done_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    objects = NumberTaskQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["person", "number"], name="number_is_to_be_fixed_once")]
        indexes = [models.Index(fields=["id"], name="number_task_open", condition=Q(done_at=None))]
