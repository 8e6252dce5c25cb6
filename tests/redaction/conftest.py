"""A key for all, and what stands for what by it."""

import pytest

from flowkit.redaction.keys import Key
from flowkit.redaction.maps import Maps
from flowkit.redaction.texts import Texts

KEY = Key(bytes(range(32)))


@pytest.fixture(scope="session")
def key():
    return KEY


@pytest.fixture(scope="session")
def maps():
    return Maps(KEY)


@pytest.fixture(scope="session")
def back():
    return Maps(KEY, backward=True)


@pytest.fixture
def texts(maps):
    return Texts(maps, ["web-1", "shop-lb", "default", "db"])
