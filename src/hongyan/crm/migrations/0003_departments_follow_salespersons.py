from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("crm", "0002_first_types_and_posts")]

    operations = [
        migrations.RemoveIndex(model_name="customer", name="customer_of_a_department"),
        migrations.RemoveField(model_name="customer", name="department"),
    ]
