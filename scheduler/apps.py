"""The app `scheduler`, labelled tasks_scheduler: another package uses the label "scheduler"."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SchedulerConfig(AppConfig):
    name = "scheduler"
    label = "tasks_scheduler"
    verbose_name = _("Schedules")
    runs_only_declared_tasks = True  # its functions are no tasks for a writer of the store
    default_auto_field = "django.db.models.BigAutoField"

    #: What `run_worker --with-scheduler` runs beside its worker.
    companion_processes = ("scheduler.process.Scheduler",)

    #: What knows which jobs are whose: `Job.objects.of_schedule(key)` asks it.
    job_ids_of_schedule = "scheduler.questions.jobs.ids_of"

    def ready(self) -> None:
        from scheduler import checks, materialise, signals  # noqa: F401  they register receivers
