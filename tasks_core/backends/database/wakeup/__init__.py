"""
Tell other processes of new jobs, and hear of them: one way for each database.

- telling: what is told after the commit, and how often.
- listening: who can listen on which database; postgresql does, and sqlite with the help of inotify.
- connecting: the connection that each of them has for itself.
"""
