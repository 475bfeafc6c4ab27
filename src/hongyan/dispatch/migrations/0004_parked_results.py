from django.db import migrations

# What happened on the wire and no table would take, with why: tried again by a gateway, shown on the health page.
# The payload is text: what jsonb refuses may be why it is here.
PARKED_RESULTS = """
create table dispatch_parked_result (
    id bigint generated always as identity primary key,
    payload text not null,
    error text not null,
    attempts integer not null default 1,
    parked_at timestamptz not null default now(),
    tried_at timestamptz not null default now()
)
"""


class Migration(migrations.Migration):
    dependencies = [("dispatch", "0003_traces")]
    operations = [migrations.RunSQL(PARKED_RESULTS, "drop table dispatch_parked_result")]
