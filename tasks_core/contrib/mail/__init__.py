"""
Mail that a worker sends: ``EMAIL_BACKEND = "tasks_core.contrib.mail.QueuedEmailBackend"``.

- backend: what Django hands its messages to. conf: the setting ``QUEUED_EMAIL``.
- letters: a message as bytes, and back; mime: the parts of one that are MIME already.
- store: the bytes in a table, until they are sent. models, migrations: that table.
- connections: what really sends, and over which connection; idle: those that are open.
- tasks: the job that sends. exceptions: what a mail server says to it.
- apps: the app, which has the table.
"""

from tasks_core.contrib.mail.backend import QueuedEmailBackend

__all__ = ["QueuedEmailBackend"]
