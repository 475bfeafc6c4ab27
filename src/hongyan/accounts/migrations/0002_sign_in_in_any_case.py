from __future__ import annotations

from django.db import migrations, models
from django.db.models.functions import Upper


class Migration(migrations.Migration):
    """Names that differ by capitals alone are one name; a code of the second step signs in once."""

    dependencies = [("accounts", "0001_tables")]

    operations = [
        migrations.AddField("user", "totp_step", models.BigIntegerField(default=0, editable=False)),
        migrations.AddConstraint(
            "user",
            models.UniqueConstraint(
                Upper("username"),
                name="user_username_is_unique_in_any_case",
                violation_error_message="This sign-in name is already taken.",
            ),
        ),
    ]
