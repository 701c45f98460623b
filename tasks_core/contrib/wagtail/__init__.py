"""
Hooks of Wagtail whose functions run in the background: ``hooks.register(…, background=True)``.

``hooks``     ``wagtail.hooks``, with ``background=True``
``eligible``  after which hooks a job can follow, and why not after the others
``requests``  what a worker is given for the request of an editor

Import ``hooks`` from here where ``wagtail`` stood; all that is Wagtail's is still there.
"""

from tasks_core.contrib.wagtail import hooks

__all__ = ["hooks"]
