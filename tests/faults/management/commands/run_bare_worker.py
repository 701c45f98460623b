"""One worker in this process, without the supervisor that would end it for having been frozen."""

from django.core.management import call_command
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Run a worker without a supervisor."

    def handle(self, *args, **options):
        call_command("run_worker")
