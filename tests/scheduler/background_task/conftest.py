import pytest

from tests.scheduler.background_task import places


@pytest.fixture(autouse=True)
def nothing_noted():
    places.noted.clear()
