"""What can go wrong with a letter. ``is_for_good``: another attempt would end the same way."""

from collections.abc import Sequence

from tasks_core.exceptions import JobError

PERMANENT = 500  # replies of a mail server that begin with a 5 stay so: RFC 5321, 4.2.1


class LetterGone(JobError):
    """The letter of a job is in its table no more, and nobody knows of its having been sent."""

    is_for_good = True

    def __init__(self, database: str) -> None:
        super().__init__(
            "The message of this job is no longer kept, and nothing tells that it was sent. Either "
            'the job came to run later than QUEUED_EMAIL["RETAIN"] allows, or somebody removed the '
            f"message, or it was queued in another database than {database!r}. Send it anew."
        )


class RecipientsRefused(JobError):
    """The mail server took the message for nobody. ``codes``: its replies, one for each."""

    def __init__(self, codes: Sequence[int]) -> None:
        super().__init__(f"The mail server refused every recipient: {sorted(set(codes))}.")
        self.codes = codes

    @property
    def is_for_good(self) -> bool:
        return all(code >= PERMANENT for code in self.codes)


class NothingSent(JobError):
    """What really sends says that it sent nothing, and not why: it fails silently."""

    is_for_good = False

    def __init__(self) -> None:
        super().__init__(
            "What really sends answers that it sent no message, and does not say why. Let it not "
            "fail silently; one that leaves a message out on purpose answers with None."
        )
