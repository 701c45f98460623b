"""
What a signal sends, or a hook is given, as JSON and back.

``values``    plain values, times, collections, classes
``rows``      rows of models and lists of them, by reference
``snapshots`` rows as they were, field by field
``sent``      all that a signal sends with one ``send()``
``delivery``  from there to a function, in a job

A dict with the key ``_kind`` stands for what JSON has no word for. Nothing that a store holds is
imported unless it could run: classes come back from the modules of installed apps alone.
"""

from tasks_core.carrying import rows  # noqa: F401 - it adds what it knows
from tasks_core.carrying.snapshots import check_names
from tasks_core.carrying.values import Snapshot, check_snapshot, pack, unpack

__all__ = ["Snapshot", "check_names", "check_snapshot", "pack", "unpack"]
