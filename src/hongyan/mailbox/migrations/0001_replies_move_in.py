import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

TAKE_OVER = """
alter table messaging_reply rename to mailbox_reply;
alter table messaging_replynote rename to mailbox_replynote;
alter sequence messaging_reply_id_seq rename to mailbox_reply_id_seq;
alter sequence messaging_replynote_id_seq rename to mailbox_replynote_id_seq;
update django_content_type set app_label = 'mailbox' where app_label = 'messaging' and model in ('reply', 'replynote');
"""
GIVE_BACK = """
alter table mailbox_reply rename to messaging_reply;
alter table mailbox_replynote rename to messaging_replynote;
alter sequence mailbox_reply_id_seq rename to messaging_reply_id_seq;
alter sequence mailbox_replynote_id_seq rename to messaging_replynote_id_seq;
update django_content_type set app_label = 'messaging' where app_label = 'mailbox' and model in ('reply', 'replynote');
"""


class Migration(migrations.Migration):
    """The tables of messaging by another name, rows, indexes and keys and all: no row is read, however many there are."""

    initial = True
    dependencies = [
        ("accounts", "0004_preferences"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("messaging", "0013_replies_leave"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunSQL(
            TAKE_OVER,
            GIVE_BACK,
            state_operations=[
                migrations.CreateModel(
                    name="Reply",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("incoming_id", models.BigIntegerField(unique=True)),
                        ("number", models.CharField(max_length=20)),
                        ("service_number", models.CharField(max_length=21)),
                        ("text", models.TextField()),
                        ("received_at", models.DateTimeField()),
                        ("message_id", models.BigIntegerField(null=True)),
                        ("is_opt_out", models.BooleanField(default=False)),
                        ("is_opt_in", models.BooleanField(db_default=False, default=False)),
                        ("is_favourite", models.BooleanField(default=False)),
                        ("read_at", models.DateTimeField(null=True)),
                        ("hidden_at", models.DateTimeField(null=True)),
                        (
                            "department",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="replies",
                                to="accounts.department",
                            ),
                        ),
                        (
                            "owner",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="replies",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "submission",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="replies",
                                to="messaging.submission",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-received_at", "-id"],
                        "indexes": [
                            models.Index(fields=["owner", "-received_at"], name="reply_mailbox"),
                            models.Index(fields=["number", "-received_at"], name="reply_conversation"),
                            models.Index(
                                condition=models.Q(("hidden_at", None), ("read_at", None)),
                                fields=["owner"],
                                name="reply_unread",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ReplyNote",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("text", models.CharField(max_length=500)),
                        ("at", models.DateTimeField(auto_now_add=True)),
                        (
                            "author",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "reply",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE, related_name="notes", to="mailbox.reply"
                            ),
                        ),
                    ],
                    options={"ordering": ["id"]},
                ),
            ],
        )
    ]
