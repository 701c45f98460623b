from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tasks_core", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="Outbox",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        editable=False, primary_key=True, serialize=False, verbose_name="job"
                    ),
                ),
                ("backend", models.CharField(max_length=64, verbose_name="backend")),
                ("call", models.JSONField(verbose_name="call")),
                ("stored_at", models.DateTimeField(verbose_name="stored at")),
                ("try_at", models.DateTimeField(db_index=True, verbose_name="next try")),
                (
                    "relay",
                    models.UUIDField(
                        blank=True, db_index=True, null=True, verbose_name="who tried last"
                    ),
                ),
                ("tries", models.PositiveIntegerField(default=0, verbose_name="failed tries")),
                ("error", models.TextField(blank=True, verbose_name="error")),
            ],
            options={
                "verbose_name": "call in the outbox",
                "verbose_name_plural": "outbox",
                "ordering": ("stored_at", "id"),
            },
        ),
    ]
