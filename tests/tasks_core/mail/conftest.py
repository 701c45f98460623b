from functools import partial

import pytest
from aiosmtpd.controller import Controller
from django.core import mail

from tasks_core.contrib.mail.idle import idles
from tests import services
from tests.tasks_core.mail.servers import LOCMEM, SMTP, Mailbox, queue_all_mail


@pytest.fixture(autouse=True)
def really_sent_by(settings):
    """Queue all mail, and say what really sends it, in the words of this Django."""

    settings.TASKS_CORE = {"BACKOFF": 3600}  # a random part of it is never no time at all
    say = partial(queue_all_mail, settings)
    say(LOCMEM)
    mail.outbox = []
    yield say
    mail.outbox = []


@pytest.fixture
def unused_port():
    return services.free_port()


@pytest.fixture
def mailbox(really_sent_by, unused_port):
    found = Mailbox()
    server = Controller(found, hostname="127.0.0.1", port=unused_port)
    server.start()
    found.loop = server.loop
    really_sent_by(SMTP, host="127.0.0.1", port=unused_port)
    yield found
    idles.close()
    server.stop()
