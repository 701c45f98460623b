"""Decide when: due times become jobs, each exactly once or with a recorded reason why not."""

from scheduler.declarations import periodic
from scheduler.triggers import At, Cron, Every

__all__ = ["At", "Cron", "Every", "periodic"]
