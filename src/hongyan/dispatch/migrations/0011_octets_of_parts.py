from django.db import migrations


class Migration(migrations.Migration):
    """Parts of incoming texts wait as octets, and are known for a while after they have been joined."""

    dependencies = [("dispatch", "0010_reload")]
    operations = [
        migrations.RunSQL(
            """alter table dispatch_incoming_part add column octets bytea not null default '',
                   add column alphabet text not null default '', add column joined_at timestamptz""",
            """delete from dispatch_incoming_part where joined_at is not null;
               alter table dispatch_incoming_part drop column octets, drop column alphabet, drop column joined_at""",
        )
    ]
