"""
Management commands as a task. An app of its own: installed, it lets ``COMMANDS`` run as jobs.

``apps``    the app
``tasks``   run_command
``named``   which commands the setting names
``tail``    the end of what it prints
"""
