"""
When to look again, and APScheduler's triggers as ours. The only home of APScheduler.

``loop``      Timer: runs the scheduler process
``values``    an APScheduler trigger as a trigger of ours
``steps``     CalendarSteps: what CalendarIntervalTrigger means
``croniter``  CroniterTrigger: our cron rules for people who use APScheduler itself
"""

from scheduler.timer.croniter import CroniterTrigger
from scheduler.timer.loop import Timer
from scheduler.timer.values import asked, of_apscheduler

__all__ = ["CroniterTrigger", "Timer", "asked", "of_apscheduler"]
