"""
Management commands as a task. An app of its own: installed, it lets ``COMMANDS`` run as jobs.

``apps``    the app
``tasks``   run_command
"""
