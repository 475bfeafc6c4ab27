from django.db import migrations, models


class Migration(migrations.Migration):
    """Older lists are counted when they are first looked at."""

    dependencies = [("contacts", "0005_list_by_number")]

    operations = [
        migrations.AddField(
            model_name="recipientlist", name="stock", field=models.JSONField(null=True, editable=False)
        ),
    ]
