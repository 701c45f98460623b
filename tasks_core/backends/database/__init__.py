"""
Jobs in a table of a Django database. One file for each arrow of the state diagram.

Begin with ``backend``: it is what others see, and hands over to one of the ``verbs``.

- The arrows: enqueue dispatch claim settle release rescue cancel retry reschedule delete prune.
- Beside them: held (unique keys), places (where the last claim ended), pause (of queues),
  moving (to other backends, and from them).
- Processes say that they live, and how far they are: leases, progress.
- What runs at once, or how often: ``limits/``.
- New jobs are told of and heard of: ``wakeup/``.
- Workers and people ask what there is: ``questions/``, and snapshots of single jobs.
- In the database's words: ``statements/`` and transactions.
"""

from tasks_core.backends.database.backend import DatabaseBackend

__all__ = ["DatabaseBackend"]
