from django.db import migrations

# Outcomes for whoever must pass each of them on: written with the change itself, taken out when they are passed on.
FOLLOWED = """
create table dispatch_followed (
    submission_id bigint not null,
    -- Who wants to know, as "doors".
    follower text not null,
    since timestamptz not null default now(),
    primary key (submission_id, follower)
);
create table dispatch_settled (
    id bigint generated always as identity primary key,
    follower text not null,
    message_id bigint not null,
    channel_id integer not null,
    state text not null,
    reason text not null,
    at timestamptz not null default now()
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
"""


class Migration(migrations.Migration):
    dependencies = [("dispatch", "0006_routing_and_retrying")]
    operations = [migrations.RunSQL(FOLLOWED, "drop table dispatch_settled; drop table dispatch_followed")]
