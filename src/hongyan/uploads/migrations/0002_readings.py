"""How a file is read becomes one value, and what a room above notes about it another."""

from django.db import migrations, models

FORWARD = """
update uploads_upload set
    reading = case when columns = '[]'::jsonb then '{}'::jsonb else
        jsonb_build_object('encoding', '', 'layout', '', 'sheet', sheet, 'header_line', header_line, 'has_hidden', true) end,
    found = jsonb_build_object('sheets', sheets),
    target = jsonb_strip_nulls(jsonb_build_object('book', book_id, 'group', group_id, 'carrier', mapping -> 'carrier')),
    mapping = case when purpose = 'ported' then '{}'::jsonb else mapping end
"""
BACK = """
update uploads_upload set
    sheet = coalesce(reading ->> 'sheet', ''), header_line = greatest(coalesce((reading ->> 'header_line')::int, 0), 0),
    has_header = coalesce((reading ->> 'header_line')::int, 0) > 0,
    sheets = coalesce(found -> 'sheets', '[]'::jsonb),
    book_id = (select id from contacts_addressbook b where b.id = (target ->> 'book')::bigint),
    group_id = (select id from contacts_group g where g.id = (target ->> 'group')::bigint),
    mapping = case when purpose = 'ported' and target ? 'carrier'
        then jsonb_build_object('carrier', target -> 'carrier') else mapping end
"""


class Migration(migrations.Migration):
    dependencies = [
        ("uploads", "0001_uploads"),
        ("contacts", "0004_uploads_are_a_room"),
    ]

    operations = [
        migrations.AddField("upload", "reading", models.JSONField(default=dict)),
        migrations.AddField("upload", "found", models.JSONField(default=dict)),
        migrations.AddField("upload", "target", models.JSONField(default=dict)),
        # Foreign keys are checked at the end of a transaction, and a table with checks waiting cannot be altered.
        migrations.RunSQL("set constraints all immediate", "set constraints all immediate"),
        migrations.RunSQL(FORWARD, BACK),
        migrations.RunSQL("set constraints all immediate", "set constraints all immediate"),
        migrations.RemoveField("upload", "sheets"),
        migrations.RemoveField("upload", "sheet"),
        migrations.RemoveField("upload", "has_header"),
        migrations.RemoveField("upload", "header_line"),
        migrations.RemoveField("upload", "book"),
        migrations.RemoveField("upload", "group"),
    ]
