from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("messaging", "0015_lists_leave")]

    operations = [
        migrations.AddField(
            model_name="submission",
            name="hides_numbers",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddIndex(
            model_name="submission",
            index=models.Index(fields=["id"], condition=models.Q(hides_numbers=True), name="submission_hides_numbers"),
        ),
    ]
