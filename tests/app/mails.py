"""A class of messages that a library might bring."""

from django.core.mail import EmailMessage


class Newsletter(EmailMessage):
    """Has attributes that Django knows nothing of."""

    metadata: dict


class Stamp:
    pass
