"""
A schedule + now -> what is to be recorded, and why. Pure: no clock, no database.

``plan``    decides about every due time since the watermark
``skips``   rows for the due times that become no job
``values``  how a schedule stands, a decision, a plan
"""

from scheduler.planner.plan import plan, refuse
from scheduler.planner.values import Decision, Plan, Standing

__all__ = ["Decision", "Plan", "Standing", "plan", "refuse"]
