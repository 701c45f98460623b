"""
Ticks without a process of their own: by a signed URL, and by the requests of a site.

``ticker``      one tick: what is due is decided, in a box of time
``flight``      at most one of them at a time, in all processes
``jobs``        ready jobs are run as well, where there is no worker
``urls``, ``view``, ``admission``, ``signing``  the signed URL, and who may use it
``middleware``, ``pulse``  requests: when to look whether something is due
``post``        what the middleware sends to the site's own URL

The other two ways are ``process`` and its ``run_once``. Any mixture is safe: the rows decide.
"""

from scheduler.ticks.middleware import TickMiddleware

__all__ = ["TickMiddleware"]
