import django.db.models.deletion
from django.db import migrations, models

# What passed on connections that have ended, refused logins too: fifty of each channel at most, for a day.
ENDED = """
create table dispatch_ended (
    id bigint generated always as identity primary key,
    channel_id integer not null references dispatch_channel on delete cascade,
    slot smallint not null,
    ended_at timestamptz not null default now(),
    is_refused boolean not null,
    why text not null,
    trace jsonb not null
);
create index dispatch_ended_channel on dispatch_ended (channel_id, id);
"""


class Migration(migrations.Migration):
    dependencies = [("dispatch", "0012_found_by")]
    operations = [
        migrations.RunSQL(ENDED, "drop table dispatch_ended"),
        migrations.CreateModel(
            name="Ended",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("slot", models.SmallIntegerField()),
                ("ended_at", models.DateTimeField()),
                ("is_refused", models.BooleanField()),
                ("why", models.TextField()),
                ("trace", models.JSONField()),
                (
                    "channel",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="ended", to="dispatch.channel"
                    ),
                ),
            ],
            options={"db_table": "dispatch_ended", "managed": False},
        ),
    ]
