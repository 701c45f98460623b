"""A module that nothing imports by itself, unlike ``tasks``."""

from tasks_core import task


@task(sensitive=["password"])
def open_account(name, password):
    """Let somebody in."""
