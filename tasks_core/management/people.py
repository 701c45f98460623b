"""Who sits at the terminal."""

from getpass import getuser


def os_user() -> str:
    """Return the name of the operating system's user, for the records."""
    try:
        return getuser()
    except (KeyError, OSError, ImportError):  # a user id without a name, as in some containers
        return "manage.py"
