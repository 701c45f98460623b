"""
Jobs in a table of a Django database. One file for each arrow of the state diagram.

Begin with ``backend``: it is what others see, and hands over to one of the ``verbs``.

- The arrows: enqueue dispatch claim settle release rescue cancel retry reschedule delete prune.
- Unique keys: held. Limits: limited (what a call says of them), admit (whom they let through),
  allowances (how many they allow), sweep (whom nobody has let through), pause.
- Workers: leases, look (what is there to do), places (where the last claim ended), progress.
- They are woken: wakeup (what is told), listening, listening_postgresql, listening_sqlite.
- People ask: snapshots, indexed, statistics, diagnosis, stuck, findings.
- In the database's words: columns, statements, transactions, connecting.
"""

from tasks_core.backends.database.backend import DatabaseBackend

__all__ = ["DatabaseBackend"]
