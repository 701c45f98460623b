"""The traceback of a job's last error, out of all that are kept, in the words of each database."""

from typing import Any

from django.db import models
from django.db.models import Func


class LastTraceback(Func):
    """A text; NULL of a job that has no errors."""

    arity = 1
    output_field = models.TextField()
    template = "JSON_EXTRACT(%(expressions)s, '$[#-1].traceback')"  # of SQLite

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        template = "(%(expressions)s #>> '{-1,traceback}')"
        return super().as_sql(compiler, connection, template=template, **context)

    def as_mysql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        # Not "$[last]": MariaDB 10.11 finds it once, and then no more in the same statement.
        last = "GREATEST(JSON_LENGTH(%(expressions)s), 1) - 1"
        path = f"CONCAT('$[', {last}, '].traceback')"
        template = f"JSON_UNQUOTE(JSON_EXTRACT(%(expressions)s, {path}))"
        return super().as_sql(compiler, connection, template=template, **context)
