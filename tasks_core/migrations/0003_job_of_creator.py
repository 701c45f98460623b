from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tasks_core", "0002_outbox")]

    operations = [
        migrations.AddIndex(
            model_name="job",
            index=models.Index(
                condition=models.Q(("creator", ""), _negated=True),
                fields=["creator", "id"],
                name="job_of_creator",
            ),
        ),
    ]
