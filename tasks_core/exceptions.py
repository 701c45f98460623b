"""What can go wrong, as a small tree. Catch ``JobError`` for all of it."""

from django.core.exceptions import ImproperlyConfigured, ObjectDoesNotExist


class JobError(Exception):
    """Base class. Catch it, never raise it."""


class InvalidCall(JobError, ValueError):
    """The function, its arguments or its options cannot be stored and run later."""


class UnsupportedFeature(JobError):
    """The backend does not define what was asked of it."""


class InvalidJobBackend(JobError, ImproperlyConfigured):
    """The JOBS setting names a backend that cannot be built. A check tells it with its ``hint``."""

    hint = "Set BACKEND to the dotted path of a BaseJobBackend subclass."
    check_id = "tasks_core.E001"

    def __init__(self, message: str, *, hint: str = "", check_id: str = "") -> None:
        super().__init__(message)
        self.hint = hint or self.hint
        self.check_id = check_id or self.check_id


class MissingExtra(JobError, ImportError):
    """What is asked for needs a library that one of our extras installs."""

    check_id = "tasks_core.E010"

    def __init__(self, library: str, *, extra: str) -> None:
        self.hint = f"pip install django-tasks-core[{extra}]"
        super().__init__(f"It needs {library} and that is not installed. Try: {self.hint}")


class MoveUnfinished(JobError):
    """Jobs are still on their way to another backend than the one that was asked for."""


class UnknownTask(JobError, LookupError):
    """A stored job names a task that this project does not allow to run."""


class ForgedJob(JobError):
    """A stored job is not what this project stored; nothing of it is run."""


class RowGone(JobError, ObjectDoesNotExist):
    """A row that a signal or hook sent is gone, and no other attempt would find it."""


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
