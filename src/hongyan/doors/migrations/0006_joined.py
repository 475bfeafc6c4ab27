from django.db import migrations

# References of sixteen bits are a space of their own now; those that wait and are above 255 are such. Few rows wait here.
FORTH = """
-- Parts of long texts that became messages of late, so that one that comes again is known.
create table doors_joined (
    -- A checksum of everything that makes two parts the same.
    mark bytea primary key,
    -- The text's message to each of its numbers.
    message_ids bigint[] not null,
    joined_at timestamptz not null
);
create index doors_joined_at on doors_joined using brin (joined_at) with (pages_per_range = 16);
update doors_part set reference = reference + 65536 where reference between 256 and 65535;
update doors_scheduled set reference = reference + 65536 where reference between 256 and 65535;
"""
BACK = """
drop table doors_joined;
update doors_part set reference = reference - 65536 where reference > 65535;
update doors_scheduled set reference = reference - 65536 where reference > 65535;
"""


class Migration(migrations.Migration):
    """What a customer submits again, after the whole has become a message, is known."""

    dependencies = [("doors", "0005_given_ids")]
    operations = [migrations.RunSQL(FORTH, BACK)]
