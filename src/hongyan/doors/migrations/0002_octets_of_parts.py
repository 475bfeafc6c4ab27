from django.db import migrations


class Migration(migrations.Migration):
    """Parts of customers' long texts wait as octets (in hexadecimal, in `content`) with the name of their alphabet."""

    dependencies = [("doors", "0001_tables")]
    operations = [
        migrations.RunSQL(
            "alter table doors_part add column alphabet text not null default ''",
            "alter table doors_part drop column alphabet",
        )
    ]
