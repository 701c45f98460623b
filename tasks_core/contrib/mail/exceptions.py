"""What can go wrong with a letter."""

from collections.abc import Sequence

from tasks_core.exceptions import JobError

PERMANENT = 500  # replies of a mail server that begin with a 5 stay so: RFC 5321, 4.2.1


class RecipientsRefused(JobError):
    """The mail server took the message for nobody. ``codes``: its replies, one for each."""

    def __init__(self, codes: Sequence[int]) -> None:
        super().__init__(f"The mail server refused every recipient: {sorted(set(codes))}.")
        self.codes = codes

    @property
    def is_for_good(self) -> bool:
        return all(code >= PERMANENT for code in self.codes)
