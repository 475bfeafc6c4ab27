"""When messages of a category may go out, for how long they are worth sending, and days that are not what the calendar says."""

import datetime

from django.db import migrations, models

CATEGORIES = [
    ("verification", "Verification code"),
    ("notice", "Notice"),
    ("interactive", "Interactive"),
    ("marketing", "Marketing"),
]


class Migration(migrations.Migration):
    dependencies = [("messaging", "0002_origin_door")]
    operations = [
        migrations.CreateModel(
            name="SendingHours",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("category", models.CharField(choices=CATEGORIES, max_length=16, unique=True)),
                ("is_limited", models.BooleanField(default=False, verbose_name="only within these hours")),
                ("opens_at", models.TimeField(default=datetime.time(8), verbose_name="opens at")),
                ("closes_at", models.TimeField(default=datetime.time(21), verbose_name="until")),
                ("on_weekends", models.BooleanField(default=True, verbose_name="also at weekends")),
                ("on_holidays", models.BooleanField(default=True, verbose_name="also on holidays")),
                ("validity_minutes", models.IntegerField(blank=True, null=True, verbose_name="validity (minutes)")),
            ],
        ),
        migrations.CreateModel(
            name="Holiday",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField(unique=True, verbose_name="day")),
                ("is_rest", models.BooleanField(default=True)),
                ("name", models.CharField(blank=True, max_length=40, verbose_name="name of the day")),
            ],
            options={"ordering": ["day"]},
        ),
    ]
