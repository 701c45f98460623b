"""A task declared with Django's own decorator, where Django has one."""


def add(number: int, more: int = 0) -> int:
    return number + more


def look(context: object) -> str:
    return str(context)


try:
    from django.tasks import task
except ImportError:  # before Django 6.0
    pass
else:
    add = task(priority=7)(add)
    look = task(takes_context=True)(look)
