from django.db import migrations

# What a gateway shows of a connection while somebody looks at it.
TRACES = "alter table dispatch_connection add trace jsonb, add traced_at timestamptz"


class Migration(migrations.Migration):
    dependencies = [("dispatch", "0002_models")]
    operations = [migrations.RunSQL(TRACES, "alter table dispatch_connection drop trace, drop traced_at")]
