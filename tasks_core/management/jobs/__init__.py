"""The verbs of ``manage.py jobs``, a module for each kind. They ask and print; others know how."""
