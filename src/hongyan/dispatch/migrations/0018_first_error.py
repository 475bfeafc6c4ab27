from django.db import migrations


class Migration(migrations.Migration):
    """Since when a connection has had the trouble that it had last."""

    dependencies = [("dispatch", "0017_reversed_numbers")]
    operations = [
        migrations.RunSQL(
            "alter table dispatch_connection add column first_error_at timestamptz",
            "alter table dispatch_connection drop column first_error_at",
        )
    ]
