from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    atomic = False
    dependencies = [
        ("messaging", "0006_consent"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="submission",
            index=models.Index(fields=["owner"], condition=Q(state__in=["paused", "failed"]), name="submission_waits"),
        ),
    ]
