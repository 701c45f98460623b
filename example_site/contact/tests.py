"""The page answers at once, and the mail leaves once."""

# ruff: noqa: PT009 - these are run by `manage.py test`

from django.core import mail
from django.test import TestCase
from django.urls import reverse

from tasks_core.testing import drain

from . import inbox
from .models import Message

FIELDS = {
    "name": "Ada",
    "email": "ada@harbour.example",
    "subject": "Tides",
    "text": "When?",
    "refusals": 0,
}


class ContactTests(TestCase):
    def test_the_page_answers_first_and_the_mail_leaves_later(self):
        answer = self.client.post(reverse("contact:contact"), FIELDS)

        self.assertEqual((answer.status_code, mail.outbox), (302, []))
        drain()
        self.assertEqual(mail.outbox[0].subject, "Tides")
        self.assertIsNotNone(Message.objects.get().sent_at)

    def test_a_refused_mail_waits_for_another_attempt(self):
        self.client.post(reverse("contact:contact"), FIELDS | {"refusals": 1})

        drain()

        self.assertEqual(mail.outbox, [])
        self.assertIsNone(Message.objects.get().sent_at)

    def test_line_breaks_cannot_smuggle_headers_into_the_mail(self):
        smuggled = {"subject": "Tides\nBcc: all@world.example", "name": "Ada,\r\nBcc: <x@y.z>"}

        self.client.post(reverse("contact:contact"), FIELDS | smuggled)
        drain()

        headers = mail.outbox[0].message()
        self.assertEqual(headers["Subject"], "Tides Bcc: all@world.example")
        self.assertNotIn("Bcc", headers)

    def test_the_inbox_reads_what_the_file_backend_wrote(self):
        sent = mail.EmailMessage("Tïdes", "When?", "desk@lighthouse.example", ["e@lh.example"])

        read = inbox.parse(sent.message().as_string())

        self.assertEqual((read.subject, read.text), ("Tïdes", "When?"))
