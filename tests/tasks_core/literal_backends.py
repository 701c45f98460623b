"""Backends written from the texts of the RFC and its successor alone."""

from tasks_core import BaseJobBackend


class EnqueueOnly(BaseJobBackend):
    def __init__(self, options):
        super().__init__(options)
        self.deferred = []

    def enqueue(self, func, args, kwargs):
        func(*args, **kwargs)


class PriorityAndDefer(BaseJobBackend):
    def __init__(self, options):
        super().__init__(options)
        self.calls = []

    def enqueue(self, func, priority, args, kwargs):
        self.calls.append(("enqueue", func, priority, args, kwargs))
        func(*args, **kwargs)

    def defer(self, func, priority, args, kwargs, when):
        self.calls.append(("defer", func, priority, args, kwargs, when))
