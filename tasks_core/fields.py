"""A text column in which different texts are different keys on every database."""

from typing import Any

from django.db import models


class KeyField(models.CharField):  # type: ignore[type-arg]
    """
    Text compared byte by byte.

    The default collations of MySQL and MariaDB take ``report``, ``Report`` and ``report ``
    for one key; PostgreSQL and SQLite compare bytes by themselves.
    """

    def db_parameters(self, connection: Any) -> Any:
        parameters = super().db_parameters(connection)
        if connection.vendor == "mysql":
            parameters["collation"] = (
                "utf8mb4_nopad_bin" if connection.mysql_is_mariadb else "utf8mb4_0900_bin"
            )
        return parameters
