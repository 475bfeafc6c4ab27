from django.db import migrations

# References of sixteen bits are a space of their own now; those that wait and are above 255 are such. Few rows at a time
# wait here, and a column with a constant is added without reading the table.
FORTH = """
alter table dispatch_incoming add column link_id text not null default '';
alter table dispatch_incoming_part add column link_id text not null default '',
    add column is_repeat boolean not null default false;
update dispatch_incoming_part set reference = reference + 65536 where reference between 256 and 65535;
-- LinkID that a submission's messages give back: of the incoming text it answers, to the channel that brought it.
create table dispatch_link (
    submission_id bigint primary key,
    channel_id integer not null,
    link_id text not null,
    until timestamptz not null
);
create index dispatch_link_until on dispatch_link (until);
"""
BACK = """
drop table dispatch_link;
delete from dispatch_incoming_part a using dispatch_incoming_part b
where a.reference = b.reference + 65536 and (a.channel_id, a.number, a.service_number, a.total, a.part)
    = (b.channel_id, b.number, b.service_number, b.total, b.part);
update dispatch_incoming_part set reference = reference - 65536 where reference > 65535;
alter table dispatch_incoming_part drop column link_id, drop column is_repeat;
alter table dispatch_incoming drop column link_id;
"""


class Migration(migrations.Migration):
    """The transaction that an incoming text belongs to, and parts that are known to have come before."""

    dependencies = [("dispatch", "0013_ended")]
    operations = [migrations.RunSQL(FORTH, BACK)]
