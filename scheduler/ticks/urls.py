"""
The signed URL: ``path("tick/", include("scheduler.ticks.urls"))``.

Apart from ``scheduler.urls``, which is for staff: this one is for a cron service.
"""

from django.db import connections, transaction
from django.urls import path

from scheduler.ticks.view import tick

app_name = "tasks_scheduler_ticks"

# Under ATOMIC_REQUESTS a tick would be one long transaction, on every database that has it.
for _alias in connections:
    tick = transaction.non_atomic_requests(_alias)(tick)

urlpatterns = [path("", tick, name="tick")]
