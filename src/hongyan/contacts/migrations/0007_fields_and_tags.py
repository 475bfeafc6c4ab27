from django.db import migrations, models

# What files brought so far becomes columns of text; a person may say better what they are.
LEARN = """
insert into contacts_field (name, kind, choices, position, created_at)
select left(k, 40), 'text', '[]', 100, now() from contacts_contact c cross join lateral jsonb_object_keys(c.fields) k
where length(k) <= 40 group by left(k, 40) order by count(*) desc limit 200
"""


class Migration(migrations.Migration):
    dependencies = [("contacts", "0006_stock_of_a_list"), ("fields", "0001_functions")]
    operations = [
        migrations.CreateModel(
            name="Field",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=40, unique=True, verbose_name="name")),
                ("kind", models.CharField(default="text", max_length=12)),
                ("choices", models.JSONField(blank=True, default=list)),
                ("position", models.IntegerField(default=100)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={"ordering": ["position", "id"]},
        ),
        migrations.CreateModel(
            name="Tag",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=40, unique=True, verbose_name="name")),
            ],
            options={"ordering": ["name"]},
        ),
        migrations.AddField(
            model_name="contact", name="tags", field=models.ManyToManyField(related_name="contacts", to="contacts.tag")
        ),
        migrations.RunSQL(LEARN, migrations.RunSQL.noop),
    ]
