"""
What a deploy of this code would change, before it does; nothing is written.

``plan``     all declarations against the database, by the verdicts of a sync
``changes``  one schedule: its columns, when it is due next, and how often, before and after
``costs``    runs per day, and seconds per run
``herds``    minutes at which many become due together
"""

from scheduler.questions.deploy.changes import Change
from scheduler.questions.deploy.plan import DeployPlan, plan

__all__ = ["Change", "DeployPlan", "plan"]
