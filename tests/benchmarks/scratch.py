"""A database of its own for a measure that needs a whole site, in this process."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import django


@contextmanager
def scratch_site(settings_module: str = "tests.settings") -> Iterator[Any]:
    """Set Django up with an empty database, give its settings, and remove it at the end."""
    os.environ["DJANGO_SETTINGS_MODULE"] = settings_module
    django.setup()
    from django.conf import settings
    from django.db import connection

    logging.disable()
    name = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0)
    try:
        yield settings
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)
