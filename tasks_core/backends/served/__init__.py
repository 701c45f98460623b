"""
Backends that our workers serve, whatever store they keep their jobs in.

- backend: what they all do: read the clock, hand over to a verb of their store, tell what ended.
- verbs: what a store must be able to do, arrow by arrow.
- questions: what operators ask of it.
- asked: what a claim may be told. told: what looks, rescues and cancels have found.
- moving: what a job takes along to another backend.
- ended: what becomes of a job by the outcome of its attempt.
"""

from tasks_core.backends.served.backend import ServedBackend

__all__ = ["ServedBackend"]
