"""Orders by day and lines by product with what they come to, read from the index alone; built beside whatever goes on."""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("crm", "0003_departments_follow_salespersons")]

    operations = [
        AddIndexConcurrently(
            model_name="order",
            index=models.Index(fields=["ordered_on"], include=["customer", "total", "state"], name="order_asked"),
        ),
        AddIndexConcurrently(
            model_name="orderline",
            index=models.Index(fields=["product", "order"], include=["quantity", "price"], name="line_asked"),
        ),
        RemoveIndexConcurrently(model_name="orderline", name="line_of_a_product"),
    ]
