from django.db import migrations


class Migration(migrations.Migration):
    """How a receipt found its segment where it was not by the segment's own id; null for nearly all."""

    dependencies = [("dispatch", "0011_octets_of_parts")]
    operations = [
        migrations.RunSQL(
            "alter table dispatch_segment add column found_by text", "alter table dispatch_segment drop column found_by"
        )
    ]
