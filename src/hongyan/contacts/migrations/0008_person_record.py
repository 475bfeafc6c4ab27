import django.db.models.deletion
from django.db import migrations, models

# Verbs delete people by the thousand in one statement, of rooms that may know nothing of phones.
CASCADE = """
alter table {table} add constraint {table}_{column}_fk foreign key ({column}) references contacts_contact (id)
on delete cascade deferrable initially deferred
"""
COLUMNS = (("contacts_phone", "contact_id"), ("contacts_relation", "person_id"), ("contacts_relation", "other_id"))


class Migration(migrations.Migration):
    dependencies = [
        ("contacts", "0007_fields_and_tags"),
    ]

    operations = [
        migrations.CreateModel(
            name="BirthdayPolicy",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("both_months", models.BooleanField(default=False)),
                ("after_29th", models.BooleanField(default=False)),
                ("first_of_march", models.BooleanField(default=False)),
            ],
        ),
        migrations.CreateModel(
            name="Phone",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.CharField(max_length=20)),
                (
                    "kind",
                    models.CharField(
                        choices=[("mobile", "Mobile"), ("work", "Work"), ("home", "Home"), ("other", "Other")],
                        default="other",
                        max_length=8,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("in_use", "In service"),
                            ("former", "Former"),
                            ("dead", "Dead"),
                            ("on_loan", "On loan"),
                        ],
                        default="in_use",
                        max_length=8,
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="Relation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("guardian", "Guardian of"),
                            ("works_for", "Works for"),
                            ("colleague", "Colleague of"),
                        ],
                        max_length=12,
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.AddField(
            model_name="contact",
            name="birth_year",
            field=models.SmallIntegerField(blank=True, null=True, verbose_name="year of birth"),
        ),
        migrations.AddField(
            model_name="contact",
            name="birthday",
            field=models.CharField(blank=True, db_default="", default="", max_length=8, verbose_name="birthday"),
        ),
        migrations.AddField(
            model_name="contact",
            name="former_names",
            field=models.CharField(blank=True, db_default="", default="", max_length=160, verbose_name="former names"),
        ),
        migrations.AddField(
            model_name="contact",
            name="language",
            field=models.CharField(blank=True, db_default="", default="", max_length=10, verbose_name="language"),
        ),
        migrations.AddField(
            model_name="contact",
            name="number_kind",
            field=models.CharField(
                choices=[("mobile", "Mobile"), ("work", "Work"), ("home", "Home"), ("other", "Other")],
                db_default="mobile",
                default="mobile",
                max_length=8,
                verbose_name="kind of number",
            ),
        ),
        migrations.AddField(
            model_name="contact",
            name="number_state",
            field=models.CharField(
                choices=[("in_use", "In service"), ("former", "Former"), ("dead", "Dead"), ("on_loan", "On loan")],
                db_default="in_use",
                default="in_use",
                max_length=8,
                verbose_name="state of number",
            ),
        ),
        migrations.AddField(
            model_name="contact",
            name="search_further",
            field=models.TextField(db_default="", default="", editable=False),
        ),
        migrations.AddField(
            model_name="contact",
            name="time_zone",
            field=models.CharField(blank=True, db_default="", default="", max_length=40, verbose_name="time zone"),
        ),
        migrations.AddIndex(
            model_name="contact",
            index=models.Index(
                condition=models.Q(("birthday", ""), _negated=True), fields=["birthday"], name="contact_birthday"
            ),
        ),
        migrations.AddField(
            model_name="phone",
            name="contact",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="phones",
                to="contacts.contact",
            ),
        ),
        migrations.AddField(
            model_name="relation",
            name="other",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="related",
                to="contacts.contact",
            ),
        ),
        migrations.AddField(
            model_name="relation",
            name="person",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="relations",
                to="contacts.contact",
            ),
        ),
        migrations.AddIndex(
            model_name="phone",
            index=models.Index(fields=["number"], name="phone_by_number"),
        ),
        migrations.AddConstraint(
            model_name="phone",
            constraint=models.UniqueConstraint(fields=("contact", "number"), name="phone_is_unique_at_its_person"),
        ),
        migrations.AddIndex(
            model_name="relation",
            index=models.Index(fields=["other", "kind"], name="relation_backwards"),
        ),
        migrations.AddConstraint(
            model_name="relation",
            constraint=models.UniqueConstraint(fields=("person", "kind", "other"), name="relation_is_unique"),
        ),
        migrations.AddConstraint(
            model_name="relation",
            constraint=models.CheckConstraint(
                condition=models.Q(("person", models.F("other")), _negated=True), name="relation_has_two_people"
            ),
        ),
        *(
            migrations.RunSQL(
                CASCADE.format(table=table, column=column), f"alter table {table} drop constraint {table}_{column}_fk"
            )
            for table, column in COLUMNS
        ),
    ]
