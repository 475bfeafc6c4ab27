from decimal import Decimal

import django.contrib.postgres.indexes
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0006_salespersons"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="CustomerType",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=40, unique=True, verbose_name="name")),
                ("position", models.IntegerField(default=100, verbose_name="order")),
                ("is_private", models.BooleanField(default=False, verbose_name="private person")),
                ("required", models.JSONField(default=list)),
                ("fields", models.JSONField(default=list)),
            ],
            options={
                "ordering": ["position", "name", "id"],
            },
        ),
        migrations.CreateModel(
            name="Post",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=40, unique=True, verbose_name="name")),
                ("position", models.IntegerField(default=100, verbose_name="order")),
            ],
            options={
                "ordering": ["position", "name", "id"],
            },
        ),
        migrations.CreateModel(
            name="Rule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=40, unique=True, verbose_name="name of the class")),
                ("conditions", models.JSONField(default=list)),
                ("is_on", models.BooleanField(default=True, verbose_name="in use")),
                ("position", models.IntegerField(default=100, verbose_name="order")),
                ("run_at", models.DateTimeField(editable=False, null=True)),
            ],
            options={
                "ordering": ["position", "name", "id"],
            },
        ),
        migrations.CreateModel(
            name="Category",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=60, verbose_name="name")),
                ("path", models.CharField(editable=False, max_length=300)),
                (
                    "parent",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="children",
                        to="crm.category",
                    ),
                ),
            ],
            options={
                "ordering": ["path"],
            },
        ),
        migrations.CreateModel(
            name="Customer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(blank=True, max_length=40, verbose_name="customer number")),
                ("name", models.CharField(max_length=120, verbose_name="name")),
                ("region", models.CharField(blank=True, max_length=80, verbose_name="region")),
                ("address", models.CharField(blank=True, max_length=200, verbose_name="address")),
                ("landline", models.CharField(blank=True, max_length=40, verbose_name="landline")),
                (
                    "source",
                    models.CharField(
                        choices=[("partner_list", "Partner's list"), ("field_visit", "Field visit")],
                        max_length=16,
                        verbose_name="source",
                    ),
                ),
                ("consent", models.CharField(max_length=300, verbose_name="proof of consent")),
                ("notes", models.CharField(blank=True, max_length=500, verbose_name="notes")),
                ("fields", models.JSONField(default=dict)),
                ("registered_on", models.DateField(verbose_name="registered on")),
                ("pinyin", models.CharField(blank=True, editable=False, max_length=200)),
                ("search", models.TextField(default="", editable=False)),
                ("version", models.IntegerField(default=1, editable=False)),
                ("device_key", models.UUIDField(editable=False, null=True, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "created_by",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "department",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="customers",
                        to="accounts.department",
                        verbose_name="department",
                    ),
                ),
                (
                    "merged_into",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="merged",
                        to="crm.customer",
                    ),
                ),
                (
                    "salesperson",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="customers",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="salesperson",
                    ),
                ),
                (
                    "type",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="customers",
                        to="crm.customertype",
                        verbose_name="type",
                    ),
                ),
            ],
            options={
                "ordering": ["pinyin", "id"],
            },
        ),
        migrations.CreateModel(
            name="MergeProposal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.CharField(max_length=20)),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "To be decided"), ("merged", "Merged"), ("apart", "Two customers")],
                        default="open",
                        max_length=8,
                    ),
                ),
                ("proposed_at", models.DateTimeField(auto_now_add=True)),
                ("decided_at", models.DateTimeField(null=True)),
                ("chosen", models.JSONField(default=dict)),
                (
                    "decided_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "first",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="crm.customer"),
                ),
                (
                    "proposed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "second",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="crm.customer"),
                ),
            ],
            options={
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="Person",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=80, verbose_name="name")),
                (
                    "gender",
                    models.CharField(
                        blank=True, choices=[("f", "Female"), ("m", "Male")], max_length=1, verbose_name="gender"
                    ),
                ),
                ("number", models.CharField(blank=True, max_length=20, verbose_name="mobile number")),
                ("landline", models.CharField(blank=True, max_length=40, verbose_name="landline")),
                ("position", models.IntegerField(default=0, editable=False)),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="people", to="crm.customer"
                    ),
                ),
                (
                    "post",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="people",
                        to="crm.post",
                        verbose_name="post",
                    ),
                ),
            ],
            options={
                "ordering": ["position", "id"],
            },
        ),
        migrations.CreateModel(
            name="Order",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.CharField(max_length=40, unique=True, verbose_name="order number")),
                ("ordered_on", models.DateField(verbose_name="ordered on")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "In progress"),
                            ("shipped", "Shipped"),
                            ("completed", "Completed"),
                            ("void", "Void"),
                        ],
                        default="open",
                        max_length=12,
                        verbose_name="state",
                    ),
                ),
                (
                    "total",
                    models.DecimalField(
                        decimal_places=2, default=Decimal("0"), editable=False, max_digits=14, verbose_name="total"
                    ),
                ),
                ("notes", models.CharField(blank=True, max_length=500, verbose_name="notes")),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="orders",
                        to="crm.customer",
                        verbose_name="customer",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="orders",
                        to="crm.person",
                        verbose_name="ordered by",
                    ),
                ),
            ],
            options={
                "ordering": ["-ordered_on", "-id"],
            },
        ),
        migrations.CreateModel(
            name="NumberTask",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.CharField(max_length=20)),
                ("failures", models.IntegerField()),
                ("code", models.CharField(max_length=40)),
                ("failed_at", models.DateTimeField()),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("done_at", models.DateTimeField(null=True)),
                (
                    "done_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="tasks", to="crm.person"
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="FormerNumber",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.CharField(max_length=20)),
                ("until", models.DateTimeField()),
                (
                    "changed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="former", to="crm.person"
                    ),
                ),
            ],
            options={
                "ordering": ["-until"],
            },
        ),
        migrations.CreateModel(
            name="Product",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sku", models.CharField(max_length=40, unique=True, verbose_name="SKU")),
                ("name", models.CharField(max_length=120, verbose_name="name")),
                ("unit", models.CharField(blank=True, max_length=10, verbose_name="unit")),
                ("price", models.DecimalField(decimal_places=2, max_digits=12, verbose_name="price (yuan)")),
                ("is_sold", models.BooleanField(default=True, verbose_name="on sale")),
                ("search", models.TextField(default="", editable=False)),
                (
                    "category",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="products",
                        to="crm.category",
                        verbose_name="category",
                    ),
                ),
            ],
            options={
                "ordering": ["name", "id"],
            },
        ),
        migrations.CreateModel(
            name="OrderLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("quantity", models.DecimalField(decimal_places=3, max_digits=12, verbose_name="quantity")),
                ("price", models.DecimalField(decimal_places=2, max_digits=12, verbose_name="price (yuan)")),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="lines", to="crm.order"
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="lines",
                        to="crm.product",
                        verbose_name="product",
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="Membership",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("why", models.JSONField(default=list)),
                ("since", models.DateTimeField()),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="classes", to="crm.customer"
                    ),
                ),
                (
                    "rule",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="members", to="crm.rule"
                    ),
                ),
            ],
            options={
                "ordering": ["rule__position", "rule__name"],
            },
        ),
        migrations.AddIndex(
            model_name="category",
            index=models.Index(fields=["path"], name="category_subtree", opclasses=["text_pattern_ops"]),
        ),
        migrations.AddConstraint(
            model_name="category",
            constraint=models.UniqueConstraint(
                fields=("parent", "name"),
                name="category_name_is_unique_among_siblings",
                nulls_distinct=False,
                violation_error_message="There is already a category with this name here.",
            ),
        ),
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(fields=["pinyin", "id"], name="customer_list"),
        ),
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(fields=["salesperson", "pinyin", "id"], name="customer_of_a_salesperson"),
        ),
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(fields=["department", "pinyin", "id"], name="customer_of_a_department"),
        ),
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(fields=["type", "pinyin", "id"], name="customer_of_a_type"),
        ),
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(fields=["region"], name="customer_of_a_region", opclasses=["text_pattern_ops"]),
        ),
        migrations.AddIndex(
            model_name="customer",
            index=django.contrib.postgres.indexes.GinIndex(
                fields=["search"], name="customer_search", opclasses=["gin_trgm_ops"]
            ),
        ),
        migrations.AddConstraint(
            model_name="customer",
            constraint=models.UniqueConstraint(
                condition=models.Q(models.Q(("code", ""), _negated=True), ("merged_into", None)),
                fields=("code",),
                name="customer_code_is_unique",
                violation_error_message="Another customer has this number already.",
            ),
        ),
        migrations.AddConstraint(
            model_name="mergeproposal",
            constraint=models.UniqueConstraint(fields=("first", "second"), name="merge_is_proposed_once"),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                models.OrderBy(models.F("ordered_on"), descending=True),
                models.OrderBy(models.F("id"), descending=True),
                name="order_list",
            ),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                models.F("customer"),
                models.OrderBy(models.F("ordered_on"), descending=True),
                models.OrderBy(models.F("id"), descending=True),
                name="order_of_a_customer",
            ),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                models.F("state"),
                models.OrderBy(models.F("ordered_on"), descending=True),
                models.OrderBy(models.F("id"), descending=True),
                name="order_of_a_state",
            ),
        ),
        migrations.AddIndex(
            model_name="numbertask",
            index=models.Index(condition=models.Q(("done_at", None)), fields=["id"], name="number_task_open"),
        ),
        migrations.AddConstraint(
            model_name="numbertask",
            constraint=models.UniqueConstraint(fields=("person", "number"), name="number_is_to_be_fixed_once"),
        ),
        migrations.AddIndex(
            model_name="formernumber",
            index=models.Index(fields=["number"], name="former_number"),
        ),
        migrations.AddIndex(
            model_name="person",
            index=models.Index(
                condition=models.Q(("number", ""), _negated=True), fields=["number"], name="person_of_a_number"
            ),
        ),
        migrations.AddConstraint(
            model_name="person",
            constraint=models.UniqueConstraint(
                condition=models.Q(("number", ""), _negated=True),
                fields=("customer", "number"),
                name="person_number_is_unique_at_its_customer",
                violation_error_message="Two people of this customer have the same mobile number.",
            ),
        ),
        migrations.AddIndex(
            model_name="product",
            index=django.contrib.postgres.indexes.GinIndex(
                fields=["search"], name="product_search", opclasses=["gin_trgm_ops"]
            ),
        ),
        migrations.AddConstraint(
            model_name="product",
            constraint=models.CheckConstraint(
                condition=models.Q(("price__gte", 0)), name="product_price_is_none_below_zero"
            ),
        ),
        migrations.AddIndex(
            model_name="orderline",
            index=models.Index(fields=["product", "order"], name="line_of_a_product"),
        ),
        migrations.AddConstraint(
            model_name="orderline",
            constraint=models.CheckConstraint(
                condition=models.Q(("price__gte", 0), ("quantity__gt", 0)), name="order_line_has_a_quantity_and_a_price"
            ),
        ),
        migrations.AddConstraint(
            model_name="membership",
            constraint=models.UniqueConstraint(fields=("rule", "customer"), name="customer_is_in_a_class_once"),
        ),
    ]
