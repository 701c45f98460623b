"""The app that OPTIONS names, and a connection on which no message is lost or waited for long."""

from collections.abc import Mapping
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from django.utils.module_loading import import_string

from tasks_core.exceptions import InvalidJobBackend

if TYPE_CHECKING:
    from kombu.connection import Connection

App = Any  # a Celery app: no types of it are published

EXTRA = "Celery is not installed: pip install 'django-tasks-core[celery]'."
SILENCE = 10.0  # seconds that a server which is there may say nothing
# Once more, since a connection in a pool may have ended unnoticed; then the caller is told. Unless
# told so, Kombu would try to connect for as long as there is no server.
RETRIES: Mapping[str, Any] = {
    "max_retries": 1,
    "interval_start": 0.1,
    "interval_step": 0,
    "interval_max": 0.1,
}
# RabbitMQ must say that it has a message: what is written to a dying connection is lost.
AMQP: Mapping[str, Any] = {"confirm_publish": True}
SILENCES: Mapping[str, Mapping[str, Any]] = {
    "amqp": {"read_timeout": SILENCE, "write_timeout": SILENCE},
    "redis": {"socket_timeout": SILENCE, "socket_connect_timeout": SILENCE},
}


def load(path: Any, *, owner: object) -> App:
    """Import the Celery app at ``path``; raise InvalidJobBackend with what is wrong."""
    if not isinstance(path, str):
        raise InvalidJobBackend(
            f'{owner}: OPTIONS["app"] must be the dotted path of a Celery app, not {path!r:.80}.'
        )
    if find_spec("celery") is None:
        raise InvalidJobBackend(f"{owner}: {EXTRA}")
    from celery import Celery

    try:
        app = import_string(path)
    except ImportError as error:
        raise InvalidJobBackend(f'{owner}: OPTIONS["app"]: {error}') from error
    if not isinstance(app, Celery):
        raise InvalidJobBackend(f'{owner}: OPTIONS["app"]: {path!r:.200} is no Celery app.')
    return app


def kind_of_server(app: App) -> str:
    """
    Return "amqp" for RabbitMQ, "redis", or what else Kombu calls it. Nothing is connected.

    Raises InvalidJobBackend when what Kombu needs for this kind is not installed.
    """
    try:
        return str(app.connection_for_write().get_transport_cls().driver_type)
    except (ImportError, KeyError) as error:  # a library is missing; no such kind
        raise InvalidJobBackend(f"The broker of the Celery app cannot be used: {error}.") from error


def connection(app: App) -> "Connection":
    """Return a connection for publishing: what the app says of it, and what we must know."""
    kind = kind_of_server(app)
    options = {**RETRIES, **SILENCES.get(kind, {}), **app.conf.broker_transport_options}
    if kind == "amqp":
        options |= AMQP
    link: Connection = app.connection_for_write(transport_options=options)
    return link
