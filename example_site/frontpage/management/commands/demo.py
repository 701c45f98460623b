"""``manage.py demo``: the whole site on this machine, with a worker and a scheduler."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from frontpage.demo.show import USUAL_PORT, Demo, DemoFailed, free_port


class Command(BaseCommand):
    help = "Run the example site, a worker and a scheduler, with content about to come out."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--seconds", type=float, help="stop by itself, and judge what was due")
        parser.add_argument("--port", type=int, help=f"default: {USUAL_PORT}, or any free one")
        parser.add_argument("--fresh", action="store_true", help="forget what earlier runs left")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEBUG:
            raise CommandError("The demo makes a user admin, password admin: only with DEBUG.")
        try:
            port = free_port(options["port"])
            Demo(seconds=options["seconds"]).run(port=port, fresh=options["fresh"])
        except DemoFailed as failure:
            raise CommandError(str(failure)) from failure
