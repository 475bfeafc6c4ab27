"""Ported numbers, number ranges, prices, rules for refused submits, and what moves a message to another channel."""

from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models

BEFORE = """
drop index dispatch_tally_submitted;
drop table dispatch_move, dispatch_moved_message;
drop function dispatch_valid_from(smallint, timestamptz, timestamptz);
drop index dispatch_batch_wants_route;
alter table dispatch_batch drop column tries, drop column tried_channels, drop column last_code, drop column wants_route;
drop table dispatch_policy, dispatch_code_rule, dispatch_outage;
alter table dispatch_route drop column is_by_price;
drop table dispatch_price, dispatch_number_range, dispatch_ported_number;
"""


class Migration(migrations.Migration):
    dependencies = [("dispatch", "0005_leases_by_node")]
    operations = [
        migrations.RunSQL(Path(__file__).with_suffix(".sql").read_text(), BEFORE),
        migrations.CreateModel(
            name="CodeRule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("protocol", models.TextField(blank=True, default="")),
                ("code", models.TextField()),
                ("action", models.TextField()),
                ("after_s", models.IntegerField(default=0)),
                ("most", models.SmallIntegerField(default=1)),
            ],
            options={
                "db_table": "dispatch_code_rule",
                "ordering": ["protocol", "channel__name", "code"],
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="DispatchPolicy",
            fields=[
                ("id", models.BooleanField(default=True, primary_key=True, serialize=False)),
                ("failover_after_s", models.IntegerField(default=120)),
                ("most_attempts", models.SmallIntegerField(default=4)),
                ("no_report_h", models.IntegerField(default=72)),
                ("keep_parked_days", models.IntegerField(default=14)),
            ],
            options={
                "db_table": "dispatch_policy",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="Move",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("batch_id", models.BigIntegerField()),
                ("was_batch_id", models.BigIntegerField()),
                ("why", models.TextField()),
                ("code", models.TextField()),
                ("messages", models.IntegerField()),
                ("at", models.DateTimeField()),
            ],
            options={
                "db_table": "dispatch_move",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="NumberRange",
            fields=[
                ("prefix", models.TextField(primary_key=True, serialize=False)),
                ("carrier", models.TextField()),
                ("noted_at", models.DateTimeField(auto_now=True)),
            ],
            options={
                "db_table": "dispatch_number_range",
                "ordering": ["prefix"],
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="Outage",
            fields=[
                (
                    "channel",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="outage",
                        serialize=False,
                        to="dispatch.channel",
                    ),
                ),
                ("since", models.DateTimeField()),
            ],
            options={
                "db_table": "dispatch_outage",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="ParkedReport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("carrier_id", models.TextField()),
                ("number", models.TextField()),
                ("outcome", models.TextField()),
                ("code", models.TextField()),
                ("received_at", models.DateTimeField()),
                ("attempts", models.IntegerField()),
                ("tried_at", models.DateTimeField()),
            ],
            options={
                "db_table": "dispatch_parked_report",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="PortedNumber",
            fields=[
                ("number", models.TextField(primary_key=True, serialize=False)),
                ("carrier", models.TextField()),
                ("source", models.TextField(default="")),
                ("noted_at", models.DateTimeField()),
            ],
            options={
                "db_table": "dispatch_ported_number",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="Price",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("carrier", models.TextField(blank=True, default="")),
                ("category", models.TextField(blank=True, default="")),
                ("price_micros", models.BigIntegerField()),
                ("valid_from", models.DateField(verbose_name="in effect from")),
                ("valid_until", models.DateField(blank=True, null=True, verbose_name="until")),
            ],
            options={
                "db_table": "dispatch_price",
                "ordering": ["channel__name", "carrier", "category", "-valid_from"],
                "managed": False,
            },
        ),
    ]
