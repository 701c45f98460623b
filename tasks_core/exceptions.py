"""What can go wrong, as a small tree. Catch ``JobError`` for all of it."""

from django.core.exceptions import ImproperlyConfigured


class JobError(Exception):
    """Base class. Catch it, never raise it."""


class InvalidCall(JobError, ValueError):
    """The function, its arguments or its options cannot be stored and run later."""


class UnsupportedFeature(JobError):
    """The backend does not define what was asked of it."""


class InvalidJobBackend(JobError, ImproperlyConfigured):
    """The JOBS setting names a backend that cannot be built."""


class UnknownTask(JobError, LookupError):
    """A stored job names a task that this project does not allow to run."""


class JobDoesNotExist(JobError, LookupError):
    """No job has this id; it may have been pruned."""


class ResultNotReady(JobError):
    """The return value was read before the job ended, or the job did not succeed."""


class IllegalTransition(JobError):
    """The state diagram has no such arrow."""


class TimeLimitExceeded(JobError):
    """The job ran longer than its ``timeout``. Raised inside the task."""

    def __init__(self, message: str = "the job ran longer than its timeout") -> None:
        super().__init__(message)


class JobCancelled(JobError):
    """Somebody cancelled the job while it ran. Raised inside the task."""

    def __init__(self, message: str = "the job was cancelled while it ran") -> None:
        super().__init__(message)


class JobInterrupted(JobError):
    """The worker had to end before the job did. Never raised: it is what the attempt ends as."""

    def __init__(self, message: str = "the worker ended while the job ran") -> None:
        super().__init__(message)
