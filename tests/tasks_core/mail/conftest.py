import pytest
from aiosmtpd.controller import Controller
from django.core import mail

from tasks_core.contrib.mail.idle import idles
from tests import services
from tests.tasks_core.mail.servers import HAS_MAILERS, LOCMEM, QUEUED, SMTP, Mailbox


@pytest.fixture(autouse=True)
def really_sent_by(settings):
    """Queue all mail, and say what really sends it, in the words of this Django."""

    def say(path, **options):
        if HAS_MAILERS:
            settings.MAILERS = {
                "default": {"BACKEND": QUEUED, "OPTIONS": {"mailer": "real"}},
                "real": {"BACKEND": path, "OPTIONS": options},
            }
            return
        settings.EMAIL_BACKEND = QUEUED
        settings.QUEUED_EMAIL = {"BACKEND": path}
        for name, value in options.items():
            setattr(settings, f"EMAIL_{name.upper()}", value)

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
