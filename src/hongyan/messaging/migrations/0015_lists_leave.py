from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("messaging", "0014_counted"), ("consent", "0003_lists_move_in")]

    operations = [
        migrations.DeleteModel(name="OptOut"),
        migrations.DeleteModel(name="Consent"),
        migrations.DeleteModel(name="BlockedNumber"),
        migrations.AddField(
            model_name="submission",
            name="topic",
            field=models.CharField(blank=True, db_default="", default="", max_length=12),
        ),
    ]
